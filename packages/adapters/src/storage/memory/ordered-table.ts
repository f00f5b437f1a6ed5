/**
 * A table in key order that is never changed: an edit makes a new one that shares what it left alone, so whoever holds a table holds a
 * snapshot of it. Rows stand in chunks of a few hundred; a draft copies a chunk once, when it first touches it.
 */
import { beginsWith, compareKeys, type Key, type KeyRange, type Plain, type Row } from '@joinery/core'

const CHUNK_ROWS = 256

export type OrderedTable = readonly Chunk[]

interface Chunk {
  readonly keys: Key[]
  readonly values: Plain[]
}

interface Position {
  readonly chunk: number
  readonly row: number
}

export const EMPTY_TABLE: OrderedTable = []

export function find(table: OrderedTable, key: Key): Plain | undefined {
  const at = positionOf(table, key)
  return holds(table, at, key) ? table[at.chunk]?.values[at.row] : undefined
}

export function rowsIn(table: OrderedTable, range: KeyRange): Row[] {
  const rows: Row[] = []
  const limit = range.limit ?? Infinity
  const [start, end] = boundsOf(table, range)
  const step = range.reverse ? -1 : 1
  const left = (range.reverse ? end : start).chunk
  const right = (range.reverse ? start : end).chunk
  for (let c = left; (right - c) * step >= 0; c += step) {
    const chunk = table[c]
    if (chunk === undefined) continue
    const low = c === start.chunk ? start.row : 0
    const high = c === end.chunk ? end.row : chunk.keys.length
    for (let i = 0; i < high - low; i++) {
      if (rows.length >= limit) return rows
      const at = range.reverse ? high - 1 - i : low + i
      const [key, value] = [chunk.keys[at], chunk.values[at]]
      if (key !== undefined && value !== undefined) rows.push({ key, value })
    }
  }
  return rows
}

export function countIn(table: OrderedTable, range: KeyRange): number {
  const [start, end] = boundsOf(table, range)
  let count = end.row - start.row
  for (let c = start.chunk; c < end.chunk; c++) count += table[c]?.keys.length ?? 0
  return Math.max(0, Math.min(count, range.limit ?? Infinity))
}

export interface TableDraft {
  /** The table as it stands. It changes with the next edit: read from it at once. */
  readonly table: OrderedTable
  put(key: Key, value: Plain): void
  delete(key: Key): void
}

/** An edit of a table. The table itself stays as it was. */
export function draftOf(base: OrderedTable): TableDraft {
  const table = [...base]
  const own = new Set<Chunk>()

  function owned(at: number): Chunk | undefined {
    const chunk = table[at]
    if (chunk === undefined || own.has(chunk)) return chunk
    return replace(at, 1, { keys: [...chunk.keys], values: [...chunk.values] })
  }

  function replace(at: number, count: number, chunk: Chunk): Chunk {
    table.splice(at, count, chunk)
    own.add(chunk)
    return chunk
  }

  return {
    table,
    put(key, value) {
      const at = positionOf(table, key)
      const found = holds(table, at, key)
      // A key after all others joins the last chunk.
      const index = Math.min(at.chunk, Math.max(0, table.length - 1))
      const chunk = owned(index) ?? replace(0, 0, { keys: [], values: [] })
      const row = at.chunk === index ? at.row : chunk.keys.length
      if (found) {
        chunk.values[row] = value
        return
      }
      chunk.keys.splice(row, 0, key)
      chunk.values.splice(row, 0, value)
      if (chunk.keys.length <= CHUNK_ROWS) return
      // Rows that come in key order leave full chunks behind, others halves.
      const middle = row === CHUNK_ROWS ? CHUNK_ROWS : CHUNK_ROWS / 2
      replace(index + 1, 0, { keys: chunk.keys.splice(middle), values: chunk.values.splice(middle) })
    },
    delete(key) {
      const at = positionOf(table, key)
      if (!holds(table, at, key)) return
      const chunk = owned(at.chunk)
      chunk?.keys.splice(at.row, 1)
      chunk?.values.splice(at.row, 1)
      if (chunk?.keys.length === 0) table.splice(at.chunk, 1)
    },
  }
}

/** Where the range's first row stands, and where the row after its last. Equal when it is empty. */
function boundsOf(table: OrderedTable, range: KeyRange): [start: Position, end: Position] {
  const { prefix = [], from, after, before } = range
  const start = firstNot(
    table,
    key =>
      compareKeys(key, prefix) < 0 ||
      (from !== undefined && compareKeys(key, from) < 0) ||
      (after !== undefined && compareKeys(key, after) <= 0),
  )
  const end = firstNot(
    table,
    key =>
      (compareKeys(key, prefix) < 0 || beginsWith(key, prefix)) &&
      (before === undefined || compareKeys(key, before) < 0),
  )
  const crossed = end.chunk < start.chunk || (end.chunk === start.chunk && end.row < start.row)
  return [start, crossed ? start : end]
}

function positionOf(table: OrderedTable, key: Key): Position {
  return firstNot(table, other => compareKeys(other, key) < 0)
}

function holds(table: OrderedTable, at: Position, key: Key): boolean {
  const found = table[at.chunk]?.keys[at.row]
  return found !== undefined && compareKeys(found, key) === 0
}

/** The first row that is not `below`; rows below stand before all others. */
function firstNot(table: OrderedTable, below: (key: Key) => boolean): Position {
  const chunk = firstIndex(table.length, i => below(last(table[i]?.keys)))
  const keys = table[chunk]?.keys ?? []
  return { chunk, row: firstIndex(keys.length, i => below(keys[i] ?? [])) }
}

function last(keys: readonly Key[] | undefined): Key {
  return keys?.at(-1) ?? []
}

function firstIndex(length: number, below: (index: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (below(middle)) low = middle + 1
    else high = middle
  }
  return low
}
