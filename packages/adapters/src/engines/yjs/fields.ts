/**
 * The two shapes that the engine port shows, over the roots of a Y.Doc. A root gets its type with the first write made here and never by
 * reading (D4), so that a rich editor on the raw document can still decide what it is.
 * Law (CR-18): a root that others use in the other shape answers FIELD_SHAPE; one that was used in both shows each its own part.
 */
import {
  canonical,
  checkName,
  isWellFormed,
  JoineryError,
  plainOf,
  type EngineMap,
  type EngineText,
} from '@joinery/core'
import * as Y from 'yjs'
import { entryOf, keysOf, type YType } from './content.ts'
import { isRich, plainText } from './plain-text.ts'

export type Change = (edit: () => void) => void

/** Puts text in the place of some. */
export type Splice = (at: number, count: number, text: string) => void

export function mapField(doc: Y.Doc, name: string, change: Change): EngineMap {
  const read = (): YType | undefined => rootOf(doc, name, 'map')
  const write = (): Y.Map<unknown> => rootIn(doc, name, 'map', () => doc.getMap(name))
  return {
    get(key) {
      const root = read()
      return root && entryOf(root, key)
    },
    set(key, value) {
      const plain = plainOf(value)
      checkName(key)
      change(() => {
        const root = write()
        if (canonical(entryOf(root, key)) !== canonical(plain)) root.set(key, plain)
      })
    },
    delete(key) {
      change(() => {
        if (read()?._map.get(key)?.deleted === false) write().delete(key)
      })
    },
    *entries() {
      const root = read()
      if (root === undefined) return
      for (const key of keysOf(root)) yield [key, entryOf(root, key) ?? null]
    },
  }
}

/** Text, rich or not: how it is written is told by `splice`. */
export function textField(doc: Y.Doc, name: string, change: Change, splice: Splice): EngineText {
  const read = (): YType | undefined => rootOf(doc, name, 'sequence')
  const lengthNow = (): number => {
    const root = read()
    if (root === undefined) return 0
    return isRich(root) ? plainText(root).length : root._length
  }
  const edit: Splice = (at, count, text) => {
    const length = lengthNow()
    const fits = [at, count, length - at - count].every(n => Number.isInteger(n) && n >= 0)
    if (!fits) throw new JoineryError('BAD_INPUT', { field: name, at, count, length })
    if (count > 0 || text !== '') change(() => splice(at, count, text))
  }
  return {
    get length() {
      return lengthNow()
    },
    toString() {
      const root = read()
      return root === undefined ? '' : plainText(root)
    },
    insert(at, text) {
      if (!isWellFormed(text)) throw new JoineryError('BAD_INPUT', { field: name, what: 'half of a surrogate pair' })
      edit(at, 0, text)
    },
    delete: (at, count) => edit(at, count, ''),
  }
}

/** Writes text that is not rich. */
export function plainSplice(doc: Y.Doc, name: string): Splice {
  return (at, count, text) => {
    const existing = rootOf(doc, name, 'sequence')
    if (existing !== undefined && isRich(existing))
      throw new JoineryError('FIELD_SHAPE', { field: name, rule: 'rich text is edited through raw' })
    const root = rootIn(doc, name, 'sequence', () => doc.getText(name))
    root.delete(at, count)
    root.insert(at, text)
  }
}

type Shape = 'map' | 'sequence'

/** A root to read from, or undefined when there is none. Items tell a root's shape, and its type where it has one here. */
function rootOf(doc: Y.Doc, name: string, shape: Shape): YType | undefined {
  const root = doc.share.get(name)
  if (root === undefined) return undefined
  const isMap = root._map.size > 0 || root instanceof Y.Map
  const isSequence =
    root._start !== null || root instanceof Y.Text || root instanceof Y.Array || root instanceof Y.XmlFragment
  const fits = shape === 'map' ? isMap || !isSequence : isSequence || !isMap
  if (!fits) throw new JoineryError('FIELD_SHAPE', { field: name })
  return root
}

/** A root to write into. */
export function rootIn<T>(doc: Y.Doc, name: string, shape: Shape, typed: () => T): T {
  rootOf(doc, name, shape)
  checkName(name)
  try {
    return typed()
  } catch (cause) {
    // Yjs throws when a root has another type already.
    throw new JoineryError('FIELD_SHAPE', { field: name }, { cause })
  }
}
