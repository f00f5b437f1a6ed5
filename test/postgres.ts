// A real Postgres for tests and benchmarks: started on a free port, on data of its own, and gone with the process that started it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { freePort } from './free-port.ts'
import { postgresPrograms } from './postgres-programs.ts'

export interface TestPostgres {
  /** Makes a database that belongs to an ordinary role, and gives the address of both: empty, or as the one at an address that nobody uses. */
  database(like?: string): Promise<string>
  /** Runs one statement as the superuser, in the database of an address, or in the one that is always there. */
  run(sql: string, address?: string): Promise<readonly Record<string, unknown>[]>
  /** Power off: no warning, no goodbye. */
  kill(): Promise<void>
  /** Starts it again where it was. */
  start(): Promise<void>
  /** Starts it again, after a kill, as a copy that takes the place of another goes on: in another life of its log of writes. */
  promote(): Promise<void>
  /** Stops it for good and removes its data. */
  remove(): Promise<void>
}

const SUPERUSER = { user: 'postgres', password: 'superuser' }
const ROLE = { user: 'relay', password: 'relay' }
/** After a kill it reads its log before it takes connections, which is minutes where the disk is busy. */
const PATIENCE_MS = 180_000
const OTHERS_MAY_LOOK = 0o755

export async function startPostgres(flags: readonly string[] = []): Promise<TestPostgres> {
  const { initdb, postgres, as } = postgresPrograms()
  const folder = mkdtempSync(join(tmpdir(), 'joinery-postgres-'))
  chmodSync(folder, OTHERS_MAY_LOOK)
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const password = join(folder, 'password')
  writeFileSync(password, SUPERUSER.password)
  if (as.uid !== undefined && as.gid !== undefined) chownSync(data, as.uid, as.gid)
  const made = ['--pgdata', data, '--username', SUPERUSER.user, '--pwfile', password, '--auth=scram-sha-256']
  execFileSync(initdb, [...made, '--encoding=UTF8', '--locale=C', '--no-sync'], { ...as, stdio: 'pipe', env: ENV })

  const port = await freePort()
  const set = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', logging_collector: 'off' }
  const settings = Object.entries(set).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let child: ChildProcess | undefined
  let heard = ''
  const address = (database: string, { user, password: secret }: typeof ROLE): string =>
    `postgres://${user}:${secret}@127.0.0.1:${port}/${database}`

  const run: TestPostgres['run'] = async (sql, at) => {
    const database = at === undefined ? 'postgres' : new URL(at).pathname.slice(1)
    const client = new Client({ connectionString: address(database, SUPERUSER) })
    // What it says when it is killed.
    client.on('error', () => undefined)
    await client.connect()
    try {
      return ((await client.query(sql)) as { rows: Record<string, unknown>[] }).rows
    } finally {
      await client.end()
    }
  }
  const start = async (until = performance.now() + PATIENCE_MS, more: readonly string[] = []): Promise<void> => {
    heard = ''
    const own = spawn(postgres, ['-D', data, ...settings, ...flags, ...more], { ...as, stdio: ['ignore', 'ignore', 'pipe'], env: ENV }) // prettier-ignore
    child = own
    own.stderr.on('data', (chunk: Buffer) => void (heard = (heard + chunk.toString()).slice(-10_000)))
    for (;;) {
      try {
        await run('SELECT 1')
        return
      } catch (error) {
        if (performance.now() > until) throw new Error(`no Postgres: ${heard}`, { cause: error })
        await pause(30)
        // The processes of one that was killed take a moment to go.
        if (own.exitCode !== null) return start(until, more)
      }
    }
  }
  const end = async (signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    // Those that serve a connection would do so for a moment more.
    const others = signal === 'SIGKILL' ? childrenOf(child.pid) : []
    child.kill(signal)
    for (const pid of others) kill(pid)
    await exited
  }
  const abandon = (): void => void child?.kill('SIGQUIT')
  process.once('exit', abandon)

  await start()
  await run(`CREATE ROLE ${ROLE.user} LOGIN PASSWORD '${ROLE.password}'`)
  let databases = 0
  return {
    async database(like) {
      const name = `test_${++databases}`
      const template = like === undefined ? 'template1' : new URL(like).pathname.slice(1)
      await run(`CREATE DATABASE ${name} OWNER ${ROLE.user} TEMPLATE ${template}`)
      return address(name, ROLE)
    },
    run,
    kill: () => end('SIGKILL'),
    start: () => start(),
    async promote() {
      const signal = join(data, 'recovery.signal')
      writeFileSync(signal, '')
      if (as.uid !== undefined && as.gid !== undefined) chownSync(signal, as.uid, as.gid)
      await start(undefined, ['-c', 'restore_command=false'])
      while ((await run('SELECT pg_is_in_recovery() AS copying'))[0]?.['copying'] === true) await pause(30)
    },
    async remove() {
      process.off('exit', abandon)
      await end('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Where the system tells; else the others find out by themselves. */
function childrenOf(pid: number | undefined): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number) : []
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}

const ENV = { PATH: process.env['PATH'] ?? '', TZ: 'UTC', LC_ALL: 'C' }
