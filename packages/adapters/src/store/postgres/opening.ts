/**
 * Makes sure of a Postgres before a relay stands on it. Laws:
 * - S1: a commit waits for the disk, or it is not used. T4: the role cannot read over row-level security, nor become one that can, or it is
 *   not used.
 * - A connection is one session for as long as it lasts, or it is not used: what is prepared, locked or listened to in one is there in the next
 *   transaction (MN-05).
 * - BK-07, BK-08, MN-12: migrations run to the end or not at all, one process at a time; a schema of a newer version is refused, unless it
 *   says that this one may write to it.
 * - MN-12: nobody who serves waits for a migration for longer than a moment: it asks for its locks again and again. None that older relays do
 *   not survive begins while one of them is there.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from '../../pg.ts'
import { stepsFrom, type Standing, type Step } from '../rows/migration.ts'
import { OPENING } from './application.ts'
import { MIGRATIONS, TABLES } from './migrations.ts'
import { codeOf, refusal } from './refusals.ts'

const OLDEST = 150_000
const OLDEST_NAME = '15'
const CONNECT_MS = 5_000
/** "Join". Whoever migrates holds it. */
export const LOCK = 0x4a6f_696e
/** Whoever serves waits behind one who waits for a lock on what he reads. */
const LOCK_MS = 500
const LOCK_AGAIN_MS = 500
const LOCK_TRIES = 60
const NOTHING: Standing = { version: 0, least: 0 }
/** lock_not_available. */
const LOCKED = '55P03'

/** Before a connection told its schema, there was only the first. */
const OLDER = `
  SELECT count(*)::int AS relays FROM pg_stat_activity
  WHERE datname = current_database() AND application_name ~ '^joinery(/[0-9]+)?$'
    AND coalesce(substring(application_name from '^joinery/([0-9]+)$')::int, 1) < $1`

const FOUND = `
  SELECT current_setting('server_version_num')::int AS version, split_part(current_setting('server_version'), ' ', 1) AS name,
    current_setting('fsync') AS fsync,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('full_page_writes') AS full_page_writes,
    (SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(session_user, oid, 'MEMBER')
      ORDER BY rolname <> session_user LIMIT 1) AS bypasses, session_user AS role`

/**
 * Tables of ours on which the wall is not up for everybody, the owner too, or has a door in it. What a newer relay added is its own to look at.
 */
const OPEN_TABLES = `
  SELECT relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname = 'joinery' AND relkind IN ('r', 'p') AND relname ~ '^(space|former|${TABLES.join('|')})(_[0-9]+)?$'
    AND (NOT (relrowsecurity AND relforcerowsecurity)
      OR EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polpermissive AND polname <> 'wall'))`

/** Gives the version of that Postgres, as `17.6`. */
export async function prepareDatabase(url: string, isCommand: boolean): Promise<string> {
  const client = await connected(url)
  try {
    const version = await refuseUnlessDurable(client)
    await refuseUnlessOneSession(client, url)
    if (isCommand) await refuseUnlessMade(client)
    else await migrate(client)
    const { rows } = await client.query<{ name: string }>(OPEN_TABLES)
    if (rows.length > 0)
      throw bypass(`Row-level security is off, or let through, on ${rows.map(({ name }) => name).join(', ')}.`)
    return version
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Of who does not make it what he needs. */
async function refuseUnlessMade(client: Client): Promise<void> {
  const { rows: there } = await client.query<{ isthere: boolean }>(MADE)
  const standing = there[0]?.isthere === true ? await standingOf(client) : NOTHING
  if (standing.version === 0) throw refusal('empty', "There is no relay's data in this database.")
  if (stepsBehind(standing).length > 0)
    throw refusal(
      'outdated',
      `The database is of an older version (${standing.version}): a relay of this one makes it new when it starts.`,
    )
}

/** Rejects with the reason `unreachable`. */
export async function connected(url: string): Promise<Client> {
  const client = clientOf(url)
  try {
    await client.connect()
    return client
  } catch (error) {
    throw refusal('unreachable', `Postgres cannot be reached, or does not let this role in (${codeOf(error)}).`, error)
  }
}

/** Gives its version. */
export async function refuseUnlessDurable(client: Client): Promise<string> {
  const { rows } = await client.query<{
    version: number
    name: string
    fsync: string
    synchronous_commit: string
    full_page_writes: string
    bypasses: string | null
    role: string
  }>(FOUND)
  const [found] = rows
  if (found === undefined || found.version < OLDEST)
    throw refusal('version', `Postgres is too old: at least ${OLDEST_NAME} is needed.`)
  const lax = [
    ...(found.synchronous_commit === 'off' ? ['synchronous_commit=off'] : []),
    ...(found.fsync === 'off' ? ['fsync=off'] : []),
    ...(found.full_page_writes === 'off' ? ['full_page_writes=off'] : []),
  ]
  if (lax.length > 0) throw refusal('synchronous', `Postgres does not wait for the disk: it has ${lax.join(', ')}.`)
  if (found.bypasses !== null) {
    const how = found.bypasses === found.role ? 'is' : `may become ${found.bypasses}, which is`
    throw bypass(
      `The role ${found.role} ${how} a superuser or has BYPASSRLS: give the relay a role of its own without.`,
    )
  }
  return found.name
}

function bypass(sentence: string): Error {
  return refusal('bypass', sentence)
}

const SESSION = 'SELECT pg_backend_pid() AS session'

/** While another connection is in a transaction, ours either has its session still, or a pooler lent it away. */
async function refuseUnlessOneSession(client: Client, url: string): Promise<void> {
  const other = clientOf(url)
  try {
    const before = await sessionOf(client)
    await other.connect()
    await other.query('BEGIN')
    // Behind a pooler with one session there would be none left to ask ours.
    const isLent = (await sessionOf(other)) === before || (await sessionOf(client)) !== before
    if (isLent)
      throw refusal(
        'pooled',
        'Between the relay and Postgres is a pooler that lends sessions by the transaction: give it the address of Postgres itself, or of a pooler in session mode.',
      )
  } finally {
    await other.end().catch(() => undefined)
  }
}

async function sessionOf(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ session: number }>(SESSION)
  return rows[0]?.session
}

function clientOf(url: string): Client {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: OPENING,
  })
  client.on('error', () => undefined)
  return client
}

