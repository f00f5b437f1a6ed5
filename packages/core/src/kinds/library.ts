/** A library: the kinds of one app, under their names. It is what a client is made with; kinds it does not have still pass through (D5). */
import { JoineryError } from '../errors.ts'
import { checkId } from '../ids.ts'
import type { AnyKind } from './kind.ts'

export type Kinds = Readonly<Record<string, AnyKind>>

export interface Library<K extends Kinds = Kinds> {
  readonly name: string
  readonly kinds: K
}

/**
 * Declares a library. BAD_INPUT when a kind stands under another name than its own.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineLibrary, folder, note, review } from '@joinery/core/kinds'
 *
 * const library = defineLibrary('notes', { note, folder, review })
 * assert.equal(library.kinds.note.name, 'note')
 * ```
 */
export function defineLibrary<K extends Kinds>(name: string, kinds: K): Library<K> {
  checkId('library', name)
  for (const [key, kind] of Object.entries(kinds)) {
    if (key !== kind.name)
      throw new JoineryError('BAD_INPUT', { kind: kind.name, key, rule: 'a kind stands under its name' })
  }
  return { name, kinds }
}
