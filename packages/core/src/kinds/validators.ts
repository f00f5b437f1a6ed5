/**
 * Small validators for values, as Standard Schemas, so that kinds need no library for them. Any other Standard Schema does as well.
 * They check and change nothing, but for `object`, which leaves out the keys that it does not know.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { JoineryError } from '../errors.ts'
import { plainOf } from '../plain-input.ts'
import type { Plain } from '../plain.ts'
import { resultOf, type Schema, type ValueOf } from './schema.ts'

/**
 * A schema of one question; `rule` completes "must be …".
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { check } from '@joinery/core/kinds'
 *
 * const even = check((value): value is number => typeof value === 'number' && value % 2 === 0, 'an even number')
 * assert.deepEqual(even['~standard'].validate(3), { issues: [{ message: 'must be an even number' }] })
 * ```
 */
export function check<T>(fits: (value: unknown) => value is T, rule: string): Schema<T> {
  return schema(value => (fits(value) ? { value } : refused(rule)))
}

/**
 * Text, of at most `max` UTF-16 units.
 *
 * @example
 * ```ts
 * import { defineKind, latest, string } from '@joinery/core/kinds'
 *
 * defineKind('song', { version: 1, fields: { title: latest(string({ max: 200 })) } })
 * ```
 */
export function string(options: { readonly max?: number } = {}): Schema<string> {
  const max = options.max ?? Infinity
  const rule = max === Infinity ? 'a string' : `a string of at most ${max}`
  return check((value): value is string => typeof value === 'string' && value.length <= max, rule)
}

/**
 * A finite number.
 *
 * @example
 * ```ts
 * import { defineKind, latest, number } from '@joinery/core/kinds'
 *
 * defineKind('song', { version: 1, fields: { stars: latest(number({ min: 0, max: 5, integer: true })) } })
 * ```
 */
export function number(
  options: { readonly min?: number; readonly max?: number; readonly integer?: boolean } = {},
): Schema<number> {
  const { min = -Infinity, max = Infinity, integer = false } = options
  const range = min === -Infinity && max === Infinity ? '' : ` from ${min} to ${max}`
  return check(
    (value): value is number =>
      typeof value === 'number' &&
      Number.isFinite(value) &&
      value >= min &&
      value <= max &&
      (!integer || Number.isSafeInteger(value)),
    `${integer ? 'an integer' : 'a number'}${range}`,
  )
}

/**
 * True or false.
 *
 * @example
 * ```ts
 * import { boolean, defineKind, latest } from '@joinery/core/kinds'
 *
 * defineKind('song', { version: 1, fields: { liked: latest(boolean(), { default: false }) } })
 * ```
 */
export function boolean(): Schema<boolean> {
  return check((value): value is boolean => typeof value === 'boolean', 'true or false')
}

/**
 * One of a few strings or numbers.
 *
 * @example
 * ```ts
 * import { defineKind, latest, oneOf } from '@joinery/core/kinds'
 *
 * defineKind('highlight', { version: 1, fields: { color: latest(oneOf('amber', 'rose'), { default: 'amber' }) } })
 * ```
 */
export function oneOf<const V extends readonly (string | number)[]>(...values: V): Schema<V[number]> {
  return check((value): value is V[number] => values.some(one => one === value), `one of ${values.join(', ')}`)
}

/**
 * A day of the calendar, `YYYY-MM-DD`.
 *
 * @example
 * ```ts
 * import { day, defineKind, immutable } from '@joinery/core/kinds'
 *
 * defineKind('review', { version: 1, fields: { date: immutable(day()) } })
 * ```
 */
export function day(): Schema<string> {
  return check((value): value is string => typeof value === 'string' && isDay(value), 'a day, YYYY-MM-DD')
}

/**
 * Any plain data.
 *
 * @example
 * ```ts
 * import { defineKind, latest, plain } from '@joinery/core/kinds'
 *
 * defineKind('import', { version: 1, fields: { source: latest(plain()) } })
 * ```
 */
export function plain(): Schema<Plain> {
  return check((value): value is Plain => isPlain(value), 'plain data')
}