const STANDING = `
  SELECT version, coalesce((to_jsonb(migration) ->> 'least')::int, version) AS least FROM joinery.migration
  ORDER BY version DESC LIMIT 1`
const MADE = "SELECT to_regclass('joinery.migration') IS NOT NULL AS isthere"
const NAMED = "SELECT to_regnamespace('joinery') IS NOT NULL AS isthere"
const MIGRATION_TABLE = `
  CREATE TABLE IF NOT EXISTS joinery.migration (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
  ALTER TABLE joinery.migration ADD COLUMN IF NOT EXISTS least integer`
/** To add what is there already takes the same lock, which a backup under way does not let anybody have. */
const MIGRATION_TABLE_MADE = `
  SELECT EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = to_regclass('joinery.migration') AND attname = 'least' AND NOT attisdropped
  ) AS isthere`

/** In the transaction that it is called in: a schema of the newest version, with nothing in it. */
export async function makeSchema(client: Client): Promise<void> {
  await client.query(`CREATE SCHEMA joinery; ${MIGRATION_TABLE}`)
  for (const step of stepsFrom(NOTHING, MIGRATIONS) ?? []) await client.query(migrated(step))
}

function migrated({ version, least, sql }: Step): string {
  return `${sql}; INSERT INTO joinery.migration (version, least) VALUES (${version}, ${least})`
}

/** Of a version about which nothing is said no older relay knows enough. */
async function standingOf(client: Client): Promise<Standing> {
  const { rows } = await client.query<Standing>(STANDING)
  return rows[0] ?? NOTHING
}

function stepsBehind(standing: Standing): Step[] {
  const steps = stepsFrom(standing, MIGRATIONS)
  if (steps === undefined)
    throw refusal(
      'newer',
      `The database was made by a newer version (${standing.version}): it cannot be opened by this one.`,
    )
  return steps
}

async function migrate(client: Client): Promise<void> {
  // Whoever else starts now waits here.
  await client.query('SELECT pg_advisory_lock($1)', [LOCK])
  try {
    const { rows: named } = await client.query<{ isthere: boolean }>(NAMED)
    // Who has it need not be able to make one.
    if (named[0]?.isthere !== true) await client.query('CREATE SCHEMA joinery')
    const { rows: made } = await client.query<{ isthere: boolean }>(MIGRATION_TABLE_MADE)
    if (made[0]?.isthere !== true) await changeOnce(client, MIGRATION_TABLE)
    const standing = await standingOf(client)
    const steps = stepsBehind(standing)
    for (const [at, step] of steps.entries()) {
      await refuseBesideOlder(client, step.least, steps[at - 1]?.least ?? standing.least)
      await changeOnce(client, migrated(step))
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => undefined)
  }
}

/** Whoever is paused or cut off still has his connections. */
async function refuseBesideOlder(client: Client, least: number, before: number): Promise<void> {
  if (least === before) return
  const { rows } = await client.query<{ relays: number }>(OLDER, [least])
  if ((rows[0]?.relays ?? 0) > 0)
    throw refusal('older', 'A relay of an older version still uses the database: stop it before this one starts.')
}

async function changeOnce(client: Client, sql: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      // One message of several statements.
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_MS}; ${sql}; COMMIT`)
      return
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined)
      if (codeOf(error) !== LOCKED) throw error
      if (tries === LOCK_TRIES)
        throw refusal('busy', 'The database is too busy to bring its schema up to date: try again later.', error)
      await pause(LOCK_AGAIN_MS * (1 + Math.random()))
    }
  }
}
