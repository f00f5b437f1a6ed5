/** A relay in a process of its own on one ground and one port, that is killed at any instant of its life and begun again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from '../../free-port.ts'
import type { Ground } from './ground.ts'

export interface Life {
  readonly pid: number
  /** Resolves to whether it got as far as to listen. */
  readonly ready: Promise<boolean>
  /** What it logged last. */
  lastWords(): string
  /** Also of whoever was started with it. */
  readonly ended: Promise<void>
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void
}

export interface MortalRelay {
  readonly port: number
  /** `by`: another program than before. */
  begin(by?: Runner): Life
}

/** What runs `joinery`, with its arguments. */
export interface Runner {
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
}

const LAST_WORDS = 2_000

/** `command`: what runs `joinery`, with its arguments. */
export async function mortalRelay(
  command: readonly [string, ...string[]],
  ground: Pick<Ground, 'args' | 'env'>,
): Promise<MortalRelay> {
  const port = await freePort()
  return {
    port,
    begin(by = { command, env: {} }) {
      const [program, ...args] = [...by.command, 'serve', '--dev', '--port', String(port), ...ground.args]
      const child = spawn(program, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], ...ground.env, ...by.env },
      })
      // What it logs of each connection that ended is of no use here, but what it died of is.
      let last = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => void (last = (last + text).slice(-LAST_WORDS)))
      const kill = (): void => void child.kill('SIGKILL')
      process.once('exit', kill)
      child.once('exit', () => process.off('exit', kill))
      return {
        pid: child.pid ?? 0,
        ready: listening(child),
        lastWords: () => last,
        ended: once(child, 'close').then(() => undefined),
        signal: name => void child.kill(name),
      }
    },
  }
}

async function listening(child: ChildProcess): Promise<boolean> {
  if (child.stdout === null) return false
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('joinery listening')) continue
    child.stdout.resume()
    return true
  }
  return false
}
