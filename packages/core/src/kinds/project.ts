/**
 * From a document to what lists and search read: a row, its index keys, its texts. Laws: the same document and envelope give the same row on
 * every device; bodies are never in it, and are built at most once for all three.
 */
import { JoineryError } from '../errors.ts'
import { canonical, isList, type Plain } from '../plain.ts'
import type { EngineDocument } from '../ports/engine.ts'
import type { Key } from '../ports/storage.ts'
import type { Fields, View } from './field.ts'
import type { AnyKind, Kind, StandardColumns } from './kind.ts'
import { readOnce } from './view.ts'

/** What is known of a document beside its content. Times in ms since 1970. */
export interface RowEnvelope {
  readonly id: string
  readonly space: string
  readonly updatedAt: number
  /** For documents that do not tell themselves when they were made. */
  readonly createdAt: number
}

export interface Projection<R> {
  readonly row: StandardColumns & R
  readonly keys: readonly Key[]
  readonly texts: readonly string[]
}

/**
 * Row, index keys and texts in one reading.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { note, projectDocument } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const envelope = { id: 'n1', space: 'me', createdAt: 1_000, updatedAt: 2_000 }
 * const { row, keys } = projectDocument(note, yjs.open('1'), envelope)
 * assert.equal(row.title, '')
 * assert.deepEqual(keys.find(([index]) => index === 'pinned'), ['pinned', 0, 2_000, 'n1'])
 * ```
 */
export function projectDocument<F extends Fields, R>(
  kind: Kind<string, F, R>,
  doc: EngineDocument,
  envelope: RowEnvelope,
): Projection<R> {
  const view = readOnce(kind, doc)
  const row = rowOf(kind, view, envelope)
  return { row, keys: indexKeys(kind, row), texts: textsOf(kind, view) }
}

/**
 * The row alone. BAD_INPUT when a column is not plain data.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { folder, projectRow } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const row = projectRow(folder, yjs.open('1'), { id: 'f1', space: 'me', createdAt: 1_000, updatedAt: 2_000 })
 * assert.equal(row.kind, 'folder')
 * assert.equal(row.trashed, false)
 * ```
 */
export function projectRow<F extends Fields, R>(
  kind: Kind<string, F, R>,
  doc: EngineDocument,
  envelope: RowEnvelope,
): StandardColumns & R {
  return rowOf(kind, readOnce(kind, doc), envelope)
}

/**
 * The texts by which a document is found.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { note, searchTexts } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * assert.deepEqual(searchTexts(note, yjs.open('1')), [])
 * ```
 */
export function searchTexts<F extends Fields>(kind: Kind<string, F>, doc: EngineDocument): readonly string[] {
  return textsOf(kind, readOnce(kind, doc))
}

/**
 * A row's keys: for each index `[index, ...columns, id]`, ordered as the columns are. A list column gives a key for each element, and none
 * when it is empty; two list columns are not indexed together.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { indexKeys, note, projectRow } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const row = projectRow(note, yjs.open('1'), { id: 'n1', space: 'me', createdAt: 1_000, updatedAt: 2_000 })
 * const tagged = { ...row, tags: ['home', 'work'] }
 * assert.deepEqual(
 *   indexKeys(note, tagged).filter(([index]) => index === 'tag'),
 *   [
 *     ['tag', 'home', 2_000, 'n1'],
 *     ['tag', 'work', 2_000, 'n1'],
 *   ],
 * )
 * ```
 */
export function indexKeys(kind: AnyKind, row: StandardColumns): Key[] {
  const keys: Key[] = []
  for (const [index, columns] of Object.entries(kind.indexes)) {
    let prefixes: (string | number)[][] = [[index]]
    for (const column of columns) {
      const value = (row as unknown as Readonly<Record<string, Plain | undefined>>)[column]
      const parts = isList(value) ? [...new Set(value.map(keyPart))] : [keyPart(value)]
      prefixes = prefixes.flatMap(prefix => parts.map(part => [...prefix, part]))
    }
    for (const prefix of prefixes) keys.push([...prefix, row.id])
  }
  return keys
}

/** Before every finite number; keys hold no other. */
const FIRST = -Number.MAX_VALUE

/**
 * A column's value as a part of a key, in the order null, false, true and numbers, strings.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { keyPart } from '@joinery/core/kinds'
 *
 * assert.equal(keyPart(true), 1)
 * assert.ok(keyPart(null) < keyPart(-1e300))
 * ```
 */
export function keyPart(value: Plain | undefined): string | number {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : value > 0 ? Number.MAX_VALUE : FIRST
  return value === null || value === undefined ? FIRST : canonical(value)
}

function rowOf<F extends Fields, R>(
  kind: Kind<string, F, R>,
  view: View<F>,
  { id, space, createdAt, updatedAt }: RowEnvelope,
): StandardColumns & R {
  const { $trash: trashed, $created: created } = view
  const columns: Record<string, unknown> = {}
  for (const [column, value] of Object.entries(kind.row(view) as object)) {
    if (typeof value === 'function' || isLive(value)) {
      throw new JoineryError('BAD_INPUT', { kind: kind.name, column, rule: 'a column is plain data' })
    }
    // Storage holds no undefined.
    if (value !== undefined) columns[column] = value
  }
  const standard: StandardColumns = {
    id,
    space,
    kind: kind.name,
    createdAt: created?.at ?? createdAt,
    updatedAt,
    trashed,
  }
  return { ...(columns as R), ...standard }
}

function textsOf<F extends Fields>(kind: Kind<string, F>, view: View<F>): readonly string[] {
  return kind.search(view).filter(Boolean) as string[]
}

/** A body, which is no value but something to ask. */
function isLive(value: unknown): boolean {
  return Object.hasOwn(Object(value) as object, 'toString')
}
