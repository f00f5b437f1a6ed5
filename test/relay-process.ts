// A real relay in a process of its own, that a test can kill and start again on the same port and data.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'

const root = join(import.meta.dirname, '..')
const main = join(root, 'packages/relay/dist/main.js')
const app = join(root, 'examples/notes/dist')

export interface RelayProcess {
  readonly url: string
  /** Power off: no warning, no goodbye. */
  kill(): Promise<void>
  /** Starts it again where it was. */
  start(): Promise<void>
  /** Stops it for good and removes its data. */
  remove(): Promise<void>
}

/** The relay as it is built, serving the notes app, on a free port or the one given, with more arguments if any are given. */
export async function relayProcess(
  options: { readonly port?: number; readonly more?: readonly string[] } = {},
): Promise<RelayProcess> {
  if (!existsSync(main) || !existsSync(app)) throw new Error('build first: pnpm build')
  const port = options.port ?? (await freePort())
  const data = mkdtempSync(join(tmpdir(), 'joinery-e2e-'))
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = spawn(
      process.execPath,
      [main, 'serve', '--port', String(port), '--data', data, '--dev', '--app', app, ...(options.more ?? [])],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await ready(child)
  }
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    start,
    kill: () => end('SIGKILL'),
    async remove() {
      await end('SIGTERM')
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('the relay has no output')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('joinery listening')) {
      child.stdout.resume()
      return
    }
  }
  throw new Error(`the relay ended before it listened (${child.exitCode})`)
}
