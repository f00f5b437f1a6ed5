/**
 * What is done to the store as a whole: the laws are those of the port `StoreUpkeep`. A copy of it is a file as SQLite's store makes them, so
 * that copies have one form, and each store can be put back from the other's (decisions/0021).
 */
import { JoineryError, type StoreUpkeep } from '@joinery/core'
import { aligning } from './aligning.ts'
import { createConnections, type Connections, type ConnectionsOptions } from './connections.ts'
import { wholeStoreIn } from './giving.ts'
import { mending } from './mending.ts'
import { MIGRATIONS } from './migrations.ts'
import { remarking } from './remarking.ts'
import type { SpaceRow } from './statements.ts'
import { named } from './named.ts'

const SQL = {
  logs: 'SELECT id, name, epoch, seq, mark FROM joinery.space WHERE id > $1 ORDER BY id LIMIT $2',
  beginAll: "UPDATE joinery.space SET epoch = replace(gen_random_uuid()::text, '-', '')",
  begin: "UPDATE joinery.space SET epoch = replace(gen_random_uuid()::text, '-', '') WHERE name = ANY ($1::text[])",
} as const

const STATEMENTS = named('joinery_upkeep', SQL)

export interface UpkeepOptions extends Pick<ConnectionsOptions, 'url' | 'application' | 'origin'> {
  /** The version of that Postgres. */
  readonly version: string
  /** Rejects when the store is closed, and keeps it open meanwhile. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>
}

export function postgresUpkeep({ run, version, ...to }: UpkeepOptions): StoreUpkeep {
  /** A connection of its own, for as long as it takes. */
  const patiently = <T>(work: (connections: Connections) => Promise<T>): Promise<T> =>
    run(async () => {
      const connections = createConnections({ ...to, connections: 1, isPatient: true })
      try {
        return await work(connections)
      } finally {
        await connections.close()
      }
    })

  return {
    ...mending(patiently),
    ...remarking(patiently),
    database: `Postgres ${version}`,
    ...aligning(patiently),
    schema: MIGRATIONS.length,
    copyTo: file =>
      patiently(async connections => {
        // Nobody needs SQLite before.
        const { fillSqlite } = await import('../sqlite/taking.ts')
        try {
          await connections.transact('everywhere', 'snapshot', transaction =>
            fillSqlite(file, () => wholeStoreIn(transaction)),
          )
        } catch (error) {
          if (error instanceof JoineryError && error.details['postgres'] === undefined) throw error
          const sentence = `No copy could be written to ${file}.`
          const details = error instanceof JoineryError ? error.details : {}
          throw new JoineryError('UNAVAILABLE', { ...details, sentence }, { cause: error })
        }
      }),
    logs: (after, limit) =>
      patiently(async connections => {
        const rows = await connections.look<SpaceRow>('everywhere', STATEMENTS.logs, [after, limit])
        return rows.map(({ id, name, epoch, seq, mark }) => ({ at: id, space: name, head: { epoch, seq, mark } }))
      }),
    beginLives: spaces =>
      patiently(async connections => {
        if (spaces === undefined) await connections.look('everywhere', STATEMENTS.beginAll, [])
        else await connections.look('everywhere', STATEMENTS.begin, [spaces])
      }),
  }
}
