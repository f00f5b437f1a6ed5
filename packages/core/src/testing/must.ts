/** The three assertions that contract suites are written with, so that a suite runs under any test runner, and inside the simulator. */
import { JoineryError, type Code } from '../errors.ts'
import { hex } from '../plain.ts'

/**
 * Fails with `message` unless the condition holds.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { must } from '@joinery/core/testing'
 *
 * assert.throws(() => must(1 > 2, 'one is more than two'), /one is more than two/)
 * ```
 */
export function must(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/**
 * Fails unless both are the same content, however deep: bytes by their bytes, keys in any order, fields that are undefined as if they
 * were absent, Maps and Sets in order, NaN as itself, -0 as 0. Anything else (functions, instances) is compared by identity.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { same } from '@joinery/core/testing'
 *
 * same({ a: 1, b: undefined }, { a: 1 }, 'undefined is absent')
 * assert.throws(() => same([1], [2], 'one is two'), /one is two: expected \[2\], got \[1\]/)
 * ```
 */
export function same(actual: unknown, expected: unknown, message: string): void {
  if (!alike(actual, expected)) throw new Error(`${message}: expected ${show(expected)}, got ${show(actual)}`)
}

/**
 * Fails unless the promise rejects, or the call throws, with a JoineryError of this code (of any code when none is given).
 * Gives the error.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { checkId, JoineryError } from '@joinery/core'
 * import { rejects } from '@joinery/core/testing'
 *
 * await rejects(Promise.reject(new JoineryError('CLOSED')), 'CLOSED')
 * const error = await rejects(() => checkId('space', 'a/b'), 'BAD_INPUT')
 * assert.equal(error.details['what'], 'space')
 * ```
 */
export async function rejects(attempt: Promise<unknown> | (() => unknown), code?: Code): Promise<JoineryError> {
  const wanted = code ?? 'a JoineryError'
  let value: unknown
  try {
    value = await (typeof attempt === 'function' ? attempt() : attempt)
  } catch (error) {
    if (error instanceof JoineryError && (code === undefined || error.code === code)) return error
    throw new Error(`expected ${wanted}, got ${show(error)}`, { cause: error })
  }
  throw new Error(`expected ${wanted}, got ${show(value)}`)
}

function alike(a: unknown, b: unknown): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array && b instanceof Uint8Array) return hex(a) === hex(b)
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => alike(item, b[at]))
  if (a instanceof Map && b instanceof Map) return alike([...a], [...b])
  if (a instanceof Set && b instanceof Set) return alike([...a], [...b])
  if (!isRecord(a) || !isRecord(b)) return false
  const [keys, others] = [present(a), present(b)]
  return keys.length === others.length && keys.every(key => Object.hasOwn(b, key) && alike(a[key], b[key]))
}

function present(record: Record<string, unknown>): string[] {
  return Object.keys(record).filter(key => record[key] !== undefined)
}

/** Objects without a class, with or without a prototype, from any realm. */
function isRecord(value: object): value is Record<string, unknown> {
  if (Array.isArray(value) || value instanceof Uint8Array) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Uint8Array) return `0x${hex(value)}`
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (value instanceof Map) return `Map ${show([...value])}`
  if (value instanceof Set) return `Set ${show([...value])}`
  if (typeof value === 'object' && value !== null && isRecord(value)) {
    const fields = present(value).sort()
    return `{${fields.map(key => `${key}: ${show(value[key])}`).join(', ')}}`
  }
  return String(value)
}
