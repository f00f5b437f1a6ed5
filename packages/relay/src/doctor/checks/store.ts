/** What is in the database: that it can be read at all, that it is what was written, and what in it needs somebody. */
import { JoineryError, type StoreLook } from '@joinery/core'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DATABASE } from '../../commands/settings.ts'
import { LARGEST_LOOK } from '../limits.ts'
import { found, sizeOf, type Check, type Finding } from '../check.ts'
import type { FindingCode } from '../codes.ts'

const NAMED = 5

const BY_REASON: Readonly<Record<string, FindingCode>> = {
  newer: 'DATABASE_NEWER',
  foreign: 'DATABASE_FOREIGN',
  malformed: 'DATABASE_MALFORMED',
  restless: 'DATABASE_RESTLESS',
  version: 'SQLITE_OLD',
}

/** Only of a database that could be looked at. */
function inStore(check: (look: StoreLook) => readonly Finding[]): Check {
  return async patient => {
    const look = await patient.look().catch(() => undefined)
    return look === undefined ? [] : check(look)
  }
}

export const checkDatabase: Check = async ({ data, look }) => {
  if (data === undefined || (await stat(data).catch(() => undefined)) === undefined) return []
  const file = join(data, DATABASE)
  const database = await stat(file).catch(() => undefined)
  if (database === undefined) return found('DATABASE_MISSING', `There is no ${file} yet.`)
  try {
    const seen = await look()
    if (seen === undefined) {
      const most = sizeOf(LARGEST_LOOK)
      return found('DATABASE_LARGE', `It has ${sizeOf(database.size)}, and more than ${most} are not copied unasked.`)
    }
    const { version, newest, spaces, documents, entries } = seen
    const holds = `${sizeOf(database.size)}, ${spaces} spaces, ${documents} documents, ${entries} entries`
    return version < newest
      ? found('DATABASE_OLDER', `Its schema is version ${version}, and this Joinery writes ${newest}; it has ${holds}.`)
      : found('DATABASE_OK', `Its schema is version ${version}, the newest; it has ${holds}.`)
  } catch (error) {
    const { reason, sentence } = error instanceof JoineryError ? error.details : {}
    const code = BY_REASON[String(reason)] ?? 'DATABASE_UNREADABLE'
    return found(code, typeof sentence === 'string' ? sentence : `${file} could not be read.`)
  }
}

export const checkDurability = inStore(({ journal, synchronous }) =>
  journal === 'wal' && synchronous === 2
    ? found('DURABLE_OK', 'A commit waits for the disk: WAL, with synchronous=FULL.')
    : found('DURABLE_NOT', `A commit may be lost with the power: ${journal}, synchronous=${synchronous}.`),
)

export const checkPages = inStore(({ integrity: [first, ...others] }) =>
  first === undefined
    ? found('PAGES_OK', 'SQLite finds its pages in order.')
    : found(
        'PAGES_BROKEN',
        `SQLite finds its pages broken: ${first}${others.length > 0 ? ` … and ${others.length} more` : ''}.`,
      ),
)

export const checkRows = inStore(({ rows: { looked, damaged, listed }, entries }) =>
  damaged === 0
    ? found('ROWS_OK', `The checksums of ${looked} of ${entries} rows fit.`)
    : found(
        'ROWS_DAMAGED',
        `The checksums of ${damaged} of ${looked} rows do not fit: ${some(listed, row => `${row.space} ${row.seq}${row.document === undefined ? '' : ` (${row.document})`}`)}.`,
      ),
)

export const checkMarks = inStore(({ marks: { looked, wrong, listed } }) =>
  wrong === 0
    ? found('MARKS_OK', `The marks of ${looked} places in logs are what follows from what was written.`)
    : found(
        'MARKS_WRONG',
        `The log is another than was written at ${some(listed, ({ space, seq }) => `${space} ${seq}`)}.`,
      ),
)

export const checkHeads = inStore(({ headless }) =>
  headless.length === 0
    ? found('HEADS_OK', 'The last entry of every document is there.')
    : found('HEADS_MISSING', `The last entry is missing of ${some(headless, nameOf)}.`),
)

export const checkAgreement = inStore(({ disagreeing }) =>
  disagreeing.length === 0
    ? found('ENTRIES_AGREE', 'What is told of documents is what their entries say.')
    : found('ENTRIES_DISAGREE', `Something is told that the entries do not say, of ${some(disagreeing, nameOf)}.`),
)

export const checkQuarantined = inStore(({ quarantined }) =>
  quarantined.length === 0
    ? found('QUARANTINED_NONE', 'No document is quarantined.')
    : found('QUARANTINED_SOME', `Quarantined: ${some(quarantined, one => `${nameOf(one)} (${one.code})`)}.`),
)

export const checkSizes = inStore(({ largestDocuments, largestSpaces }) => {
  if (largestDocuments.length === 0) return []
  const documents = some(largestDocuments, one => `${nameOf(one)} ${sizeOf(one.bytes)} in ${one.entries} entries`)
  const spaces = some(largestSpaces, one => `${one.space} ${sizeOf(one.bytes)} in ${one.documents} documents`)
  return found('LARGEST', `Largest documents: ${documents}. Largest spaces: ${spaces}.`)
})

export const checkBacklog = inStore(({ unfolded: { documents, entries } }) =>
  documents === 0
    ? found('BACKLOG_NONE', 'No document waits to be folded.')
    : found('BACKLOG_SOME', `${documents} documents wait to be folded, with ${entries} entries.`),
)

function nameOf({ space, document }: { readonly space: string; readonly document: string }): string {
  return `${space}/${document}`
}

function some<T>(all: readonly T[], said: (one: T) => string): string {
  const more = all.length > NAMED ? ` … and ${all.length - NAMED} more` : ''
  return all.slice(0, NAMED).map(said).join(', ') + more
}
