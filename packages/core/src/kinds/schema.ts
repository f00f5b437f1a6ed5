/**
 * Standard Schema at the edge of a field. Laws: what is written has been accepted and is plain; a schema accepts again what it gave, so
 * what it may change (trim, fill in) is settled when written; validators answer at once, since an edit is one transaction.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { JoineryError } from '../errors.ts'
import { PLAIN_DEPTH, plainOf } from '../plain-input.ts'
import { canonical, copyPlain, type Plain } from '../plain.ts'

export type Schema<T = unknown> = StandardSchemaV1<T, T>

/** The type that a schema gives. */
export type ValueOf<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S>

/**
 * The value to store, or BAD_INPUT with the field and the schema's issues.
 *
 * @internal
 */
export function accepted(schema: StandardSchemaV1, value: unknown, field: string): Plain {
  const stored = plainly(outputOf(schema, value, field), field)
  if (canonical(plainly(outputOf(schema, stored, field), field)) !== canonical(stored)) {
    throw new JoineryError('BAD_INPUT', { field, rule: 'a schema must accept again what it gave' })
  }
  return stored
}

/**
 * A stored value as the schema gives it, unshared; undefined when the schema does not accept it.
 *
 * @internal
 */
export function readable(schema: StandardSchemaV1, stored: Plain): Plain | undefined {
  const result = resultOf(schema, copyPlain(stored))
  return result === undefined || result.issues !== undefined ? undefined : (result.value as Plain)
}

/**
 * What a schema says, or undefined when it wants to think.
 *
 * @internal
 */
export function resultOf<S extends StandardSchemaV1>(
  schema: S,
  value: unknown,
): StandardSchemaV1.Result<ValueOf<S>> | undefined {
  const result = schema['~standard'].validate(value)
  if (!('then' in result)) return result
  // Nobody waits for it: without this its failure would be an unhandled rejection.
  result.catch(() => {})
  return undefined
}

function outputOf(schema: StandardSchemaV1, value: unknown, field: string): unknown {
  const result = resultOf(schema, value)
  if (result === undefined) {
    throw new JoineryError('BAD_INPUT', { field, rule: 'validators answer at once: this one is asynchronous' })
  }
  if (result.issues === undefined) return result.value
  throw new JoineryError('BAD_INPUT', { field, issues: result.issues.map(issue => sentence(issue)) })
}

function plainly(output: unknown, field: string): Plain {
  try {
    return plainOf(withoutUndefined(output, PLAIN_DEPTH))
  } catch (cause) {
    throw cause instanceof JoineryError ? new JoineryError('BAD_INPUT', { ...cause.details, field }, { cause }) : cause
  }
}

/** A field that is undefined is one that is absent. */
function withoutUndefined(value: unknown, room: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || room === 0) return value
  if (Array.isArray(value)) return value.map(item => withoutUndefined(item, room - 1))
  const fields = Object.entries(value)
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    fields.filter(([, item]) => item !== undefined).map(([key, item]) => [key, withoutUndefined(item, room - 1)]),
  )
}

function sentence(issue: StandardSchemaV1.Issue): { message: string; path: string } {
  const path = (issue.path ?? []).map(part => String(typeof part === 'object' ? part.key : part))
  return { message: issue.message, path: path.join('.') }
}
