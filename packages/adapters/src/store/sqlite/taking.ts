/**
 * Writes all that another store holds into a new file, which is then a store as this one makes them. Laws:
 * - What did not fit its checksum there does not here, and everything else does.
 * - Between two steps others have their turn. Nobody has the file before it is whole: until then it waits for no disk.
 */
import { Database } from '../../better-sqlite3.ts'
import { checksumOf } from '../rows/checksum.ts'
import { BATCH_BYTES, type Batch, type Tables, type WholeEntry, type WholeStore } from '../rows/whole-store.ts'
import { migrate, PAGE_BYTES } from './opening.ts'
import { createPieces, plainType, type PutBytes } from './pieces.ts'
import { digitsOf } from './rows.ts'
import { newCopy } from './new-copy.ts'
import { prepare } from './statements.ts'
import { turn } from './turn.ts'

const SQL = {
  space: 'INSERT INTO space (id, name, epoch) VALUES (?, ?, ?)',
  device: 'INSERT INTO device (id, space, name, subject) VALUES (?, ?, ?, ?)',
  document: `
    INSERT INTO document (id, space, name, kind, engine, first_seq, seq, entries, digits, bytes, gone, quarantined)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  log: 'INSERT INTO log (space, seq, device, n, digest, mark, committed) VALUES (?, ?, ?, ?, ?, ?, ?)',
  former: 'INSERT INTO former (until, what, space, whose, value) VALUES (?, ?, ?, ?, ?)',
  folded: 'INSERT INTO folded (document, digest, seq) VALUES (?, ?, ?)',
} as const

/** Of a row that does not fit it. */
const UNFIT = -1

/** Rejects with UNAVAILABLE and the reason `taken` when there is such a file, and as its file system or the other store does; then nothing is left. */
export async function fillSqlite(file: string, whole: () => WholeStore): Promise<void> {
  await newCopy(file, async wrote => {
    const database = new Database(file)
    try {
      database.pragma(`page_size = ${PAGE_BYTES}`)
      database.pragma('locking_mode = EXCLUSIVE')
      // The file is nobody's yet, and goes when anything fails.
      database.pragma('journal_mode = OFF')
      database.pragma('synchronous = OFF')
      database.pragma('cache_size = -8000')
      migrate(database)
      const take = taking(database)
      for await (const batch of whole()) {
        await take(batch)
        wrote(weightOf(batch))
        await turn()
      }
      // As every store is, which the header says.
      database.pragma('journal_mode = WAL')
    } finally {
      database.close()
    }
  })
}

function taking(database: Database.Database): (batch: Batch) => Promise<void> {
  const statements = prepare(database)
  const own = {
    space: database.prepare(SQL.space),
    device: database.prepare(SQL.device),
    document: database.prepare(SQL.document),
    log: database.prepare(SQL.log),
    former: database.prepare(SQL.former),
    folded: database.prepare(SQL.folded),
  }
  const pieces = createPieces({
    statements,
    read: async look => look(),
    write: async change => change().result,
  })
  let space = { number: 0, seq: 0 }
  /** What numbers of documents and devices come behind: they are counted anew in every space, and here once for all. */
  let behind = 0

  /** No other's, either, of what cannot be a number in this space. */
  const numberOf = (local: number): number => {
    const isOne = local >= 0 && local <= space.seq
    return isOne ? (local === 0 ? 0 : behind + local) : -Math.abs(behind + local)
  }

  const put = async ({ bytes, authors }: WholeEntry, names: PutBytes): Promise<void> => {
    const ofBytes = await pieces.put(bytes)
    const ofAuthors = authors.length > BATCH_BYTES ? await pieces.put(Buffer.from(authors)) : undefined
    if (ofBytes !== undefined) names.set(bytes, ofBytes)
    if (ofAuthors !== undefined) names.set(authors, ofAuthors)
  }

  const rowOf = (row: WholeEntry, names: PutBytes): unknown[] => {
    const { seq, prev, n, at, isSound } = row
    const ids = { space_id: space.number, document_id: numberOf(row.document), device_id: numberOf(row.device) }
    // What is larger would name pieces.
    const held = pieces.hold(plainType(row.type), row.bytes, names)
    const authors = pieces.holdAuthors(row.authors, names)
    const checksum = isSound ? checksumOf({ ...ids, ...held, seq, prev, n, at, authors }) : UNFIT
    return [ids.space_id, seq, held.type, ids.document_id, prev, ids.device_id, n, at, checksum, authors, held.bytes]
  }

  const write: { readonly [Table in keyof Tables]: (row: Tables[Table], names: PutBytes) => void } = {
    space(row) {
      behind += space.seq
      space = { number: row.space, seq: row.seq }
      own.space.run(row.space, row.name, row.epoch)
    },
    device: row => void own.device.run(numberOf(row.device), row.space, row.name, row.subject),
    document(row) {
      const { document, name, kind, engine, seq, entries, bytes, gone, quarantined } = row
      const figures = [document, seq, entries, digitsOf(entries), bytes, gone ? 1 : 0, quarantined]
      own.document.run(numberOf(document), row.space, name, kind, engine, ...figures)
    },
    log: row => void own.log.run(row.space, row.seq, numberOf(row.device), row.n, row.digest, row.mark, row.committed),
    entry: (row, names) => void statements.appendEntry.run(...rowOf(row, names)),
    past: (row, names) => void statements.putPast.run(...rowOf(row, names)),
    folded: row => void own.folded.run(numberOf(row.document), row.digest, row.seq),
    kept: row => void statements.keepSince.run(numberOf(row.document), row.seq, row.since),
    version: row => void statements.nameVersion.run(numberOf(row.document), row.seq, row.name, row.subject, row.at),
    member: row => void statements.admit.run(row.space, row.subject, row.role),
    former: row => void own.former.run(row.until, row.what, row.space, row.whose, row.value),
  }

  return async batch => {
    const names: PutBytes = new Map()
    if (batch.of === 'entry' || batch.of === 'past') for (const row of batch.rows) await put(row, names)
    const made = [...names.values()]
    statements.begin.run()
    const writeOne = write[batch.of] as (row: Batch['rows'][number], names: PutBytes) => void
    for (const row of batch.rows) writeOne(row, names)
    statements.commit.run()
    if (made.length > 0) pieces.done(made)
  }
}

function weightOf(batch: Batch): number {
  const rows = batch.rows.length * 128
  if (batch.of !== 'entry' && batch.of !== 'past') return rows
  return batch.rows.reduce((sum, { bytes, authors }) => sum + bytes.length + authors.length, rows)
}
