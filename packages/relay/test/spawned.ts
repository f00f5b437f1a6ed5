/** The relay as the command runs it: `joinery serve --dev` in a process of its own, from source. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export interface Spawned {
  readonly port: number
  readonly line: string
  readonly process: ChildProcess
  /** What it wrote on standard error so far. */
  log(): string
  /** The first of its log lines that fits, now or later. */
  logged(fits: (line: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>>
  signal(name: 'SIGTERM' | 'SIGKILL'): void
  /** Its exit code, or null when it was killed. */
  ended(): Promise<number | null>
}

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command to its end. */
export async function runJoinery(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = start(args, env)
  const [out, err] = [collect(child.stdout), collect(child.stderr)]
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out: out(), err: err() }
}

/** In development, unless an environment with a key is given. */
export async function spawnRelay(
  data: string,
  env?: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<Spawned> {
  const args = ['serve', ...(env === undefined ? ['--dev'] : []), '--port', '0', ...more]
  const child = start(args, { JOINERY_DATA: data, ...env })
  const [out, err] = [collect(child.stdout), collect(child.stderr)]
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  onTestFinished(() => void child.kill('SIGKILL'))
  for (;;) {
    const line = /^(joinery listening.*)\n/m.exec(out())?.[1]
    const port = /:(\d+)/.exec(line ?? '')?.[1]
    if (line !== undefined && port !== undefined) {
      return {
        port: Number(port),
        line,
        process: child,
        log: err,
        async logged(fits) {
          for (;;) {
            const found = linesOf(err()).find(fits)
            if (found !== undefined) return found
            if (child.stderr === null || isOver()) throw new Error(`no such line: ${err()}`)
            await Promise.race([once(child.stderr, 'data'), ended])
          }
        },
        signal: name => void child.kill(name),
        ended: () => ended,
      }
    }
    const more = child.stdout === null ? ended : Promise.race([once(child.stdout, 'data'), ended])
    await more
    if (isOver()) throw new Error(`it ended with ${child.exitCode}: ${err()}`)
  }
}

/** Whole lines, each of JSON. */
function linesOf(text: string): Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, ['--conditions=joinery-source', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  })
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.setEncoding('utf8')
  stream?.on('data', chunk => void (text += String(chunk)))
  return () => text
}
