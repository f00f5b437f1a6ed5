/**
 * The two shapes that the engine port shows, over the root of an Automerge document, which is one map.
 * Laws: an entry of a map lies at the root key `map/key`, so that no map is ever made by two devices at once; a text lies at the root key
 * `text` and is made by the same seed on every device, or each would write into a text of its own.
 */
import {
  canonical,
  checkName,
  isWellFormed,
  JoineryError,
  plainOf,
  type EngineMap,
  type EngineText,
  type Plain,
} from '@joinery/core'
import { plainValue, putValue, ROOT, type Handle, type Source } from './values.ts'

/** A document to read, and how to write into it. */
export interface Editing {
  readonly handle: () => Handle
  change(edit: () => void): void
  /** All keys of the root, sorted. */
  keys(): readonly string[]
  /** Makes the text at a root key. */
  seed(key: string): void
}

export function mapField(fields: Editing, name: string): EngineMap {
  const { handle, change, keys } = fields
  const keyOf = (key: string): string => `${escaped(name)}/${key}`
  const read = (key: string): Plain | undefined => {
    const stored = handle().getWithType(ROOT, keyOf(key))
    return stored === null ? undefined : plainValue(handle(), stored)
  }
  const checkShape = (): void => {
    if (textAt(handle(), name) !== undefined && !hasEntries(fields, name))
      throw new JoineryError('FIELD_SHAPE', { field: name })
  }
  return {
    get(key) {
      checkShape()
      return read(key)
    },
    set(key, value) {
      const plain = plainOf(value)
      checkName(name)
      checkName(key)
      checkShape()
      change(() => {
        if (canonical(read(key)) !== canonical(plain)) putValue(handle(), ROOT, keyOf(key), plain)
      })
    },
    delete(key) {
      checkShape()
      change(() => {
        if (handle().getWithType(ROOT, keyOf(key)) !== null) handle().delete(ROOT, keyOf(key))
      })
    },
    *entries() {
      checkShape()
      const prefix = keyOf('')
      for (const key of keys()) {
        if (key.startsWith(prefix)) yield [key.slice(prefix.length), read(key.slice(prefix.length)) ?? null]
      }
    },
  }
}

export function textField(fields: Editing, name: string): EngineText {
  const { handle, change, seed } = fields
  const read = (): string | undefined => {
    const id = textAt(handle(), name)
    if (id === undefined && hasEntries(fields, name)) throw new JoineryError('FIELD_SHAPE', { field: name })
    return id
  }
  const write = (): string => {
    const id = read()
    if (id !== undefined) return id
    seed(escaped(checkName(name)))
    return textAt(handle(), name) ?? raiseShape(name)
  }
  const lengthOf = (id: string | undefined): number => (id === undefined ? 0 : handle().length(id))
  return {
    get length() {
      return lengthOf(read())
    },
    toString() {
      const id = read()
      return id === undefined ? '' : handle().text(id)
    },
    insert(at, text) {
      if (!isWellFormed(text)) throw new JoineryError('BAD_INPUT', { field: name, what: 'half of a surrogate pair' })
      checkRange(name, at, 0, lengthOf(read()))
      if (text !== '') change(() => handle().splice(write(), at, 0, text))
    },
    delete(at, count) {
      checkRange(name, at, count, lengthOf(read()))
      if (count > 0) change(() => handle().splice(write(), at, count))
    },
  }
}

/** Root names to what they hold: maps as records, texts, and whatever else others put at the root. */
export function contentOf(handle: Handle): Plain {
  const fieldsByName = new Map<string, [string, Source][]>()
  const wholeByName = new Map<string, Source>()
  for (const key of handle.keys(ROOT)) {
    const stored = handle.getWithType(ROOT, key)
    if (stored === null) continue
    const slash = key.indexOf('/')
    const name = unescaped(slash < 0 ? key : key.slice(0, slash))
    if (slash >= 0) fieldsByName.set(name, [...(fieldsByName.get(name) ?? []), [key.slice(slash + 1), stored]])
    // A text that shows nothing may be there or not.
    else if (stored[0] !== 'text' || handle.length(stored[1]) > 0) wholeByName.set(name, stored)
  }
  const fields: [string, Source][] = [...fieldsByName].map(([name, entries]) => {
    const whole = wholeByName.get(name)
    if (whole === undefined) return [name, { fields: entries }]
    wholeByName.delete(name)
    return [
      name,
      {
        fields: [
          ['attributes', { fields: entries }],
          ['children', whole],
        ],
      },
    ]
  })
  return plainValue(handle, { fields: [...fields, ...wholeByName] })
}

function textAt(handle: Handle, name: string): string | undefined {
  const stored = handle.getWithType(ROOT, escaped(name))
  if (stored === null) return undefined
  return stored[0] === 'text' ? stored[1] : raiseShape(name)
}

function hasEntries({ keys }: Editing, name: string): boolean {
  const prefix = `${escaped(name)}/`
  return keys().some(key => key.startsWith(prefix))
}

function raiseShape(field: string): never {
  throw new JoineryError('FIELD_SHAPE', { field })
}

function checkRange(field: string, at: number, count: number, length: number): void {
  const fits = Number.isInteger(at) && Number.isInteger(count) && at >= 0 && count >= 0 && at + count <= length
  if (!fits) throw new JoineryError('BAD_INPUT', { field, at, count, length })
}

/** Names may hold a slash, and the first one ends the name. */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}
