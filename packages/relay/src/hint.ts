/**
 * What one node tells the others of a commit: how far the log of a space goes now; what it brought, in a frame as readers get it, where the
 * bus has room for that; and for few commits which trace it is a part of. Or, of no commit, how long telling of them takes there.
 * Law: behind the seq stand fields, each with a number and a length. Who does not know a field passes it over, so old nodes read new hints
 * and new nodes old ones; what cannot be read is no hint (R5).
 */
import { hex, type TraceContext } from '@joinery/core'
import { createDecoder, hasContent, readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import type { Telling } from './elsewhere-telling.ts'

export interface Hint {
  readonly seq: number
  readonly trace: TraceContext | undefined
  /** Entries of this commit, which end at `seq`. */
  readonly news: Uint8Array | undefined
  /** The log's mark before them. */
  readonly before: Uint8Array | undefined
  /** Of the node that says it. */
  readonly telling: Telling | undefined
}

const TRACE = 1
const NEWS = 2
const BEFORE = 3
const TELLING = 4
const TRACE_BYTES = 16
const SPAN_BYTES = 8
/** No node of ours has a longer name. */
const NODE_LENGTH = 64

/** What a hint is longer than the news in it, at most. */
export const HINT_BYTES = 128

export function encodeHint(
  seq: number,
  trace?: TraceContext,
  brought?: { readonly news: Uint8Array; readonly before: Uint8Array },
): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, seq)
  if (trace !== undefined) {
    writeVarUint(encoder, TRACE)
    writeVarUint8Array(encoder, bytesOf(trace.trace + trace.span))
  }
  if (brought !== undefined) {
    writeVarUint(encoder, BEFORE)
    writeVarUint8Array(encoder, brought.before)
    writeVarUint(encoder, NEWS)
    writeVarUint8Array(encoder, brought.news)
  }
  return toUint8Array(encoder)
}

/** It moves no log, and nodes that do not know it pass it over. */
export function encodeTelling({ node, ms }: Telling): Uint8Array {
  const value = createEncoder()
  writeVarString(value, node)
  writeVarUint(value, Math.round(ms * 1_000))
  const encoder = createEncoder()
  writeVarUint(encoder, 0)
  writeVarUint(encoder, TELLING)
  writeVarUint8Array(encoder, toUint8Array(value))
  return toUint8Array(encoder)
}

/** Seq 0 when it cannot be read: nothing is as old as that. */
export function decodeHint(bytes: Uint8Array): Hint {
  let seq = 0
  let trace: TraceContext | undefined
  let news: Uint8Array | undefined
  let before: Uint8Array | undefined
  let telling: Telling | undefined
  try {
    const decoder = createDecoder(bytes)
    seq = readVarUint(decoder)
    while (hasContent(decoder)) {
      const field = readVarUint(decoder)
      const value = readVarUint8Array(decoder)
      if (field === TRACE) trace = contextIn(value)
      else if (field === NEWS) news = value
      else if (field === BEFORE) before = value
      else if (field === TELLING) telling = tellingIn(value)
    }
  } catch {
    // What was read so far is as good as a hint can be.
  }
  return { seq, trace, news, before, telling }
}

function tellingIn(value: Uint8Array): Telling | undefined {
  const decoder = createDecoder(value)
  const node = readVarString(decoder)
  return node.length > NODE_LENGTH ? undefined : { node, ms: readVarUint(decoder) / 1_000 }
}

function contextIn(value: Uint8Array): TraceContext | undefined {
  if (value.length !== TRACE_BYTES + SPAN_BYTES) return undefined
  return { trace: hex(value.subarray(0, TRACE_BYTES)), span: hex(value.subarray(TRACE_BYTES)) }
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16))
}
