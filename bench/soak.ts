// DU-18: what a relay holds on to while people write for an hour: `pnpm bench soak [--minutes 60] [--postgres]`.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/postgres.ts'
import { drive } from './contest/drive.ts'
import { serverProcess } from './contest/server-process.ts'
import { costsOf } from './driver/process-costs.ts'
import { type Bench, median } from './figure.ts'
import { onPostgres, onSqlite } from './stores.ts'

const DOCUMENTS = 40
const PER_SECOND = 200
/** Of the time: caches fill and code is compiled. */
const WARM = 1 / 3
const SAMPLE_MS = 5_000
const MiB = 1_048_576
/** How much it may grow in an hour. */
const MOST_SLOPE = 5
/** What is left of the log after a checkpoint, at most. */
const MOST_WAL_MIB = 64

interface Sample {
  readonly hours: number
  readonly rss: number
  readonly wal: number
  readonly files: number
}

export const soak: Bench = {
  what: `${PER_SECOND} updates/s in ${DOCUMENTS} documents, compaction on: what the relay's memory, files and write-ahead log come to`,
  async run() {
    const { values } = parseArgs({
      args: process.argv.slice(3),
      options: { minutes: { type: 'string', default: '60' }, postgres: { type: 'boolean', default: false } },
    })
    const seconds = Number(values.minutes) * 60
    const folder = mkdtempSync(join(tmpdir(), 'joinery-soak-'))
    const postgres = values.postgres ? await startPostgres() : undefined
    const url = await postgres?.database()
    const relay = await serverProcess(() => (url === undefined ? onSqlite(folder) : onPostgres(url)))
    const samples: Sample[] = []
    const began = performance.now()
    const sampling = setInterval(() => {
      const hours = (performance.now() - began) / 3_600_000
      const files = readdirSync(`/proc/${relay.pid()}/fd`).length
      samples.push({ hours, rss: costsOf(relay.pid()).rss / MiB, wal: walIn(folder) / MiB, files })
    }, SAMPLE_MS)
    const job = { url: relay.url(), documents: DOCUMENTS, perSecond: PER_SECOND, seconds }
    const { written, shown, askedAgain } = await drive('door', 'soak', job).finally(async () => {
      clearInterval(sampling)
      await relay.remove()
      await postgres?.remove()
      rmSync(folder, { recursive: true, force: true })
    })
    const warm = samples.filter(({ hours }) => hours > (WARM * seconds) / 3_600)
    const files = warm.map(one => one.files)
    return [
      { name: 'updates', value: written, unit: '' },
      { name: 'of them not shown', value: written - shown, unit: '', limit: 0 },
      { name: 'authors asked again for what they have', value: askedAgain, unit: '', limit: 0 },
      { name: 'memory, in the middle', value: median(warm.map(({ rss }) => rss)), unit: 'MiB' },
      { name: 'its slope after the first third', value: slopeOf(warm), unit: 'MiB/h', limit: MOST_SLOPE },
      { name: 'open files, more at most than at least', value: Math.max(...files) - Math.min(...files), unit: '', limit: DOCUMENTS }, // prettier-ignore
      { name: 'longest write-ahead log', value: Math.max(...warm.map(({ wal }) => wal)), unit: 'MiB', limit: MOST_WAL_MIB }, // prettier-ignore
    ]
  },
}

function walIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('-wal'))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

/** Of the line nearest to all samples. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (one: Sample) => number): number => samples.reduce((sum, one) => sum + of(one), 0) / samples.length
  const [hours, rss] = [mean(one => one.hours), mean(one => one.rss)]
  const over = mean(one => (one.hours - hours) ** 2)
  return mean(one => (one.hours - hours) * (one.rss - rss)) / over
}
