/**
 * What an edit costs by how much is stored: `pnpm bench stored [--stores sqlite,postgres] [--rounds 3] [--sizes 1000,10000,100000,1000000]`.
 * A whole run leaves its table and its plot in bench/results.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/postgres.ts'
import { drive } from './contest/drive.ts'
import { type Launch, serverProcess } from './contest/server-process.ts'
import type { Libraries } from './driver/libraries.ts'
import { type Bench, type Figure, median } from './figure.ts'
import { type Line, plotStored } from './stored-plot.ts'
import { onPostgres, onSqlite } from './stores.ts'

const SPACES = 100
const SIZES = '1000,10000,100000,1000000'
/** The same documents are written in, however many are stored: so many in each library. */
const FEW = 10
const PER_SECOND = 500
/** How far the cost may be from that at the least size, as a share. */
const FLAT = 0.15
const results = join(import.meta.dirname, 'results')

export const stored: Bench = {
  what: `edits in ${SPACES} libraries with a device that writes and one that reads in each, ${PER_SECOND} a second, each in a document that is chosen at random, among ${FEW * SPACES} or among all: the relay's CPU for an edit, by how many documents are stored`,
  async run() {
    const { values } = parseArgs({
      args: process.argv.slice(3),
      options: {
        stores: { type: 'string', default: 'sqlite,postgres' },
        rounds: { type: 'string', default: '3' },
        sizes: { type: 'string', default: SIZES },
      },
    })
    const sizes = values.sizes.split(',').map(Number)
    const lines: Line[] = []
    for (const store of values.stores.split(',')) {
      const ground = store === 'postgres' ? await onDatabases() : onFolders()
      lines.push(...(await measure(ground, sizes, Number(values.rounds))))
      await ground.remove()
    }
    if (values.sizes === SIZES) keep(lines)
    return lines.flatMap(figuresOf)
  },
}

/** Where the databases of all sizes are. */
interface Ground {
  readonly label: string
  launchAt(size: number): Promise<(folder: string) => Launch>
  remove(): Promise<void>
}

function onFolders(): Ground {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-stored-'))
  return {
    label: 'SQLite',
    launchAt: async size => () => onSqlite(join(folder, String(size))),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function onDatabases(): Promise<Ground> {
  const postgres = await startPostgres()
  const urls = new Map<number, string>()
  return {
    label: 'Postgres',
    async launchAt(size) {
      const url = urls.get(size) ?? (await postgres.database())
      urls.set(size, url)
      return () => onPostgres(url, { JOINERY_BUS: 'memory' })
    },
    remove: () => postgres.remove(),
  }
}

/** A line for what is written in few documents, and one for what is written in any. */
async function measure(ground: Ground, sizes: readonly number[], rounds: number): Promise<Line[]> {
  for (const size of sizes) {
    const relay = await serverProcess(await ground.launchAt(size))
    const began = performance.now()
    await drive('joinery', 'fill-libraries', { url: relay.url(), spaces: SPACES, documents: size / SPACES })
    console.log(`  ${ground.label}: ${size} documents written in ${((performance.now() - began) / 1_000).toFixed(0)} s`)
    await relay.remove()
  }
  const runOnce = async (size: number, among: number): Promise<Libraries> => {
    const relay = await serverProcess(await ground.launchAt(size))
    const job = { spaces: SPACES, documents: size / SPACES, among, perSecond: PER_SECOND, seconds: 12, warmSeconds: 5 }
    const run = await drive('joinery', 'libraries', { url: relay.url(), pid: relay.pid(), ...job })
    await relay.remove()
    console.log(`  ${ground.label}: ${size} documents, ${among * SPACES} written in: ${run.cpuMsPerUpdate.toFixed(3)} ms, p50 ${run.p50.toFixed(2)}, p99 ${run.p99.toFixed(1)}`) // prettier-ignore
    return run
  }
  const few = new Map<number, Libraries[]>(sizes.map(size => [size, []]))
  const any = new Map<number, Libraries[]>(sizes.map(size => [size, []]))
  for (let round = 0; round < rounds; round++) {
    for (const size of sizes) {
      few.get(size)?.push(await runOnce(size, Math.min(FEW, size / SPACES)))
      any.get(size)?.push(await runOnce(size, size / SPACES))
    }
  }
  return [
    { store: ground.label, points: pointsOf(few), isColder: false },
    { store: `${ground.label}, any`, points: pointsOf(any), isColder: true },
  ]
}

function pointsOf(runs: ReadonlyMap<number, readonly Libraries[]>): Line['points'] {
  return [...runs].map(([documents, all]) => ({
    documents,
    cpuMs: median(all.map(run => run.cpuMsPerUpdate)),
    p50: median(all.map(run => run.p50)),
  }))
}

function figuresOf({ store, points, isColder }: Line): Figure[] {
  const least = points[0]?.cpuMs ?? Number.NaN
  return points.flatMap(({ documents, cpuMs }, at): Figure[] => [
    { name: `${store}, ${documents} documents: CPU for an edit`, value: cpuMs, unit: 'ms' },
    ...(at === 0 ? [] : [{ name: `${store}: to that at ${points[0]?.documents}`, value: cpuMs / least, unit: '×', ...(!isColder && { limit: 1 + FLAT }) }]), // prettier-ignore
  ])
}

function keep(lines: readonly Line[]): void {
  const rows = lines.flatMap(({ store, points }) =>
    points.map(
      ({ documents, cpuMs, p50 }) =>
        `| ${store} | ${documents.toLocaleString('en-US')} | ${cpuMs.toFixed(3)} | ${(cpuMs / (points[0]?.cpuMs ?? Number.NaN)).toFixed(2)}× | ${p50.toFixed(2)} |`,
    ),
  )
  const table = [
    '# What an edit costs by how much is stored',
    '',
    'Written by `pnpm bench stored`; do not edit.',
    '',
    `${stored.what}. Medians of runs in turn; Node ${process.versions.node} on ${process.platform} ${process.arch}, ${availableParallelism()} cores.`,
    '',
    `What is promised is that the cost of an edit stays within ${FLAT * 100} % whatever is stored beside the document. Where edits are in any document, most of those in many are the first in theirs since the relay started, which reads it: that is the dearer edit, not the larger store.`,
    '',
    '![CPU for an edit by the number of stored documents](stored.svg)',
    '',
    '| store, and where edits are | documents | CPU for an edit, ms | to the least | p50, ms |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
  ]
  writeFileSync(join(results, 'stored.md'), table.join('\n'))
  writeFileSync(join(results, 'stored.svg'), plotStored(lines))
}
