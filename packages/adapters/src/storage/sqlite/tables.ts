/** The tables as one transaction on a connection sees and changes them. */
import { TABLES, type KeyRange, type Row, type Table } from '@joinery/core'
import type { Database, Statement } from 'better-sqlite3'
import type { TableAccess } from '../../transaction-over.ts'
import { told } from './failure.ts'
import { afterAll, justAfter, keyBytes, keyOf } from './key-bytes.ts'
import { valueBytes, valueOf } from './value-bytes.ts'

/** One table for each of the port's; rows lie in the order of their keys, so a range is read as it stands. */
export const CREATE_TABLES = TABLES.map(
  table => `CREATE TABLE "${table}" (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;`,
).join('\n')

const sql = (table: Table) => ({
  get: `SELECT value FROM "${table}" WHERE key = ?`,
  put: `INSERT INTO "${table}" (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  delete: `DELETE FROM "${table}" WHERE key = ?`,
  up: `SELECT key, value FROM "${table}" WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`,
  down: `SELECT key, value FROM "${table}" WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT ?`,
  count: `SELECT count(*) AS rows FROM "${table}" WHERE key >= ? AND key < ?`,
  deleteAll: `DELETE FROM "${table}" WHERE key >= ? AND key < ?`,
  deleteUp: `DELETE FROM "${table}" WHERE key IN
    (SELECT key FROM "${table}" WHERE key >= ? AND key < ? ORDER BY key LIMIT ?)`,
  deleteDown: `DELETE FROM "${table}" WHERE key IN
    (SELECT key FROM "${table}" WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT ?)`,
})

type Name = keyof ReturnType<typeof sql>
interface StoredRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** What SQLite takes as no limit. */
const ALL = -1

export function sqliteTables(database: Database): TableAccess {
  const statements = new Map<string, Statement<unknown[]>>()

  function statement(table: Table, name: Name): Statement<unknown[]> {
    const known = statements.get(`${name} ${table}`)
    if (known !== undefined) return known
    const made = database.prepare<unknown[]>(sql(table)[name])
    statements.set(`${name} ${table}`, made)
    return made
  }

  return {
    get: (table, key) =>
      told(() => {
        const row = statement(table, 'get').get(keyBytes(key)) as Pick<StoredRow, 'value'> | undefined
        return row === undefined ? undefined : valueOf(row.value)
      }),
    range: (table, range) =>
      told(() => {
        const rows = statement(table, range.reverse ? 'down' : 'up').all(
          ...boundsOf(range),
          limitOf(range),
        ) as StoredRow[]
        return rows.map(({ key, value }): Row => ({ key: keyOf(key), value: valueOf(value) }))
      }),
    count: (table, range) =>
      told(() => {
        const { rows } = statement(table, 'count').get(...boundsOf(range)) as { rows: number }
        const limit = limitOf(range)
        return limit === ALL ? rows : Math.min(rows, limit)
      }),
    put: (table, key, value) => void told(() => statement(table, 'put').run(keyBytes(key), valueBytes(value))),
    delete: (table, key) => void told(() => statement(table, 'delete').run(keyBytes(key))),
    deleteRange: (table, range) =>
      told(() => {
        const limit = limitOf(range)
        if (limit === ALL) statement(table, 'deleteAll').run(...boundsOf(range))
        else statement(table, range.reverse ? 'deleteDown' : 'deleteUp').run(...boundsOf(range), limit)
      }),
  }
}

/** The bytes that a range's keys are at or after, and those that they are before. */
function boundsOf({ prefix = [], from, after, before }: KeyRange): [Uint8Array, Uint8Array] {
  const stem = keyBytes(prefix)
  const lower = [stem]
  if (from !== undefined) lower.push(keyBytes(from))
  if (after !== undefined) lower.push(justAfter(keyBytes(after)))
  const upper = [afterAll(stem)]
  if (before !== undefined) upper.push(keyBytes(before))
  return [
    lower.reduce((a, b) => (Buffer.compare(a, b) < 0 ? b : a)),
    upper.reduce((a, b) => (Buffer.compare(a, b) < 0 ? a : b)),
  ]
}

function limitOf({ limit = Infinity }: KeyRange): number {
  return limit < Number.MAX_SAFE_INTEGER ? Math.max(0, Math.ceil(limit)) : ALL
}
