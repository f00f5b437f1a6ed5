// A server in a process of its own, on data that outlives it, that can be killed and started again.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../../test/free-port.ts'

export interface Launch {
  /** What Node runs. */
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** How it says that it listens. Where the port stands in it, the group `port` says which. */
  readonly listening: RegExp
}

export interface ServerProcess {
  readonly url: () => string
  readonly pid: () => number
  start(): Promise<void>
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

const PATIENCE_MS = 20_000

/** Starts it. `launch` is asked for each start: with the folder of its data, and a port that is free. */
export async function serverProcess(launch: (folder: string, freePort: number) => Launch): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-bench-'))
  let child: ChildProcess | undefined
  let port = 0
  const server: ServerProcess = {
    url: () => `http://127.0.0.1:${port}`,
    pid: () => child?.pid ?? 0,
    async start() {
      const free = await freePort()
      const { argv, env, listening } = launch(folder, free)
      child = spawn(process.execPath, argv, {
        stdio: ['ignore', 'pipe', process.env['BENCH_SHOW'] === undefined ? 'ignore' : 'inherit'],
        env: { ...process.env, NODE_ENV: 'production', ...env },
      })
      const { groups } = await said(child, listening)
      port = Number(groups?.['port'] ?? free)
    },
    async end(signal) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill(signal)
      const timer = setTimeout(() => child?.kill('SIGKILL'), PATIENCE_MS)
      await exited
      clearTimeout(timer)
    },
    async remove() {
      await server.end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

async function said(child: ChildProcess, what: RegExp): Promise<RegExpExecArray> {
  if (child.stdout === null) throw new Error('the server has no output')
  for await (const line of createInterface({ input: child.stdout })) {
    const match = what.exec(line)
    if (match !== null) {
      child.stdout.resume()
      return match
    }
  }
  throw new Error(`the server ended before it listened (${child.exitCode})`)
}
