/**
 * A field: one named part of a kind, and how it merges. Laws:
 * - D4: a field is one root map or one root text of the document, nothing nested; its default is applied on read and never written.
 * - D5: only the roots of known fields are ever touched.
 * - D3: writing what is already there writes nothing, except that adding to a set always counts (add wins).
 * - What a peer wrote and the field's schema does not accept is passed over on read, the same on all replicas (CR-26).
 */
import type { Stamp } from '../hlc.ts'
import type { EngineDocument } from '../ports/engine.ts'

export type Policy =
  | 'text'
  | 'richText'
  | 'latest'
  | 'furthest'
  | 'set'
  | 'list'
  | 'counter'
  | 'immutable'
  | 'ref'
  | 'blob'

/** Who writes, when, and where fresh names come from: time and chance come in as arguments. */
export interface WriteContext {
  readonly device: string
  /**
   * Which of the device's places that can write at the same time (tabs) this is, from 0. Two of them must not share one: an entry that two
   * write at once is settled by the engine, and one of the values is lost.
   */
  readonly slot?: number
  /** A stamp later than every stamp given or seen before. */
  stamp(): Stamp
  /** A fresh random id. */
  id(): string
}

/** Where a field is kept in one document. */
export interface Place {
  readonly doc: EngineDocument
  readonly root: string
  /** The name that errors give. */
  readonly field: string
}

export interface Field<Shown, Drafted, Initial> {
  readonly policy: Policy
  /** Whether `draft.field = value` writes. The others hand out an object to write through. */
  readonly assigned: boolean
  read(at: Place, device: string | undefined): Shown
  draft(at: Place, context: WriteContext): Drafted
  /** Writes a first value, or an assigned one. */
  write(at: Place, context: WriteContext, value: Initial): void
  /** Writes what `theirs` has and `base` had not as new edits of `target`. */
  reapply(base: Place, theirs: Place, target: Place, context: WriteContext): void
}

export interface ValueField<Value, Initial = Exclude<Value, undefined>> extends Field<Value, Value, Initial> {
  readonly assigned: true
}

export interface HandleField<Shown, Handle, Initial> extends Field<Shown, Handle, Initial> {
  readonly assigned: false
}

export type Fields = Readonly<Record<string, Field<unknown, unknown, unknown>>>

type Shown<T> = T extends Field<infer S, unknown, never> ? S : never
type Drafted<T> = T extends Field<unknown, infer D, never> ? D : never
type Initial<T> = T extends Field<unknown, unknown, infer I> ? I : never

/** What every document has, whatever its kind. A type and no interface, so that the view of any kind is a view of fields. */
export type StandardParts = {
  /** When it went to the trash, in ms since 1970, or false (D6). */
  readonly $trash: number | false
  /** When and on which device it was made. */
  readonly $created: { readonly at: number; readonly device: string } | undefined
}

/** A document as it is read. */
export type View<F extends Fields> = { readonly [K in keyof F]: Shown<F[K]> } & StandardParts

/** A document as an edit sees it: values are assigned, the rest is written through. */
export type Draft<F extends Fields> = {
  -readonly [K in keyof F as F[K]['assigned'] extends true ? K : never]: Drafted<F[K]>
} & {
  readonly [K in keyof F as F[K]['assigned'] extends true ? never : K]: Drafted<F[K]>
} & StandardParts

/** First values for a new document. */
export type Init<F extends Fields> = { readonly [K in keyof F]?: Initial<F[K]> | undefined }
