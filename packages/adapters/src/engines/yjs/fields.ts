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

export function mapField(doc: Y.Doc, name: string, change: Change): EngineMap {
  const read = (): YType | undefined => rootOf(doc, name, 'map')
  const write = (): Y.Map<unknown> => {
    read()
    return typed(name, () => doc.getMap(checkName(name)))
  }
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

export function textField(doc: Y.Doc, name: string, change: Change): EngineText {
  const read = (): YType | undefined => rootOf(doc, name, 'sequence')
  const write = (): Y.Text => {
    const root = read()
    if (root !== undefined && isRich(root))
      throw new JoineryError('FIELD_SHAPE', { field: name, rule: 'rich text is edited through raw' })
    return typed(name, () => doc.getText(checkName(name)))
  }
  const lengthOf = (root: YType | undefined): number => {
    if (root === undefined) return 0
    return isRich(root) ? plainText(root).length : root._length
  }
  return {
    get length() {
      return lengthOf(read())
    },
    toString() {
      const root = read()
      return root === undefined ? '' : plainText(root)
    },
    insert(at, text) {
      if (!isWellFormed(text)) throw new JoineryError('BAD_INPUT', { field: name, what: 'half of a surrogate pair' })
      checkRange(name, at, 0, lengthOf(read()))
      if (text !== '') change(() => write().insert(at, text))
    },
    delete(at, count) {
      checkRange(name, at, count, lengthOf(read()))
      if (count > 0) change(() => write().delete(at, count))
    },
  }
}

/** A root to read from, or undefined when there is none. Items tell a root's shape, and its type where it has one here. */
export function rootOf(doc: Y.Doc, name: string, shape: 'map' | 'sequence'): YType | undefined {
  const root = doc.share.get(name)
  if (root === undefined) return undefined
  const isMap = root._map.size > 0 || root instanceof Y.Map
  const isSequence =
    root._start !== null || root instanceof Y.Text || root instanceof Y.Array || root instanceof Y.XmlFragment
  const fits = shape === 'map' ? isMap || !isSequence : isSequence || !isMap
  if (!fits) throw shapeError(name)
  return root
}

export function typed<T>(name: string, get: () => T): T {
  try {
    return get()
  } catch (error) {
    // Yjs throws when a root has another type already.
    throw error instanceof JoineryError ? error : shapeError(name, error)
  }
}

function shapeError(field: string, cause?: unknown): JoineryError {
  return new JoineryError('FIELD_SHAPE', { field }, { cause })
}

export function checkRange(field: string, at: number, count: number, length: number): void {
  const fits = Number.isInteger(at) && Number.isInteger(count) && at >= 0 && count >= 0 && at + count <= length
  if (!fits) throw new JoineryError('BAD_INPUT', { field, at, count, length })
}