/**
 * The value, or null.
 *
 * @example
 * ```ts
 * import { defineKind, latest, nullable, string } from '@joinery/core/kinds'
 *
 * defineKind('song', { version: 1, fields: { genre: latest(nullable(string()), { default: null }) } })
 * ```
 */
export function nullable<S extends StandardSchemaV1>(inner: S): Schema<ValueOf<S> | null> {
  return schema(value => (value === null ? { value } : judged(inner, value)))
}

/**
 * The value, or undefined: for the fields of `object`.
 *
 * @example
 * ```ts
 * import { defineKind, list, object, optional, string } from '@joinery/core/kinds'
 *
 * defineKind('recipe', { version: 1, fields: { steps: list(object({ text: string(), photo: optional(string()) })) } })
 * ```
 */
export function optional<S extends StandardSchemaV1>(inner: S): Schema<ValueOf<S> | undefined> {
  return schema(value => (value === undefined ? { value } : judged(inner, value)))
}

/**
 * A list of values.
 *
 * @example
 * ```ts
 * import { array, defineKind, latest, number } from '@joinery/core/kinds'
 *
 * defineKind('place', { version: 1, fields: { at: latest(array(number())) } })
 * ```
 */
export function array<S extends StandardSchemaV1>(inner: S): Schema<readonly ValueOf<S>[]> {
  return schema(value => {
    if (!Array.isArray(value)) return refused('a list')
    const out: ValueOf<S>[] = []
    for (const [at, item] of value.entries()) {
      const result = judged(inner, item)
      if (result.issues !== undefined) return inside(at, result.issues)
      out.push(result.value)
    }
    return { value: out }
  })
}

type Shape = Readonly<Record<string, StandardSchemaV1>>
type OptionalKeys<O extends Shape> = { [K in keyof O]: undefined extends ValueOf<O[K]> ? K : never }[keyof O]
type ObjectOf<O extends Shape> = { readonly [K in Exclude<keyof O, OptionalKeys<O>>]: ValueOf<O[K]> } & {
  readonly [K in OptionalKeys<O>]?: ValueOf<O[K]>
}

/**
 * An object of these fields; others are left out.
 *
 * @example
 * ```ts
 * import { defineKind, latest, number, object } from '@joinery/core/kinds'
 *
 * defineKind('place', { version: 1, fields: { at: latest(object({ latitude: number(), longitude: number() })) } })
 * ```
 */
export function object<O extends Shape>(shape: O): Schema<ObjectOf<O>> {
  return schema(value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refused('an object')
    const out: Record<string, unknown> = {}
    for (const [key, inner] of Object.entries(shape)) {
      const result = judged(inner, Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined)
      if (result.issues !== undefined) return inside(key, result.issues)
      if (result.value !== undefined) out[key] = result.value
    }
    // Each field has been looked at.
    return { value: out as ObjectOf<O> }
  })
}

function schema<T>(validate: (value: unknown) => StandardSchemaV1.Result<T>): Schema<T> {
  return { '~standard': { version: 1, vendor: 'joinery', validate } }
}

function refused(rule: string): StandardSchemaV1.FailureResult {
  return { issues: [{ message: `must be ${rule}` }] }
}

function inside(key: PropertyKey, issues: readonly StandardSchemaV1.Issue[]): StandardSchemaV1.FailureResult {
  return { issues: issues.map(issue => ({ message: issue.message, path: [key, ...(issue.path ?? [])] })) }
}

function judged<S extends StandardSchemaV1>(inner: S, value: unknown): StandardSchemaV1.Result<ValueOf<S>> {
  return resultOf(inner, value) ?? refused('judged at once: this validator is asynchronous')
}

function isDay(value: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value)
  if (parts === null) return false
  const [year, month, date] = parts.slice(1).map(Number) as [number, number, number]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return days !== undefined && date >= 1 && date <= days
}

function isPlain(value: unknown): boolean {
  try {
    plainOf(value)
    return true
  } catch (error) {
    if (error instanceof JoineryError) return false
    throw error
  }
}
