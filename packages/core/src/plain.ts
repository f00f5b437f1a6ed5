/**
 * Values that every engine, storage and wire can hold, and their canonical form.
 * Law: `canonical(a) === canonical(b)` exactly when a and b are the same content, whatever the order of their keys (D1, CR-20).
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
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value === 0 ? 0 : value) : `#${value}`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${String(value)}n`
  if (value instanceof Uint8Array) return `0x${hex(value)}`
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`
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

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}
