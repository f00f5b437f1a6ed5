/**
 * All that stands in a file, as rows that another store can take in: see `WholeStore`. Law: nobody else has it open meanwhile, and between two
 * batches others have their turn.
 */
import type { Database } from 'better-sqlite3'
import { BATCH_BYTES, BATCH_ROWS, type Batch, type WholeEntry, type WholeStore } from '../rows/whole-store.ts'
import { openDatabase } from './opening.ts'
import { authorsNameIn, createPieces, lengthOf, nameIn, plainType, type Pieces } from './pieces.ts'
import { bytesOf, entryOf, markOf } from './rows.ts'
import { ENTRY_COLUMNS, ENTRY_NAMES, prepare, type EntryRow } from './statements.ts'
import { turn } from './turn.ts'

/** The seq by which a device goes: of the entry of its least n. */
const DEVICE_SEQ = (device: string): string =>
  `(SELECT own.seq FROM log AS own WHERE own.device = ${device} ORDER BY own.n LIMIT 1)`

const ENTRY = `SELECT ${ENTRY_COLUMNS}, document.first_seq, ${DEVICE_SEQ('entry.device')} AS device_seq`

const SQL = {
  space: `
    SELECT id, name, epoch, coalesce(log.seq, 0) AS seq, log.mark FROM space
    LEFT JOIN log ON log.space = space.id AND log.seq = (SELECT max(seq) FROM log WHERE log.space = space.id)
    WHERE id > +? ORDER BY id LIMIT 1`,
  device: `
    SELECT ${DEVICE_SEQ('device.id')} AS device, name, subject FROM device WHERE space = +? AND name > +? ORDER BY name LIMIT +?`,
  document: `
    SELECT id, first_seq AS document, name, kind, engine, seq, entries, bytes, gone, quarantined FROM document
    WHERE space = +? AND name > +? ORDER BY name LIMIT +?`,
  log: `
    SELECT seq, ${DEVICE_SEQ('log.device')} AS device, n, digest, mark, committed FROM log WHERE space = +? AND seq > +? ORDER BY seq LIMIT +?`,
  entry: `${ENTRY} FROM entry ${ENTRY_NAMES} WHERE entry.space = +? AND entry.seq > +? ORDER BY entry.seq LIMIT +?`,
  past: `${ENTRY} FROM past AS entry ${ENTRY_NAMES} WHERE entry.document = +? AND entry.seq > +? ORDER BY entry.seq LIMIT +?`,
  folded: `
    SELECT digest, seq FROM folded WHERE document = +? AND (digest, seq) > (+?, +?) ORDER BY digest, seq LIMIT +?`,
  kept: 'SELECT seq, since FROM kept WHERE document = +? AND seq > +? ORDER BY seq LIMIT +?',
  version: 'SELECT seq, name, subject, at FROM version_name WHERE document = +? AND seq > +? ORDER BY seq LIMIT +?',
  member: 'SELECT subject, role FROM member WHERE space = +? AND subject > +? ORDER BY subject LIMIT +?',
  former: 'SELECT id, until, what, whose, value FROM former WHERE space = +? AND id > +? ORDER BY id LIMIT +?',
} as const

const NO_DIGEST = new Uint8Array(0)

interface DocumentFound {
  readonly id: number
  readonly document: number
  readonly name: string
  readonly kind: string
  readonly engine: string
  readonly seq: number
  readonly entries: number
  readonly bytes: number
  readonly gone: number
  readonly quarantined: string | null
}

type EntryFound = EntryRow & { readonly first_seq: number | null; readonly device_seq: number | null }

interface SpaceFound {
  readonly id: number
  readonly name: string
  readonly epoch: string
  readonly seq: number
  readonly mark: Uint8Array | null
}

interface LogFound {
  readonly seq: number
  readonly device: number
  readonly n: number
  readonly digest: Uint8Array
  readonly mark: Uint8Array
  readonly committed: number
}

interface FormerFound {
  readonly id: number
  readonly until: number
  readonly what: string
  readonly whose: string
  readonly value: string | null
}

/** Each space goes by the number that `numberOf` gives for its place in the order of them: 1, 2 … */
export async function* wholeSqlite(file: string, numberOf: (at: number) => number): WholeStore & AsyncGenerator<Batch> {
  const database = openDatabase({ file, lockTimeout: 0 })
  try {
    const statements = prepare(database)
    const read = async <T>(look: () => T): Promise<T> => look()
    const pieces = createPieces({ statements, read, write: async change => change().result })
    const spaceAfter = database.prepare(SQL.space)
    for (let [id, at] = [0, 1]; ; at++) {
      const found = spaceAfter.get(id) as SpaceFound | undefined
      if (found === undefined) return
      id = found.id
      for await (const batch of batchesOf(database, pieces, found, numberOf(at))) {
        if (batch.rows.length > 0) yield batch
        await turn()
      }
    }
  } finally {
    database.close()
  }
}

