/**
 * Reads a Yjs update's structure without building a document (T1): the first half of the gate. What is refused here is refused whatever
 * the document holds; the judge compares the rest with it.
 *
 * Laws (D2): never throws; work is linear in the bytes; a bound is checked before what it bounds is read; V1 only, consumed exactly.
 * Yjs' own decoder is not atomic, loops on made-up counts and lengths (yjs#687), and keeps what it cannot place for ever.
 *
 * What one update cannot show, and workers find behind the commit:
 * - types nested by a chain of updates: each deepens by up to the limit (to follow it takes every item's parent, not only every type's);
 * - what is beside an item of another update: several values or a text put under a key by an origin there, which Yjs breaks on later;
 * - neighbours that are not in the same type: what is put between them is there or not, by whether one of them was collected before;
 * - the same clocks with other content, and a parent that turns out not to be a type;
 * - merges that are legal and slow: many siblings at one place, deletes that split long runs (route by `structs` and `deleteRanges`).
 * A lone surrogate as a JSON escape is legal and round-trips.
 */
import { arrange, type Reference } from './arrange.ts'
import { Cursor, type Refusal, type ScanRefusal } from './cursor.ts'
import type { ScanLimits } from './limits.ts'
import { deletesCover, readDeletes, type DeleteEnd } from './read-deletes.ts'
import { StructReader } from './read-structs.ts'
import type { Root } from './roots.ts'
import { StructTable } from './struct-table.ts'

/** Clocks `[from, to)` that an update brings of one author, without gaps. */
export interface AuthorRange {
  /** A Yjs client id. */
  readonly author: number
  readonly from: number
  readonly to: number
  /** All of it is garbage-collected: it holds clocks and nothing else. */
  readonly gcOnly: boolean
}

export interface YjsScan {
  /** Each author once, in the order of the bytes. */
  readonly authors: readonly AuthorRange[]
  /** The greatest clock needed of each author from outside this update. What an author's own `from` implies is not repeated. */
  readonly references: readonly Reference[]
  /** Each author with deletes once, and where they end. */
  readonly deletes: readonly DeleteEnd[]
  readonly hasDeletes: boolean
  readonly deleteRanges: number
  readonly structs: number
  /** How deep this update nests: values inside values, and types inside types that it adds. */
  readonly depth: number
  readonly roots: readonly Root[]
  /** The greatest stamp of a `latest` field, or of what looks like one. */
  readonly stampMax: string | undefined
}

export type ScanResult =
  | { readonly ok: true; readonly scan: YjsScan }
  /** `at` is a byte offset; `detail` is for a log, not for a person. */
  | { readonly ok: false; readonly code: ScanRefusal; readonly at: number; readonly detail: string }

const KEYED_RUN = 'several values under one key that are not deleted'

const ROWS = 1_024
let scratch = new StructTable(ROWS)

/**
 * Reads an update's structure without building a document. Never throws, never loops: work is linear in `bytes.length`.
 *
 * Refuses with `BAD_UPDATE` (damaged, not V1, or nothing that Yjs would write), `TOO_LARGE` (bytes, structs, roots, subdocuments),
 * `TOO_MANY_AUTHORS`, `TOO_DEEP`, `FORBIDDEN_KEY`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
 *
 * // Author 7 writes "hi" at the start of the root text "t".
 * const update = new Uint8Array([1, 1, 7, 0, 4, 1, 1, 0x74, 2, 0x68, 0x69, 0])
 * const result = scanYjsUpdate(update, SCAN_LIMITS)
 * assert.ok(result.ok)
 * assert.deepEqual(result.scan.authors, [{ author: 7, from: 0, to: 2, gcOnly: false }])
 * assert.deepEqual(result.scan.roots, [{ name: 't', shape: 'sequence' }])
 *
 * const cut = scanYjsUpdate(update.subarray(0, 9), SCAN_LIMITS)
 * assert.ok(!cut.ok && cut.code === 'BAD_UPDATE')
 * ```
 */
export function scanYjsUpdate(bytes: Uint8Array, limits: ScanLimits): ScanResult {
  if (bytes.length > limits.maxBytes)
    return refused({ code: 'TOO_LARGE', at: limits.maxBytes, detail: 'too many bytes' })
  scratch.clear()
  const result = scanInto(scratch, bytes, limits)
  if (!scratch.isKept) scratch = new StructTable(ROWS)
  return result
}

function scanInto(table: StructTable, bytes: Uint8Array, limits: ScanLimits): ScanResult {
  const cursor = new Cursor(bytes)
  const reader = new StructReader(cursor, table, limits)
  reader.read()
  const deletesAt = cursor.pos
  const deletes = readDeletes(cursor, limits)
  if (cursor.refusal === undefined && cursor.left > 0) cursor.refuse('BAD_UPDATE', 'goes on after its end')
  if (cursor.refusal !== undefined) return refused(isV2(cursor.refusal, bytes) ? V2 : cursor.refusal)
  const { references, depth, mustDelete, refusal } = arrange(table, limits)
  if (refusal !== undefined) return refused({ ...refusal, at: 0 })
  if (mustDelete.size > 0) {
    cursor.pos = deletesAt
    if (!deletesCover(cursor, mustDelete)) return refused({ code: 'BAD_UPDATE', at: 0, detail: KEYED_RUN })
  }
  return {
    ok: true,
    scan: {
      authors: table.sections.map(({ author, from, to, gcOnly }) => ({ author, from, to, gcOnly })),
      references,
      deletes: deletes.ends,
      hasDeletes: deletes.ranges > 0,
      deleteRanges: deletes.ranges,
      structs: table.rows,
      depth,
      roots: reader.roots.list,
      stampMax: reader.stamps.value,
    },
  }
}

function refused({ code, at, detail }: Refusal): ScanResult {
  return { ok: false, code, at, detail }
}

const V2: Refusal = { code: 'BAD_UPDATE', at: 0, detail: 'looks like encoding V2; only V1 is read' }

/** Encoding V2 (CR-03) has a feature flag of 0, nine columns with their lengths in front, and a rest. Asked only of what is not V1. */
function isV2(refusal: Refusal, bytes: Uint8Array): boolean {
  if (refusal.code !== 'BAD_UPDATE' || bytes[0] !== 0) return false
  const cursor = new Cursor(bytes)
  cursor.skip(1)
  for (let column = 0; column < 9; column++) cursor.skip(cursor.uint())
  return cursor.refusal === undefined && cursor.left > 0
}
