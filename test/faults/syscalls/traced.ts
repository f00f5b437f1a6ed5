/** A relay under load whose system calls are written down. Needs strace, and a system that lets a process trace its child. */
import { seededRandom } from '@joinery/core/testing'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { cast } from '../kill/cast.ts'
import { load } from '../kill/load.ts'
import { mortalRelay } from '../kill/mortal-relay.ts'
import { promises } from '../kill/promises.ts'
import { callsOf, TRACED, type Call } from './calls.ts'

export interface Traced {
  readonly calls: readonly Call[]
  readonly wrote: number
  readonly troubles: readonly string[]
}

export async function traced(options: {
  readonly strace: string
  /** What runs `joinery`, with its arguments. */
  readonly command: readonly string[]
  readonly edits: number
  readonly perSecond: number
}): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-trace-'))
  const trace = join(folder, 'trace')
  // The tracer stands aside, so that signals go to the relay.
  const tracer = ['-D', '-f', '-y', '--seccomp-bpf', '-qq', '-s', '10000000', '-e', `trace=${TRACED.join()}`]
  try {
    const relay = await mortalRelay([options.strace, ...tracer, '-e', 'signal=none', '-o', trace, ...options.command], {
      args: ['--data', join(folder, 'data')],
      env: {},
    })
    const life = relay.begin()
    // Where no process may trace another, strace says so and nothing runs: that is a failure, and what it says is shown.
    if (!(await life.ready)) throw new Error(`strace does not run the relay: ${life.lastWords()}`)
    const said = promises()
    const { writers } = await cast(relay.port, said, () => undefined)
    await Promise.all(writers.map(writer => writer.connect()))
    await load(writers, options.perSecond, seededRandom(1), options.edits).ended
    await Promise.all(writers.map(writer => writer.settled()))
    for (const writer of writers) await writer.close()
    life.signal('SIGTERM')
    await life.ended
    const lines: string[] = []
    for await (const line of createInterface({ input: createReadStream(trace, 'latin1') })) lines.push(line)
    return { calls: callsOf(lines), wrote: said.counts().wrote, troubles: said.troubles }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
