// A real Redis for tests: started on a free port, without a disk, and gone with the process that started it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { find, systemPackages } from '../scripts/system-packages.ts'
import { freePort } from './free-port.ts'

export interface TestRedis {
  readonly port: number
  readonly url: string
  /** Power off: no warning, no goodbye. */
  kill(): Promise<void>
  /** Starts it again where it was. */
  start(): Promise<void>
  /** It answers nothing until `resume`, and its connections stay. */
  freeze(): void
  resume(): void
  /** Stops it for good. */
  remove(): Promise<void>
}

const PATIENCE_MS = 10_000

export interface RedisOptions {
  /** False: it is started later. */
  readonly up?: boolean
  /** Files; it speaks TLS then. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** `flags` are Redis' own, as `['--requirepass', 'secret']`. */
export async function startRedis(
  flags: readonly string[] = [],
  { up = true, tls }: RedisOptions = {},
): Promise<TestRedis> {
  const program = find(systemPackages.redis)
  if (program === undefined) throw new Error('redis-server is not installed: `pnpm test` does that')
  const port = await freePort()
  const listening =
    tls === undefined
      ? ['--port', String(port)]
      : ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', '--tls-key-file', tls.key, '--tls-cert-file', tls.cert, '--tls-ca-cert-file', tls.cert] // prettier-ignore
  let child: ChildProcess | undefined
  let heard = ''

  const start = async (): Promise<void> => {
    const own = spawn(
      program,
      [...listening, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir(), ...flags],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] ?? '' } },
    )
    child = own
    own.stdout.on('data', (chunk: Buffer) => void (heard = (heard + chunk.toString()).slice(-5_000)))
    const until = performance.now() + PATIENCE_MS
    while (!(await listens(port))) {
      if (own.exitCode !== null || performance.now() > until) throw new Error(`no Redis: ${heard}`)
      await pause(10)
    }
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await exited
  }
  const abandon = (): void => void child?.kill('SIGKILL')
  process.once('exit', abandon)

  if (up) await start()
  return {
    port,
    url: `${tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${port}`,
    start,
    kill: () => end('SIGKILL'),
    freeze: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async remove() {
      process.off('exit', abandon)
      await end('SIGTERM')
    },
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
