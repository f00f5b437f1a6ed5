/**
 * A kind: what a document is to the app, declared once; types follow from it. Laws:
 * - Fields are append-only: one is never removed or given another policy, since documents of all ages and devices of all versions meet.
 * - A rename is an alias: the field has a new name in code and stays in the root it had, so that devices on the old version and on the new
 *   one write the same field.
 * - A row is made from the document alone, the same on every device, and never holds a body.
 */
import { JoineryError } from '../errors.ts'
import { checkId, isId } from '../ids.ts'
import type { Plain } from '../plain.ts'
import type { EngineDocument } from '../ports/engine.ts'
import type { Fields, Init, Place, View } from './field.ts'

/** The columns that every row has by itself. */
export interface StandardColumns {
  readonly id: string
  readonly space: string
  readonly kind: string
  /** Ms since 1970. */
  readonly createdAt: number
  readonly updatedAt: number
  /** When it went to the trash, or false. */
  readonly trashed: number | false
}

/** A kind's own columns: plain data, none called as a standard one. */
export type Columns = { readonly [column: string]: Plain | undefined } & {
  readonly [K in keyof StandardColumns]?: never
}

/** The name of a column of rows with columns R of their own. */
export type ColumnName<R> = (keyof R & string) | keyof StandardColumns

export type Indexes = Readonly<Record<string, readonly string[]>>

/** Asks for columns that there are. Apart from the definition, since an index must not have a say in what a row is. */
type OfColumns<X, R> =
  X extends Readonly<Record<string, readonly ColumnName<R>[]>>
    ? unknown
    : { readonly indexes: Readonly<Record<string, readonly ColumnName<R>[]>> }

export interface Kind<
  Name extends string = string,
  F extends Fields = Fields,
  R = unknown,
  Index extends string = string,
> {
  readonly name: Name
  readonly version: number
  readonly engine: string
  readonly fields: F
  /** Where each field is kept. */
  readonly roots: Readonly<Record<string, string>>
  readonly indexes: Readonly<Record<Index, readonly string[]>>
  /** Fields whose first values are the same wherever they are written first. */
  readonly seed: readonly string[]
  row(view: View<F>): R
  search(view: View<F>): readonly (string | undefined)[]
  /** The id of a document with these first values, for kinds where it follows from them. */
  idOf(init: Init<F>): string | undefined
}

export type AnyKind = Kind<string, Fields, unknown, string>

/** What is declared of a kind. */
export interface KindDefinition<F extends Fields, R, X> {
  /** Counts up when `row`, `indexes` or `search` change: rows are then projected again in the background. */
  readonly version: number
  /** The engine that holds such documents; `yjs` by default. */
  readonly engine?: string
  readonly fields: F
  /** Renamed fields, by the name that each had at first: `{ old: 'new' }`. */
  readonly alias?: Readonly<Record<string, keyof F & string>>
  /** What lists show: small plain values. */
  readonly row?: (view: View<F>) => R
  /** By which columns lists are filtered and sorted. A list column is found by each of its elements. */
  readonly indexes?: X
  /** The texts by which a document is found. */
  readonly search?: (view: View<F>) => readonly (string | undefined)[]
  /** Makes the id follow from first values, so that two devices that never met make one document. Undefined is BAD_INPUT. */
  readonly id?: (init: Init<F>) => string | undefined
  /** Fields that hold what a template gives: two devices that fill them alike fill them once (`seedOf`). */
  readonly seed?: readonly (keyof F & string)[]
}

/**
 * Declares a kind. BAD_INPUT for names outside the grammar of ids, aliases that lead nowhere, and seeds or indexes of unknown fields.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineKind, latest, oneOf, ref, set, string } from '@joinery/core/kinds'
 *
 * const highlight = defineKind('highlight', {
 *   version: 1,
 *   fields: {
 *     book: ref('book'),
 *     quote: latest(string(), { default: '' }),
 *     color: latest(oneOf('amber', 'rose'), { default: 'amber' }),
 *     tags: set(string()),
 *   },
 *   row: d => ({ book: d.book, quote: d.quote.slice(0, 200), color: d.color, tags: d.tags }),
 *   indexes: { book: ['book', 'createdAt'], tag: ['tags', 'updatedAt'] },
 *   search: d => [d.quote, ...d.tags],
 * })
 * assert.equal(highlight.engine, 'yjs')
 * ```
 */
export function defineKind<
  const Name extends string,
  F extends Fields,
  R extends Columns = Record<never, never>,
  const X extends Indexes = Record<never, never>,
>(name: Name, definition: KindDefinition<F, R, X> & OfColumns<X, R>): Kind<Name, F, R, keyof X & string> {
  const { version, engine = 'yjs', fields, alias = {}, row, indexes, search, id, seed = [] } = definition
  checkId('kind', name)
  checkId('engine', engine)
  if (!Number.isSafeInteger(version) || version < 1)
    throw new JoineryError('BAD_INPUT', { kind: name, rule: 'version from 1' })
  for (const field of Object.keys(fields)) checkName(name, field)
  for (const field of seed) checkField(name, fields, field)
  return {
    name,
    version,
    engine,
    fields,
    roots: rootsOf(name, fields, alias),
    // Without definitions of their own these are what their types default to.
    indexes: indexes ?? ({} as X),
    seed,
    row: view => row?.(view) ?? ({} as R),
    search: view => search?.(view) ?? [],
    idOf(init) {
      if (id === undefined) return undefined
      const made = id(init)
      if (made === undefined)
        throw new JoineryError('BAD_INPUT', { kind: name, rule: 'its id is made from its first values' })
      return checkId('document', made)
    },
  }
}

/**
 * Where a field is kept in a document.
 *
 * @internal
 */
export function placeOf(kind: AnyKind, doc: EngineDocument, field: string): Place {
  return { doc, root: kind.roots[field] ?? field, field }
}

function rootsOf(kind: string, fields: Fields, alias: Readonly<Record<string, string>>): Record<string, string> {
  const roots = Object.fromEntries(Object.keys(fields).map(field => [field, field]))
  for (const [former, field] of Object.entries(alias)) {
    checkName(kind, former)
    checkField(kind, fields, field)
    if (Object.hasOwn(fields, former)) {
      throw new JoineryError('BAD_INPUT', { kind, field: former, rule: 'a former name is not used again' })
    }
    if (roots[field] !== field) throw new JoineryError('BAD_INPUT', { kind, field, rule: 'one former name: the first' })
    roots[field] = former
  }
  return roots
}

function checkName(kind: string, field: string): void {
  if (!isId(field)) throw new JoineryError('BAD_INPUT', { kind, field, rule: 'a field is called as an id' })
}

function checkField(kind: string, fields: Fields, field: string): void {
  if (!Object.hasOwn(fields, field)) throw new JoineryError('BAD_INPUT', { kind, field, rule: 'a field of the kind' })
}
