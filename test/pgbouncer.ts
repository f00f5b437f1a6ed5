// A real PgBouncer for tests, before the database of an address.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { find, systemPackages } from '../scripts/system-packages.ts'
import { freePort } from './free-port.ts'

export interface TestPgBouncer {
  /** The same database, through it. */
  readonly url: string
  remove(): Promise<void>
}

const OTHERS_MAY_READ = 0o755

export async function startPgBouncer(
  address: string,
  mode: 'session' | 'transaction',
  sessions = 20,
): Promise<TestPgBouncer> {
  const program = find(systemPackages.pgbouncer)
  if (program === undefined) throw new Error('pgbouncer is not installed: `pnpm test` does that')
  const { hostname, port, username, password, pathname } = new URL(address)
  const folder = mkdtempSync(join(tmpdir(), 'joinery-pgbouncer-'))
  chmodSync(folder, OTHERS_MAY_READ)
  const own = await freePort()
  writeFileSync(join(folder, 'users.txt'), `"${username}" "${password}"\n`)
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
pool_mode = ${mode}
default_pool_size = ${sessions}
`,
  )
  // It refuses to run as root.
  const as = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(program, [...as, join(folder, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'] })
  const abandon = (): void => void child.kill('SIGKILL')
  process.once('exit', abandon)
  let heard = ''
  for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
    heard += String(chunk)
    if (heard.includes('process up')) break
  }
  if (!heard.includes('process up')) throw new Error(`no PgBouncer: ${heard}`)
  child.stderr.resume()
  return {
    url: `postgres://${username}:${password}@127.0.0.1:${own}${pathname}`,
    async remove() {
      process.off('exit', abandon)
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
