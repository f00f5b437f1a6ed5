/**
 * A database that no node serves, for as long as something is done to it as a whole. Laws:
 * - Nodes that run are told by what their connections say they are for; with one of them nothing is done, whatever is forced.
 * - Nodes that start meanwhile wait, with no harm, where they would look whether the schema is as they know it.
 */
import type { Client } from '../../pg.ts'
import { connected, LOCK, refuseUnlessDurable } from './opening.ts'
import { refusal } from './refusals.ts'

const NODES = `
  SELECT count(*)::int AS connections FROM pg_stat_activity
  WHERE datname = current_database() AND application_name ~ '^joinery(/[0-9]+)?$' AND pid <> pg_backend_pid()`
const WAIT_MS = 10_000

/**
 * Does something while no node serves from a database, and none can begin to. Rejects with UNAVAILABLE and the reason `served` while a relay
 * runs on it, and with whatever keeps a node from starting.
 *
 * @example
 * ```ts no-run
 * import { withoutNodes } from '@joinery/adapters/store/postgres'
 *
 * await withoutNodes('postgres://relay:secret@127.0.0.1/joinery', async () => console.log('nobody serves'))
 * ```
 */
export async function withoutNodes<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connected(url)
  try {
    await refuseUnlessDurable(client)
    await client.query(`SET lock_timeout = ${WAIT_MS}`)
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
    await refuseNodes(client)
    return await work(client)
  } finally {
    // With it goes the lock.
    await client.end().catch(() => undefined)
  }
}

export async function refuseNodes(client: Client): Promise<void> {
  const { rows } = await client.query<{ connections: number }>(NODES)
  if ((rows[0]?.connections ?? 0) === 0) return
  throw refusal('served', 'A relay has this database open: stop all of them first.')
}
