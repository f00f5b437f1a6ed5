/**
 * Writes all that another store holds into tables that are empty. Law: what did not fit its checksum there does not here, and everything else
 * does.
 */
import { checksumOf } from '../rows/checksum.ts'
import type { Batch, Tables, WholeEntry, WholeStore } from '../rows/whole-store.ts'
import { DIGITS } from './statements.ts'

/** As `Client.query` of pg. */
export type Query = (statement: {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}) => Promise<unknown>

const ENTRY = (table: string): string => `
  INSERT INTO joinery.${table} (space, seq, type, document, prev, device, n, at, checksum, authors, bytes)
  SELECT space, seq, type, document, prev, device, n, at, checksum, authors, substring($13::bytea FROM start FOR length)
  FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::text[], $11::int[], $12::int[])
    AS taken (space, seq, type, document, prev, device, n, at, checksum, authors, start, length)`

const SQL: { readonly [Table in keyof Tables]: string } = {
  space: `
    INSERT INTO joinery.space (id, name, epoch, seq, mark)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])`,
  device: `
    INSERT INTO joinery.device (space, id, name, subject) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])`,
  document: `
    INSERT INTO joinery.document (space, id, name, kind, engine, seq, entries, digits, bytes, gone, quarantined)
    SELECT space, id, name, kind, engine, seq, entries, ${DIGITS('entries')}, bytes, gone, quarantined
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::int[], $8::bigint[], $9::boolean[],
      $10::text[]) AS taken (space, id, name, kind, engine, seq, entries, bytes, gone, quarantined)`,
  log: `
    INSERT INTO joinery.log (space, seq, device, n, digest, mark, committed)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bigint[])`,
  entry: ENTRY('entry'),
  past: ENTRY('past'),
  folded: `
    INSERT INTO joinery.folded (space, document, digest, seq)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[])`,
  kept: `
    INSERT INTO joinery.kept (space, document, seq, since)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])`,
  version: `
    INSERT INTO joinery.version_name (space, document, seq, name, subject, at)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])`,
  member: `
    INSERT INTO joinery.member (space, subject, role) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])`,
  former: `
    INSERT INTO joinery.former (space, until, what, whose, value)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])`,
}

/** Of a row that does not fit it. */
const UNFIT = -1

const columnsOf: { readonly [Table in keyof Tables]: (rows: readonly Tables[Table][]) => readonly unknown[] } = {
  space: rows => columns(rows, ['space', 'name', 'epoch', 'seq', 'mark']),
  device: rows => columns(rows, ['space', 'device', 'name', 'subject']),
  document: rows =>
    columns(rows, ['space', 'document', 'name', 'kind', 'engine', 'seq', 'entries', 'bytes', 'gone', 'quarantined']),
  log: rows => columns(rows, ['space', 'seq', 'device', 'n', 'digest', 'mark', 'committed']),
  entry: entryColumns,
  past: entryColumns,
  folded: rows => columns(rows, ['space', 'document', 'digest', 'seq']),
  kept: rows => columns(rows, ['space', 'document', 'seq', 'since']),
  version: rows => columns(rows, ['space', 'document', 'seq', 'name', 'subject', 'at']),
  member: rows => columns(rows, ['space', 'subject', 'role']),
  former: rows => columns(rows, ['space', 'until', 'what', 'whose', 'value']),
}

export async function takeWhole(query: Query, whole: WholeStore): Promise<void> {
  for await (const batch of whole) await take(query, batch)
}

async function take(query: Query, { of, rows }: Batch): Promise<void> {
  const values = (columnsOf[of] as (given: Batch['rows']) => readonly unknown[])(rows)
  await query({ name: `joinery_taking_${of}`, text: SQL[of], values })
}

/** The bytes come as one, behind each other, and are cut up there. */
function entryColumns(rows: readonly WholeEntry[]): readonly unknown[] {
  let start = 1
  const cut = rows.map(row => {
    const { space, seq, type, document, prev, device, n, at, authors, bytes, isSound } = row
    const ids = { space_id: space, document_id: document, device_id: device }
    const checksum = isSound ? checksumOf({ ...ids, seq, type, prev, n, at, authors, bytes }) : UNFIT
    const piece = { ...row, checksum, start, length: bytes.length }
    start += bytes.length
    return piece
  })
  const names = ['space', 'seq', 'type', 'document', 'prev', 'device', 'n', 'at', 'checksum', 'authors', 'start', 'length'] as const // prettier-ignore
  return [...columns(cut, names), Buffer.concat(rows.map(({ bytes }) => bytes))]
}

/** Rows, turned into one array for each column. */
function columns<Row>(rows: readonly Row[], names: readonly (keyof Row)[]): unknown[] {
  return names.map(name => rows.map(row => row[name]))
}
