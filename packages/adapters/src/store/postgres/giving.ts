/**
 * All that stands in the database, as rows that another store can take in: see `WholeStore`. Laws:
 * - It is of one moment, the one at which the transaction asked first, and nobody waits for it: it locks nothing.
 * - It is read space by space, a page of each table behind the last key of the page before, so its length is nothing to it.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { checksumOf } from '../rows/checksum.ts'
import { BATCH_BYTES, BATCH_ROWS, type Batch, type Tables, type WholeEntry } from '../rows/whole-store.ts'
import type { Statement, Transaction, Value } from './connections.ts'
import { bytesOf } from './reading.ts'
import { INLINE_BYTES, STATEMENTS, type EntryRow, type SpaceRow } from './statements.ts'
import { named } from './named.ts'

const ENTRY = `
  SELECT entry.space AS space_id, entry.seq, entry.type, entry.document AS document_id, entry.prev, entry.device AS device_id, entry.n,
    entry.at, entry.checksum, entry.authors, CASE WHEN length(entry.bytes) <= ${INLINE_BYTES} THEN entry.bytes END AS bytes,
    length(entry.bytes) AS length, document.name AS document, document.kind, document.engine, device.name AS device, device.subject`

const NAMES = `
  LEFT JOIN joinery.document ON document.space = entry.space AND document.id = entry.document
  LEFT JOIN joinery.device ON device.space = entry.space AND device.id = entry.device`

/** A head that another entry is behind is damaged, which who follows the links back from it cannot see: then there is none. */
const HEAD = `
  CASE WHEN EXISTS (SELECT 1 FROM joinery.entry WHERE entry.space = document.space AND entry.document = document.id
    AND entry.seq > document.seq AND entry.prev = document.seq) THEN 0 ELSE document.seq END`

const SQL = {
  spaces: 'SELECT id, name, epoch, seq, mark FROM joinery.space WHERE id > $1 ORDER BY id LIMIT $2',
  device:
    'SELECT space, id AS device, name, subject FROM joinery.device WHERE space = $1 AND id > $2 ORDER BY id LIMIT $3',
  document: `
    SELECT space, id AS document, name, kind, engine, ${HEAD} AS seq, entries, bytes, gone, quarantined FROM joinery.document
    WHERE space = $1 AND id > $2 ORDER BY id LIMIT $3`,
  log: 'SELECT space, seq, device, n, digest, mark, committed FROM joinery.log WHERE space = $1 AND seq > $2 ORDER BY seq LIMIT $3',
  entry: `${ENTRY} FROM joinery.entry ${NAMES} WHERE entry.space = $1 AND entry.seq > $2 ORDER BY entry.seq LIMIT $3`,
  past: `
    ${ENTRY} FROM joinery.past AS entry ${NAMES} WHERE entry.space = $1 AND (entry.document, entry.seq) > ($2, $3)
    ORDER BY entry.document, entry.seq LIMIT $4`,
  folded: `
    SELECT space, document, digest, seq FROM joinery.folded WHERE space = $1 AND (document, digest, seq) > ($2, $3, $4)
    ORDER BY document, digest, seq LIMIT $5`,
  kept: `
    SELECT space, document, seq, since FROM joinery.kept WHERE space = $1 AND (document, seq) > ($2, $3) ORDER BY document, seq LIMIT $4`,
  version: `
    SELECT space, document, seq, name, subject, at FROM joinery.version_name WHERE space = $1 AND (document, seq) > ($2, $3)
    ORDER BY document, seq LIMIT $4`,
  member: `SELECT space, subject, role FROM joinery.member WHERE space = $1 AND subject > $2 ORDER BY subject LIMIT $3`,
  former:
    'SELECT space, id, until, what, whose, value FROM joinery.former WHERE space = $1 AND id > $2 ORDER BY id LIMIT $3',
  // Since when it is told when an entry is committed.
  told: 'SELECT (extract(epoch FROM at) * 1000)::bigint AS at FROM joinery.migration WHERE version = 2',
} as const

const GIVING = named('joinery_giving', SQL)

/** With what comes in the row itself, a few milliseconds' worth. */
const ENTRY_ROWS = 64
const NO_DIGEST = new Uint8Array(0)

/** Every space that there is, with its head. */
export async function* spacesIn(transaction: Transaction): AsyncGenerator<SpaceRow> {
  for (let after = 0; ;) {
    const spaces = await transaction.ask<SpaceRow>(GIVING.spaces, [after, BATCH_ROWS])
    yield* spaces
    const last = spaces.at(-1)
    if (last === undefined) return
    after = last.id
  }
}

