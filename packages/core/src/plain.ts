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
  if (value === undefined) return 'undefined'
  if (isScalar(value)) return canonicalScalar(value)
  let out = ''
  const rest: (Plain | Written)[] = [value]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (next instanceof Written) out += next.text
    else if (isScalar(next)) out += canonicalScalar(next)
    else if (isList(next))
      pushParts(
        rest,
        '[',
        next.map(item => ['', item] as const),
        ']',
      )
    else pushParts(rest, '{', fieldsOf(next), '}')
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

type Scalar = null | boolean | number | string | Uint8Array

/** Text that is in its canonical form already. */
class Written {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

function isScalar(value: Plain): value is Scalar {
  return typeof value !== 'object' || value === null || value instanceof Uint8Array
}

function canonicalScalar(value: Scalar): string {
  if (value instanceof Uint8Array) return `0x${hex(value)}`
  if (typeof value === 'number' && !Number.isFinite(value)) return `#${value}`
  // Not Plain, but a stored row may hold one.
  return typeof value === 'bigint' ? `${String(value)}n` : JSON.stringify(value)
}

function fieldsOf(record: { readonly [key: string]: Plain }): (readonly [string, Plain])[] {
  return Object.keys(record)
    .sort()
    .map(key => [`${JSON.stringify(key)}:`, record[key] as Plain] as const)
}

/** Onto a stack, so the last goes first. */
function pushParts(
  stack: (Plain | Written)[],
  open: string,
  parts: readonly (readonly [label: string, value: Plain])[],
  close: string,
): void {
  stack.push(new Written(close))
  for (let at = parts.length - 1; at >= 0; at--) {
    const [label, value] = parts[at] as readonly [string, Plain]
    stack.push(value, new Written((at === 0 ? '' : ',') + label))
  }
  stack.push(new Written(open))
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}
