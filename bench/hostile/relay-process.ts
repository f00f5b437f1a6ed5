// A relay in a process of its own, from source, watched from inside by `loop-watch.ts`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Stall {
  /** Longest time that the main thread was at one thing, in ms of CPU. */
  readonly cpu: number
  /** The same by the clock. */
  readonly wall: number
  readonly rss: number
}

export interface RelayProcess {
  readonly port: number
  /** The longest since the last call. */
  stall(): Promise<Stall>
  /** Undefined while it runs. */
  exit(): string | undefined
  log(): string
  stop(): Promise<void>
}

export async function startRelay(): Promise<RelayProcess> {
  const data = mkdtempSync(join(tmpdir(), 'joinery-hostile-'))
  const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
  const child = spawn(
    process.execPath,
    // prettier-ignore
    ['--conditions=joinery-source', '--import', path('./loop-watch.ts'), path('../../packages/relay/src/main.ts'), 'serve', '--dev', '--port', '0', '--data', data],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { PATH: process.env['PATH'] } },
  )
  let out = ''
  let log = ''
  let exit: string | undefined
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-20_000)))
  const ended = once(child, 'exit').then(([code, signal]) => void (exit = `${code ?? signal}`))
  while (!/:(\d+)/.test(out) && exit === undefined) await Promise.race([once(child.stdout!, 'data'), ended])
  if (exit !== undefined) throw new Error(`the relay did not start: ${log}`)
  return {
    port: Number(/:(\d+)/.exec(out)?.[1]),
    exit: () => exit,
    log: () => log,
    async stall() {
      if (exit !== undefined) return { cpu: 0, wall: 0, rss: 0 }
      child.send('stall')
      const answered = once(child, 'message') as Promise<[Stall]>
      const [stall] = await Promise.race([answered, ended.then((): [Stall] => [{ cpu: 0, wall: 0, rss: 0 }])])
      return stall
    },
    async stop() {
      if (exit === undefined) child.kill('SIGKILL')
      await ended
      rmSync(data, { recursive: true, force: true })
    },
  }
}
