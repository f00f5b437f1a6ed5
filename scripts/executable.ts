// `pnpm executable`: makes dist/joinery, one file that needs nothing beside it, and says its size and how soon it listens.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildStale } from './builds.ts'
import { root } from './run.ts'

const RUNS = 5
const file = join(root, 'dist/joinery')

const { passed, output } = await buildStale(console.log, { executable: true })
if (!passed) {
  console.error(output)
  process.exit(1)
}
const times: number[] = []
for (let run = 0; run < RUNS; run++) times.push(await startMs())
const [median = 0] = times.toSorted((a, b) => a - b).slice(RUNS >> 1)
console.log(`dist/joinery: ${(statSync(file).size / 1e6).toFixed(0)} MB, listens after ${median.toFixed(0)} ms`)

/** From when it is started until clients can come. */
async function startMs(): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), 'joinery-start-'))
  const startedAt = performance.now()
  const relay = spawn(file, ['serve', '--dev', '--port', '0', '--data', data], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(relay, 'exit')
  for await (const line of createInterface({ input: relay.stdout })) if (line.startsWith('joinery listening')) break
  const took = performance.now() - startedAt
  relay.kill('SIGTERM')
  await ended
  rmSync(data, { recursive: true })
  return took
}
