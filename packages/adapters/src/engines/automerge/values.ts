/**
 * Plain values inside an Automerge document. Text in a value is a plain string that is replaced whole, not a text that merges; a list or a
 * record is made anew with each write, so two devices never write into one object that each made for itself.
 * Reading takes whatever other Automerge programs write: times in ms, counters as numbers, texts as strings; marks are not shown.
 */
import type { getBackend } from '@automerge/automerge'
import type { Plain } from '@joinery/core'
import { assemble, type Parts } from '../../assemble.ts'

/** Automerge's own document, below its JavaScript view. */
export type Handle = ReturnType<typeof getBackend>

export const ROOT = '/'

type Stored = NonNullable<ReturnType<Handle['getWithType']>>
/** A value as it is stored, or fields that are to be read as one record. */
export type Source = Stored | { readonly fields: Iterable<readonly [key: string, value: Source]> }

/** Writes a value that `plainOf` gave, and so of bounded depth. */
export function putValue(handle: Handle, object: string, key: string | number, value: Plain): void {
  const isItem = typeof key === 'number'
  if (isList(value)) {
    const list = isItem ? handle.insertObject(object, key, []) : handle.putObject(object, key, [])
    for (const [at, item] of value.entries()) putValue(handle, list, at, item)
  } else if (isRecord(value)) {
    const record = isItem ? handle.insertObject(object, key, {}) : handle.putObject(object, key, {})
    for (const [name, item] of Object.entries(value)) putValue(handle, record, name, item)
  } else if (isItem) {
    handle.insert(object, key, value, typeOf(value))
  } else {
    handle.put(object, key, value, typeOf(value))
  }
}

export function plainValue(handle: Handle, source: Source): Plain {
  return assemble(source, (part, parts) => shape(handle, part, parts))
}

function shape(handle: Handle, source: Source, parts: Parts<Source>): Plain {
  if ('fields' in source) return parts.record(Object.fromEntries(source.fields))
  const [type, value] = source
  switch (type) {
    case 'map':
    case 'table':
      return parts.record(
        Object.fromEntries(present(handle.keys(value).map(key => [key, handle.getWithType(value, key)]))),
      )
    case 'list':
      return parts.list(
        Array.from({ length: handle.length(value) }, (_, at) => handle.getWithType(value, at) ?? ['null', null]),
      )
    case 'text':
      return handle.text(value)
    case 'timestamp':
      return value.getTime()
    case 'bytes':
      return Uint8Array.from(value)
    case 'int':
    case 'uint':
    case 'counter':
      return numberOf(value)
    case 'str':
    case 'f64':
    case 'boolean':
      return value
    default:
      return null
  }
}

function* present(fields: Iterable<readonly [string, Stored | null]>): Generator<[string, Stored]> {
  for (const [key, value] of fields) if (value !== null) yield [key, value]
}

/** Automerge gives whole numbers of 53 bits and more as BigInt. One that no number holds is shown by its digits (CR-20). */
function numberOf(value: number | bigint): Plain {
  if (typeof value === 'number') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
}

function typeOf(
  value: null | boolean | number | string | Uint8Array,
): 'null' | 'boolean' | 'int' | 'f64' | 'str' | 'bytes' {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'int' : 'f64'
  return 'bytes'
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}

function isRecord(value: Plain): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}
