/** A call and its answer as bytes: plain values, with bytes among them. */
import { createDecoder, readAny, type Decoder } from 'lib0/decoding'
import { encode, writeAny } from 'lib0/encoding'

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly details: Readonly<Record<string, unknown>> }

export interface Call {
  readonly name: string
  readonly args: readonly unknown[]
}

export function packed(value: Call | Answer): Uint8Array {
  return encode(encoder => writeAny(encoder, value as Parameters<typeof writeAny>[1]))
}

/** Throws on what is none. */
export function unpacked(bytes: Uint8Array): unknown {
  const decoder: Decoder = createDecoder(bytes)
  return readAny(decoder)
}

export function callOf(value: unknown): Call {
  if (typeof value === 'object' && value !== null && 'name' in value && 'args' in value) {
    const { name, args } = value
    if (typeof name === 'string' && Array.isArray(args)) return { name, args }
  }
  throw new Error('no call')
}
