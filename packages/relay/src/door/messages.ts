/**
 * What y-websocket says, on bytes: one message per frame, in the encoding of lib0. Laws:
 * - Strict: a frame that is none of these, or goes on behind its end, is no message.
 * - Nothing is copied on the way in, nor of a SyncStep2 on the way out, and nothing is made of a length before that much is there.
 */
import { createDecoder, hasContent, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, length, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'

export type DoorMessage =
  /** The other side's state vector: it asks for what it lacks. */
  | { readonly type: 'step1'; readonly stateVector: Uint8Array }
  /** What a state vector lacked. */
  | { readonly type: 'step2'; readonly update: Uint8Array }
  | { readonly type: 'update'; readonly update: Uint8Array }
  | { readonly type: 'awareness'; readonly states: Uint8Array }
  | { readonly type: 'query-awareness' }

const SYNC = 0
const AWARENESS = 1
const AUTH = 2
const QUERY_AWARENESS = 3

const STEP1 = 0
const STEP2 = 1
const UPDATE = 2

const DENIED = 0

/** No structs, no deletes. */
export const EMPTY_UPDATE: Uint8Array = Uint8Array.of(0, 0)
/** Nobody's state: a data frame that says nothing. */
export const STILL_HERE: Uint8Array = Uint8Array.of(AWARENESS, 1, 0)

/** Undefined for what is no message. */
export function decodeDoorMessage(frame: Uint8Array): DoorMessage | undefined {
  try {
    const decoder = createDecoder(frame)
    const message = readMessage(decoder)
    return hasContent(decoder) ? undefined : message
  } catch {
    return undefined
  }
}

function readMessage(decoder: ReturnType<typeof createDecoder>): DoorMessage | undefined {
  const type = readVarUint(decoder)
  if (type === QUERY_AWARENESS) return { type: 'query-awareness' }
  if (type === AWARENESS) return { type: 'awareness', states: readVarUint8Array(decoder) }
  if (type !== SYNC) return undefined
  const step = readVarUint(decoder)
  const bytes = readVarUint8Array(decoder)
  if (step === STEP1) return { type: 'step1', stateVector: bytes }
  if (step === STEP2) return { type: 'step2', update: bytes }
  return step === UPDATE ? { type: 'update', update: bytes } : undefined
}

export function step1Frame(stateVector: Uint8Array): Uint8Array {
  return syncFrame(STEP1, stateVector)
}

/** The frame in two pieces: it may be as large as a document, and is that document's stored bytes. */
export function step2Pieces(update: Uint8Array): readonly Uint8Array[] {
  const encoder = createEncoder()
  writeVarUint(encoder, SYNC)
  writeVarUint(encoder, STEP2)
  writeVarUint(encoder, update.length)
  return [toUint8Array(encoder), update]
}

export function updateFrame(update: Uint8Array): Uint8Array {
  return syncFrame(UPDATE, update)
}

export function awarenessFrame(states: Uint8Array): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, AWARENESS)
  writeVarUint8Array(encoder, states)
  return toUint8Array(encoder)
}

export function deniedFrame(reason: string): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, AUTH)
  writeVarUint(encoder, DENIED)
  writeVarString(encoder, reason)
  return toUint8Array(encoder)
}

/** The state vector of authors and how far each has written. */
export function stateVectorOf(authors: Iterable<{ readonly author: string; readonly clock: number }>): Uint8Array {
  const all = [...authors]
  const encoder = createEncoder()
  writeVarUint(encoder, all.length)
  for (const { author, clock } of all) {
    writeVarUint(encoder, Number(author))
    writeVarUint(encoder, clock)
  }
  return toUint8Array(encoder)
}

/** Copied once: it may be megabytes. */
function syncFrame(step: number, bytes: Uint8Array): Uint8Array {
  const head = createEncoder()
  writeVarUint(head, SYNC)
  writeVarUint(head, step)
  writeVarUint(head, bytes.length)
  const frame = new Uint8Array(length(head) + bytes.length)
  frame.set(toUint8Array(head))
  frame.set(bytes, length(head))
  return frame
}
