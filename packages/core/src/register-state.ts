/**
 * The state of a register as bytes: turn, time, who, which of his commands, and the value, in lib0's encoding. It stands in core because a
 * relay reads it, to accept or refuse a command by what it says.
 * Law (D2): a state has one encoding, keys sorted and numbers as short as they can be; other bytes are no state. Reading never hangs.
 */
import { createDecoder, readAny, readUint8, readVarString, readVarUint } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeAny, writeUint8, writeVarString, writeVarUint } from 'lib0/encoding'
import { sameBytes } from './digest.ts'
import { JoineryError } from './errors.ts'
import { isId } from './ids.ts'
import { PLAIN_DEPTH, plainOf } from './plain-input.ts'
import type { Plain } from './plain.ts'

/** The most that a state may take, in bytes. */
export const REGISTER_BYTES = 64 * 1024

/** Names of maps to their entries. */
export type RegisterValue = Readonly<Record<string, Readonly<Record<string, Plain>>>>

/** What one command left. */
export interface RegisterState {
  /** How many commands led here, one after another. */
  readonly turn: number
  /** When it was given, in ms since 1970. */
  readonly at: number
  /** The author who gave it. */
  readonly by: string
  /** Which of that author's it is, from 1. */
  readonly n: number
  readonly value: RegisterValue
}

const FORMAT = 1

/**
 * A state as bytes. Throws TOO_LARGE above REGISTER_BYTES.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { readRegister, writeRegister } from '@joinery/core'
 *
 * const state = { turn: 1, at: 5, by: 'ann', n: 1, value: { play: { rate: 1.5 } } }
 * assert.deepEqual(readRegister(writeRegister(state)), state)
 * ```
 */
export function writeRegister(state: RegisterState): Uint8Array {
  const bytes = encoded(state)
  if (bytes.length > REGISTER_BYTES) throw new JoineryError('TOO_LARGE', { limit: REGISTER_BYTES, bytes: bytes.length })
  return bytes
}

/**
 * The state that these bytes are. Throws BAD_UPDATE when they are none.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { readRegister } from '@joinery/core'
 *
 * assert.throws(() => readRegister(new Uint8Array([1, 2, 3])), { code: 'BAD_UPDATE' })
 * ```
 */
export function readRegister(bytes: Uint8Array): RegisterState {
  try {
    const state = bytes.length <= REGISTER_BYTES ? decoded(bytes) : undefined
    // The one encoding: nothing behind it, no key twice, none that reading has swallowed (CR-17).
    if (state !== undefined && sameBytes(encoded(state), bytes)) return state
  } catch (cause) {
    // lib0 and plainOf throw on damage, and a stack ends on nesting.
    throw new JoineryError('BAD_UPDATE', {}, { cause })
  }
  throw new JoineryError('BAD_UPDATE')
}

function encoded({ turn, at, by, n, value }: RegisterState): Uint8Array {
  const encoder = createEncoder()
  writeUint8(encoder, FORMAT)
  writeVarUint(encoder, turn)
  writeVarUint(encoder, at)
  writeVarString(encoder, by)
  writeVarUint(encoder, n)
  writeAny(encoder, inOrder(value) as Parameters<typeof writeAny>[1])
  return toUint8Array(encoder)
}

function decoded(bytes: Uint8Array): RegisterState | undefined {
  const decoder = createDecoder(bytes)
  if (readUint8(decoder) !== FORMAT) return undefined
  const [turn, at, by, n] = [readVarUint(decoder), readVarUint(decoder), readVarString(decoder), readVarUint(decoder)]
  // Names, and keys in each, around the values.
  const value = plainOf(readAny(decoder), PLAIN_DEPTH + 2)
  return n >= 1 && n <= turn && isId(by) && isValue(value) ? { turn, at, by, n, value } : undefined
}

function isValue(value: Plain): value is RegisterValue {
  return isRecord(value) && Object.values(value).every(record => isRecord(record) && Object.keys(record).length > 0)
}

/** The same value with keys in order, and so with one encoding. Depth is bounded by `plainOf`. */
function inOrder(value: Plain): Plain {
  if (isList(value)) return value.map(inOrder)
  if (!isRecord(value)) return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map(key => [key, inOrder(value[key] ?? null)]))
}

function isRecord(value: Plain): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof Uint8Array)
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}
