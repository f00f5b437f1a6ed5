/**
 * Which Postgres this is, so that another one in its place is found out. Laws:
 * - MN-09: a copy that took its place may lack what this node knows to be there, and has since gone on in another way. So may a database that
 *   was put back. What is cached of the old one would be taken for true of the new one: the store has to be opened anew.
 * - It is asked on each new connection before anything else: none of the old ones outlives the server that it leads to.
 * - A Postgres that does not say which it is, is taken for the same, unless what it holds tells otherwise (`numbers.ts`).
 */
import { JoineryError } from '@joinery/core'
import { codeOf } from './refusals.ts'

/**
 * The cluster, the life of its log of writes, which another one begins whenever a copy takes over or an old state is put back, and the
 * database.
 */
const ORIGIN = `
  SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/' || oid AS origin
  FROM pg_database WHERE datname = current_database()`

/** No such function, not for this role, not on this server. */
const UNTOLD = ['42883', '42501', '0A000']

export interface Origin {
  /** Rejects with `fatal` when this is another than the first, and from then on always. */
  check(client: Asked): Promise<void>
  /** Throws when another was found. */
  refuse(): void
  /** Another was found, by what it holds: throws `fatal`, and from then on everything is refused. */
  replaced(): never
}

interface Asked {
  query(text: string): Promise<{ readonly rows: readonly { readonly origin?: string }[] }>
}

export function createOrigin(onFatal: (error: unknown) => void): Origin {
  let first: string | undefined
  let broken: JoineryError | undefined
  const refuse = (): void => {
    if (broken !== undefined) throw broken
  }
  const replaced = (): never => {
    if (broken !== undefined) throw broken
    broken = new JoineryError('UNAVAILABLE', { fatal: true, reason: 'another-database' })
    onFatal(broken)
    throw broken
  }
  return {
    refuse,
    replaced,
    async check(client) {
      refuse()
      const found = await originOf(client)
      first ??= found
      if (found === undefined || found === first || broken !== undefined) return refuse()
      replaced()
    },
  }
}

async function originOf(client: Asked): Promise<string | undefined> {
  try {
    return (await client.query(ORIGIN)).rows[0]?.origin
  } catch (error) {
    if (UNTOLD.includes(codeOf(error))) return undefined
    throw error
  }
}
