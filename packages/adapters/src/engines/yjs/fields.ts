/**
 * The two shapes that the engine port shows, over the roots of a Y.Doc. A root gets its type with the first write made here and never by
 * reading (D4), so that a rich editor on the raw document can still decide what it is.
 * Law (CR-18): a root that others use in the other shape answers FIELD_SHAPE; one that was used in both shows each its own part.
 */
import { canonical, checkName, JoineryError, plainOf, type EngineMap, type EngineText } from '@joinery/core'
import * as Y from 'yjs'
import { entryOf, keysOf, type YType } from './content.ts'
import { isRich, plainText } from './plain-text.ts'

export type Change = (edit: () => void) => void

/** Puts text in the place of some. */
export type Splice = (at: number, count: number, text: string) => void

export function mapField(doc: Y.Doc, name: string, change: Change): EngineMap {
  const read = (): YType => rootOf(doc, name, 'map')
  const write = (): Y.Map<unknown> => rootIn(doc, name, 'map', () => doc.getMap(name))
  return {
    get: key => entryOf(read(), key),
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
        if (entryOf(read(), key) !== undefined) write().delete(key)
      })
    },
    entries: () => keysOf(read()).map(key => [key, entryOf(read(), key) ?? null]),
  }
}

/** Text, rich or not: how it is written is told by `splice`. */
export function textField(doc: Y.Doc, name: string, change: Change, splice: Splice): EngineText {
  const read = (): YType => rootOf(doc, name, 'sequence')
  const lengthNow = (): number => {
    const root = read()
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
    toString: () => plainText(read()),
    insert(at, text) {
      plainOf(text)
      edit(at, 0, text)
    },
    delete: (at, count) => edit(at, count, ''),
  }
}

/** Writes text that is not rich. */
export function plainSplice(doc: Y.Doc, name: string): Splice {
  return (at, count, text) => {
    if (isRich(rootOf(doc, name, 'sequence'))) throw new JoineryError('FIELD_SHAPE', { field: name, rich: true })
    const root = rootIn(doc, name, 'sequence', () => doc.getText(name))
    root.delete(at, count)
    root.insert(at, text)
  }
}

type Shape = 'map' | 'sequence'

/** What stands for a root that is absent. */
const NOTHING: YType = new Y.AbstractType<unknown>()

/** A root to read from. Items tell a root's shape, and its type where it has one here. */
function rootOf(doc: Y.Doc, name: string, shape: Shape): YType {
  const root: YType = doc.share.get(name) ?? NOTHING
  const isMap = root._map.size > 0 || root instanceof Y.Map
  const isSequence = root._start !== null || !(root.constructor === Y.AbstractType || root instanceof Y.Map)
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
