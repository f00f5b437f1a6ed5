/** The Postgres that holds everything, if one does: whether a relay can stand on it. What is in it is `joinery verify`'s to read. */
import { JoineryError } from '@joinery/core'
import { found, type Check } from '../check.ts'
import type { FindingCode } from '../codes.ts'

const BY_REASON: Readonly<Record<string, FindingCode>> = {
  unreachable: 'POSTGRES_AWAY',
  empty: 'POSTGRES_EMPTY',
  outdated: 'POSTGRES_OLDER',
}

export const checkPostgres: Check = async ({ configuration: { values }, openPostgres }) => {
  if (values.store === undefined) return []
  try {
    const store = await openPostgres({ url: values.store })
    await store.close()
    const { database, schema } = store
    return found(
      'POSTGRES_OK',
      `${database}, schema version ${schema}, the newest: a commit waits for the disk, and no role of the relay reads past the wall between spaces.`,
    )
  } catch (error) {
    const { reason, sentence } = error instanceof JoineryError ? error.details : {}
    if (typeof sentence !== 'string') throw error
    return found(BY_REASON[String(reason)] ?? 'POSTGRES_WRONG', sentence)
  }
}
