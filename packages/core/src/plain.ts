/**
 * Values that every engine, storage and wire can hold, and their canonical form.
 * Law: `canonical(a) === canonical(b)` exactly when a and b are the same content, whatever the order of their keys (D1, CR-20).
 * `canonical` does not recurse into what it is given: documents made before there were limits nest thousands deep (CR-16).
 */
export type Plain = null | boolean | number | string | Uint8Array | readonly Plain[] | { readonly [key: string]: Plain }

/**
 * A string that is equal for equal content: keys sorted, -0 as 0, NaN and the infinities named, bytes as hex.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { canonical } from '@joinery/core'
 *
 * assert.equal(canonical({ b: 1, a: [null] }), canonical({ a: [null], b: 1 }))
 * ```
 */
export function canonical(value: Plain | undefined): string {
  let out = ''
  const rest = [writtenIfScalar(value)]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === 'string') {
      out += next
      continue
    }
    // A stack: what comes last goes onto it first.
    const isRecord = !isList(next)
    const entries: [string, Plain][] = Object.entries(next)
    if (isRecord) entries.sort(([a], [b]) => (a < b ? -1 : 1))
    rest.push(isRecord ? '}' : ']')
    for (const [key, item] of entries.toReversed()) {
      rest.push(writtenIfScalar(item), isRecord ? `${JSON.stringify(key)}:` : '', ',')
    }
    if (entries.length > 0) rest.pop()
    rest.push(isRecord ? '{' : '[')
  }
  return out
}

/**
 * Bytes as lower-case hex.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { hex } from '@joinery/core'
 *
 * assert.equal(hex(new Uint8Array([0, 255])), '00ff')
 * ```
 */
export function hex(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0')
  return out
}

/**
 * The same content, sharing nothing with the value. Bytes come out as a Uint8Array with a buffer of its own.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { copyPlain } from '@joinery/core'
 *
 * const value = { bytes: new Uint8Array([1, 2, 3]).subarray(1) }
 * const copy = copyPlain(value)
 * value.bytes[0] = 9
 * assert.deepEqual(copy, { bytes: new Uint8Array([2, 3]) })
 * ```
 */
export function copyPlain(value: Plain): Plain {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (isList(value)) return value.map(copyPlain)
  // Its own from here on, a key `__proto__` too, so assigning reaches no prototype.
  const copy: { [key: string]: Plain } = { ...value }
  for (const [key, item] of Object.entries(copy)) if (typeof item === 'object') copy[key] = copyPlain(item)
  return copy
}

/** The text of a scalar; a list or a record as it is. */
function writtenIfScalar(value: Plain | undefined): string | readonly Plain[] | { readonly [key: string]: Plain } {
  if (typeof value === 'object' && value !== null) return value instanceof Uint8Array ? `0x${hex(value)}` : value
  if (typeof value === 'number' && !Number.isFinite(value)) return `#${value}`
  if (value === undefined) return 'undefined'
  // Not Plain, but a stored row may hold one.
  return typeof value === 'bigint' ? `${String(value)}n` : JSON.stringify(value)
}

export function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value)
}
