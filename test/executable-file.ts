// The executable file, alone: a copy in a folder of its own, run with no environment, so that nothing is found but what it carries.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { buildStale } from '../scripts/builds.ts'

const built = join(import.meta.dirname, '../dist/joinery')

export interface ExecutableFile {
  readonly file: string
  /** Holds the file, and `data` and `temporary`, which are empty. Its owner is whoever runs it. */
  readonly folder: string
  readonly data: string
  /** What TMPDIR names. */
  readonly temporary: string
}

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunningFile {
  readonly port: number
  readonly process: ChildProcess
  /** Resolves when it is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/** Built if it is stale. */
export async function executableFile(): Promise<ExecutableFile> {
  const { passed, output } = await buildStale(() => undefined, { executable: true })
  if (!passed) throw new Error(output)
  const folder = mkdtempSync(join(tmpdir(), 'joinery-alone-'))
  const file = join(folder, 'joinery')
  copyFileSync(built, file)
  const [data, temporary] = [join(folder, 'data'), join(folder, 'temporary')]
  for (const each of [data, temporary]) mkdirSync(each, { mode: 0o700 })
  return { file, folder, data, temporary }
}

/** Runs it to its end. */
export async function runAlone(
  { file, folder, temporary }: ExecutableFile,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const child = spawn(file, args, {
    cwd: folder,
    env: { TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await ended) as [number | null]
  return { code, out, err }
}

export interface Serving {
  /** Further arguments. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What runs the file, if it does not run itself. */
  readonly by?: readonly string[]
  readonly uid?: number | undefined
}

/** Runs `joinery serve --dev`, on any port. */
export async function serveAlone(
  { file, folder, temporary, data }: ExecutableFile,
  { args = [], env = {}, by = [], uid }: Serving = {},
): Promise<RunningFile> {
  const serve = [...by, file, 'serve', '--dev', '--port', '0', '--data', data, ...args]
  const child = spawn(serve[0] ?? file, serve.slice(1), {
    cwd: folder,
    env: { TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const ended = once(child, 'exit')
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => void (words = (words + more).slice(-2_000)))
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^joinery listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    if (port === undefined) continue
    child.stdout.resume()
    return {
      port: Number(port),
      process: child,
      async end(signal) {
        child.kill(signal)
        await ended
      },
    }
  }
  throw new Error(`it ended before it listened: ${words}`)
}