/** In a transaction about everywhere, that is answered as of one moment. */
export async function* wholeStoreIn(transaction: Transaction): AsyncGenerator<Batch> {
  let isUntold = false
  for await (const { id, name, epoch, seq, mark } of spacesIn(transaction)) {
    yield { of: 'space', rows: [{ space: id, name, epoch, seq, mark }] }
    for await (const batch of tablesOf(transaction, id)) {
      if (batch.of === 'log') isUntold ||= batch.rows.some(({ committed }) => committed === 0)
      yield batch
    }
  }
  const [told] = isUntold ? await transaction.ask<{ at: number }>(GIVING.told, []) : []
  if (told === undefined) return
  yield { of: 'former', rows: [{ space: 0, until: told.at, what: 'unknown', whose: '', value: null }] }
}

async function* tablesOf(transaction: Transaction, space: number): AsyncGenerator<Batch> {
  const pages = <Table extends keyof Tables>(
    of: Table,
    first: readonly Value[],
    keyOf: (row: Tables[Table]) => readonly Value[],
  ): AsyncGenerator<readonly Tables[Table][]> =>
    pagesOf<Tables[Table]>(transaction, GIVING[of as Exclude<Table, 'space'>], space, first, BATCH_ROWS, keyOf)

  for await (const rows of pages('device', [0], row => [row.device])) yield { of: 'device', rows }
  for await (const rows of pages('document', [0], row => [row.document])) yield { of: 'document', rows }
  for await (const rows of pages('log', [0], row => [row.seq])) yield { of: 'log', rows }
  for await (const rows of entriesIn(transaction, 'entry', space, [0], row => [row.seq])) yield { of: 'entry', rows }
  const placeOf = (row: { readonly document: number; readonly seq: number }): Value[] => [row.document, row.seq]
  for await (const rows of entriesIn(transaction, 'past', space, [0, 0], row => [row.document_id, row.seq]))
    yield { of: 'past', rows }
  for await (const rows of pages('folded', [0, NO_DIGEST, 0], row => [row.document, row.digest, row.seq]))
    yield { of: 'folded', rows }
  for await (const rows of pages('kept', [0, 0], placeOf)) yield { of: 'kept', rows }
  for await (const rows of pages('version', [0, 0], placeOf)) yield { of: 'version', rows }
  for await (const rows of pages('member', [''], row => [row.subject])) yield { of: 'member', rows }
  const former = pagesOf<Tables['former'] & { readonly id: number }>(
    transaction,
    GIVING.former,
    space,
    [0],
    BATCH_ROWS,
    row => [row.id],
  )
  for await (const rows of former) yield { of: 'former', rows }
}

async function* pagesOf<Row>(
  transaction: Transaction,
  statement: Statement,
  space: number,
  first: readonly Value[],
  limit: number,
  keyOf: (row: Row) => readonly Value[],
): AsyncGenerator<readonly Row[]> {
  for (let after = first; ;) {
    const rows = await transaction.ask<Row>(statement, [space, ...after, limit] as Value[])
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < limit) return
    after = keyOf(last)
    await turn()
  }
}

/** What is large is read by itself, and is a batch of its own. */
async function* entriesIn(
  transaction: Transaction,
  of: 'entry' | 'past',
  space: number,
  first: readonly Value[],
  keyOf: (row: EntryRow) => readonly Value[],
): AsyncGenerator<readonly WholeEntry[]> {
  const statement = of === 'entry' ? STATEMENTS.bytesOf : STATEMENTS.pastBytesOf
  for await (const rows of pagesOf<EntryRow>(transaction, GIVING[of], space, first, ENTRY_ROWS, keyOf)) {
    let batch: WholeEntry[] = []
    let weight = 0
    for (const row of rows) {
      const own = row.length + row.authors.length
      if (batch.length > 0 && weight + own > BATCH_BYTES) {
        yield batch
        batch = []
        weight = 0
      }
      batch.push(wholeEntryOf(row, await bytesOf(transaction, row, statement)))
      weight += own
    }
    if (batch.length > 0) yield batch
  }
}

function wholeEntryOf(row: EntryRow, bytes: Uint8Array): WholeEntry {
  const { space_id: space, seq, type, prev, n, at, authors, document, device } = row
  const isNamed = document !== null && device !== null
  return {
    space,
    seq,
    type,
    document: document === null ? 0 : row.document_id,
    prev,
    device: device === null ? 0 : row.device_id,
    n,
    at,
    authors,
    bytes,
    isSound: isNamed && checksumOf({ ...row, bytes }) === row.checksum,
  }
}
