/**
 * Makes sure of a Postgres before a relay stands on it. Laws:
 * - S1: a commit waits for the disk, or it is not used. T4: the role cannot read over row-level security, or it is not used.
 * - A connection is one session for as long as it lasts, or it is not used: what is prepared, locked or listened to in one is there in the next
 *   transaction (MN-05).
 * - BK-07, BK-08: migrations run to the end or not at all, one process at a time; a schema of a newer version is refused.
 */
import { Client } from '../../pg.ts'
import { MIGRATIONS } from './migrations.ts'
import { codeOf, refusal } from './refusals.ts'

const OLDEST = 150_000
const OLDEST_NAME = '15'
const CONNECT_MS = 5_000
/** "Join". Whoever migrates holds it. */
const LOCK = 0x4a6f_696e

const FOUND = `
  SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('full_page_writes') AS full_page_writes,
    (rolsuper OR rolbypassrls) AS bypasses, rolname AS role
  FROM pg_roles WHERE rolname = current_user`

/** Tables of ours on which the wall is not up for everybody, the owner too. */
const OPEN_TABLES = `
  SELECT relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname = 'joinery' AND relkind IN ('r', 'p') AND relname NOT IN ('migration', 'probe') AND NOT (relrowsecurity AND relforcerowsecurity)`

export async function prepareDatabase(url: string): Promise<void> {
  const client = clientOf(url)
  try {
    await client.connect()
  } catch (error) {
    throw refusal('unreachable', `Postgres cannot be reached, or does not let this role in (${codeOf(error)}).`, error)
  }
  try {
    await refuseUnlessDurable(client)
    await refuseUnlessOneSession(client, url)
    await migrate(client)
    const { rows } = await client.query<{ name: string }>(OPEN_TABLES)
    if (rows.length > 0) throw bypass(`Row-level security is off on ${rows.map(({ name }) => name).join(', ')}.`)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function refuseUnlessDurable(client: Client): Promise<void> {
  const { rows } = await client.query<{
    version: number
    fsync: string
    synchronous_commit: string
    full_page_writes: string
    bypasses: boolean
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
  if (found.bypasses)
    throw bypass(`The role ${found.role} is a superuser or has BYPASSRLS: give the relay a role of its own without.`)
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
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, application_name: 'joinery' })
  client.on('error', () => undefined)
  return client
}

async function migrate(client: Client): Promise<void> {
  // Whoever else starts now waits here.
  await client.query('SELECT pg_advisory_lock($1)', [LOCK])
  try {
    await client.query('CREATE SCHEMA IF NOT EXISTS joinery')
    await client.query(
      'CREATE TABLE IF NOT EXISTS joinery.migration (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())',
    )
    const { rows } = await client.query<{ version: number }>(
      'SELECT coalesce(max(version), 0) AS version FROM joinery.migration',
    )
    const version = rows[0]?.version ?? 0
    if (version > MIGRATIONS.length)
      throw refusal('newer', `The database was made by a newer version (${version}): it cannot be opened by this one.`)
    for (const [at, sql] of MIGRATIONS.entries()) {
      if (at < version) continue
      // One message of several statements is one transaction.
      await client.query(`BEGIN; ${sql}; INSERT INTO joinery.migration (version) VALUES (${at + 1}); COMMIT`)
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => undefined)
  }
}
