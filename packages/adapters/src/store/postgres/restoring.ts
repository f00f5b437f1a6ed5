/**
 * Puts what a file of SQLite's store holds in the place of what a database holds. Laws:
 * - BK-03: what is there is refused, or with `force` keeps its tables under another name: the schema `joinery_before_…`. Nothing of it is removed.
 * - It is one transaction: a kill or power loss at any instant leaves the old, and nobody sees less than all of the new.
 * - Spaces get numbers that they had nowhere before, so a node that was away meanwhile, and remembers others, finds out (MN-09).
 */
import { JoineryError } from '@joinery/core'
import { randomBytes } from 'node:crypto'
import type { Client } from '../../pg.ts'
import { makeSchema } from './opening.ts'
import { codeOf, failureOf, refusal } from './refusals.ts'
import { refuseNodes, withoutNodes } from './standstill.ts'
import { takeWhole } from './taking.ts'

export interface RestorePostgresOptions {
  readonly url: string
  /** A database of SQLite's store that nobody else has open. It becomes of the newest version. */
  readonly file: string
  /** Moves aside what is there. Without it, what holds anything is refused. */
  readonly force?: boolean
}

const SCHEMA = "SELECT to_regclass('joinery.space') IS NOT NULL AS isthere"
const HELD = 'SELECT EXISTS (SELECT 1 FROM joinery.space) AS held'
const EVERYWHERE = "SELECT set_config('joinery.everywhere', 'on', true)"
/** insufficient_privilege. */
const NOT_ALLOWED = '42501'
/** The next space that is made comes behind them. */
const COUNT_ON =
  "SELECT setval(pg_get_serial_sequence('joinery.space', 'id'), (SELECT coalesce(max(id), 1) FROM joinery.space))"

/**
 * Rejects with BAD_INPUT when the database holds something and `force` is not given, and with UNAVAILABLE and the details `reason` and
 * `sentence` when a relay has it open (`served`) or the database cannot be used (see `postgresStore`). Gives the name of the schema that what was there has now.
 *
 * @example
 * ```ts no-run
 * import { restorePostgres } from '@joinery/adapters/store/postgres'
 *
 * const { aside } = await restorePostgres({ url: 'postgres://relay:secret@127.0.0.1/joinery', file: 'copy.db', force: true })
 * console.log(aside)
 * ```
 */
export function restorePostgres(options: RestorePostgresOptions): Promise<{ readonly aside: string | undefined }> {
  const { url, file, force = false } = options
  const restore = async (client: Client): Promise<{ readonly aside: string | undefined }> => {
    await client.query('BEGIN')
    const isHeld = await holdsAnything(client, force)
    const aside = isHeld ? await nameAside(client) : undefined
    await makeRoom(client, aside)
    const first = randomBytes(5).readUIntBE(0, 5)
    // Nobody needs SQLite before.
    const { wholeSqlite } = await import('../sqlite/giving.ts')
    await takeWhole(
      ({ values, ...statement }) => client.query({ ...statement, values: [...values] }),
      wholeSqlite(file, at => first + at),
    )
    await client.query(COUNT_ON)
    // Of those that began in spite of the lock.
    await refuseNodes(client)
    await client.query('COMMIT')
    return { aside }
  }
  return withoutNodes(url, client =>
    restore(client).catch((error: unknown) => {
      throw failureOf(error)
    }),
  )
}

/**
 * Rejects as `restorePostgres` would now, before anything was made ready for it.
 *
 * @example
 * ```ts no-run
 * import { refuseUnlessFree } from '@joinery/adapters/store/postgres'
 *
 * await refuseUnlessFree({ url: 'postgres://relay:secret@127.0.0.1/joinery', force: true })
 * ```
 */
export function refuseUnlessFree({ url, force = false }: Omit<RestorePostgresOptions, 'file'>): Promise<void> {
  return withoutNodes(url, async client => {
    await client.query('BEGIN')
    await holdsAnything(client, force)
  })
}

/** In a transaction. */
async function holdsAnything(client: Client, force: boolean): Promise<boolean> {
  await client.query(EVERYWHERE)
  const found = await client.query<{ isthere: boolean }>(SCHEMA)
  if (found.rows[0]?.isthere !== true) return false
  const { rows } = await client.query<{ held: boolean }>(HELD)
  const isHeld = rows[0]?.held === true
  if (!isHeld || force) return isHeld
  const sentence =
    "The database holds a relay's data. With --force it is kept under another name, and nothing of it is removed."
  throw new JoineryError('BAD_INPUT', { sentence })
}

/** The time is the database's own, and so is the name: no two are the same. */
async function nameAside(client: Client): Promise<string> {
  const { rows } = await client.query<{ stamp: string }>(
    "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS_MS') AS stamp",
  )
  return `joinery_before_${rows[0]?.stamp ?? ''}`
}

async function makeRoom(client: Client, aside: string | undefined): Promise<void> {
  try {
    await client.query(
      aside === undefined ? 'DROP SCHEMA IF EXISTS joinery CASCADE' : `ALTER SCHEMA joinery RENAME TO ${aside}`,
    )
    await makeSchema(client)
  } catch (error) {
    if (codeOf(error) !== NOT_ALLOWED) throw error
    const sentence =
      'The role may not put another schema in the place of what is there: it must own it, and be granted CREATE on the database.'
    throw refusal('taken', sentence, error)
  }
}
