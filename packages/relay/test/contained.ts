/** The relay's command in a mount namespace of its own: as root, or where others may make one (unshare, of util-linux). */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Ran } from './spawned.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const UNSHARE = 'unshare'

export interface Contained {
  readonly port: number
  readonly pid: number
  /** The data folder, as the relay sees it. */
  readonly data: string
  /** Resolves to the exit code of who is told to stop. */
  stop(): Promise<number | null>
}

/** Runs a command on a data folder to its end. `mounts` are lines of a shell in which `$DATA` is that folder. */
export async function runContained(data: string, args: readonly string[], mounts: readonly string[]): Promise<Ran> {
  const child = contained(data, args, mounts, 'exec "$@"')
  const ended = once(child, 'close')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await ended) as [number | null]
  return { code, out, err }
}

/** `mounts` are lines of a shell in which `$DATA` is the data folder; what stands before the last `"$@"` runs the relay. */
export async function containedRelay(mounts: readonly string[], run = 'exec "$@"'): Promise<Contained> {
  const data = mkdtempSync(join(tmpdir(), 'joinery-contained-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const child = contained(data, ['serve', '--dev', '--port', '0', '--data', data], mounts, run)
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => (said += more))
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /^joinery listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? []
    if (port === undefined || child.pid === undefined) continue
    return {
      port: Number(port),
      pid: child.pid,
      data: `/proc/${child.pid}/root${data}`,
      async stop() {
        child.kill('SIGTERM')
        return exited
      },
    }
  }
  throw new Error(`no relay could be run in mounts of its own: ${said}`)
}

function contained(
  data: string,
  args: readonly string[],
  mounts: readonly string[],
  run: string,
): ChildProcessByStdio<null, Readable, Readable> {
  const own = process.getuid?.() === 0 ? ['-m'] : ['-r', '-m']
  const command = [process.execPath, '--conditions=joinery-source', MAIN, ...args]
  const script = ['set -e', ...mounts, run].join('\n')
  return spawn(UNSHARE, [...own, 'sh', '-c', script, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], DATA: data },
  })
}