async function* batchesOf(
  database: Database,
  pieces: Pieces,
  { id, name, epoch, seq, mark }: SpaceFound,
  space: number,
): AsyncGenerator<Batch> {
  yield { of: 'space', rows: [{ space, name, epoch, seq, mark: markOf(mark) }] }
  const pages = <Row>(sql: keyof typeof SQL, of: number, first: readonly unknown[], keyOf: (row: Row) => unknown[]) =>
    pagesOf<Row>(database, SQL[sql], of, first, keyOf)
  const bySeq = (row: { readonly seq: number }): unknown[] => [row.seq]

  for (const rows of pages<{ device: number; name: string; subject: string }>('device', id, [''], row => [row.name]))
    yield { of: 'device', rows: rows.filter(row => row.device !== null).map(row => ({ space, ...row })) }
  for (const documents of pages<DocumentFound>('document', id, [''], row => [row.name])) {
    yield { of: 'document', rows: documents.map(row => ({ space, ...row, gone: row.gone === 1 })) }
    for (const { id: number, document } of documents) {
      const own = { space, document }
      for (const rows of pages<EntryFound>('past', number, [0], bySeq))
        for await (const batch of entriesOf(pieces, rows, space)) yield { of: 'past', rows: batch }
      const byDigest = (row: { digest: Uint8Array; seq: number }): unknown[] => [row.digest, row.seq]
      for (const rows of pages<{ digest: Uint8Array; seq: number }>('folded', number, [NO_DIGEST, 0], byDigest))
        yield { of: 'folded', rows: rows.map(row => ({ ...own, ...row })) }
      for (const rows of pages<{ seq: number; since: number }>('kept', number, [0], bySeq))
        yield { of: 'kept', rows: rows.map(row => ({ ...own, ...row })) }
      for (const rows of pages<{ seq: number; name: string; subject: string; at: number }>(
        'version',
        number,
        [0],
        bySeq,
      ))
        yield { of: 'version', rows: rows.map(row => ({ ...own, ...row })) }
    }
  }
  for (const rows of pages<LogFound>('log', id, [0], bySeq))
    // prettier-ignore
    yield { of: 'log', rows: rows.map(row => ({ space, ...row, device: row.device ?? 0 })) }
  for (const rows of pages<EntryFound>('entry', id, [0], bySeq))
    for await (const batch of entriesOf(pieces, rows, space)) yield { of: 'entry', rows: batch }
  for (const rows of pages<{ subject: string; role: string }>('member', id, [''], row => [row.subject]))
    yield { of: 'member', rows: rows.map(row => ({ space, ...row })) }
  for (const rows of pages<FormerFound>('former', id, [0], row => [row.id]))
    yield { of: 'former', rows: rows.map(({ until, what, whose, value }) => ({ space, until, what, whose, value })) }
}

function* pagesOf<Row>(
  database: Database,
  sql: string,
  of: number,
  first: readonly unknown[],
  keyOf: (row: Row) => unknown[],
): Generator<readonly Row[]> {
  const statement = database.prepare(sql)
  for (let after = first; ;) {
    const rows = statement.all(of, ...after, BATCH_ROWS) as Row[]
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    if (rows.length < BATCH_ROWS) return
    after = keyOf(last)
  }
}

async function* entriesOf(
  pieces: Pieces,
  rows: readonly EntryFound[],
  space: number,
): AsyncGenerator<readonly WholeEntry[]> {
  let batch: WholeEntry[] = []
  let weight = 0
  for (const row of rows) {
    const own = lengthOf(row) + (authorsNameIn(row.authors)?.length ?? row.authors.length)
    if (batch.length > 0 && weight + own > BATCH_BYTES) {
      yield batch
      batch = []
      weight = 0
    }
    batch.push(await wholeEntryOf(pieces, row, space))
    weight += own
  }
  if (batch.length > 0) yield batch
}

/** With what is in pieces; of what cannot be read, what stands in its place. */
async function wholeEntryOf(pieces: Pieces, row: EntryFound, space: number): Promise<WholeEntry> {
  const isSound = entryOf(row) !== undefined && row.first_seq !== null && row.device_seq !== null
  const { seq, prev, n, at, first_seq: document, device_seq: device } = row
  const told = { space, seq, type: plainType(row.type), prev, n, at, document: document ?? 0, device: device ?? 0 }
  const asFound = { ...told, authors: row.authors, bytes: bytesOf(row.bytes), isSound: false }
  if (!isSound) return asFound
  const [name, authorsName] = [nameIn(row), authorsNameIn(row.authors)]
  const bytes = name === undefined ? asFound.bytes : await pieces.load(name)
  const text = authorsName === undefined ? row.authors : await pieces.load(authorsName)
  if (typeof bytes === 'string' || text === 'gone' || text === 'damaged') return asFound
  return { ...told, authors: typeof text === 'string' ? text : Buffer.from(text).toString(), bytes, isSound: true }
}
