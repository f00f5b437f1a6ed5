/**
 * The table of messages. A message on the wire is its number and its fields; one message a frame. Laws:
 * - The table is total: a message without number and codec does not compile. Numbers are never used again.
 * - A frame is read to its last byte or refused whole (BAD_FRAME). Unknown numbers from 128 on are passed over, and so are fields behind
 *   those of a message, so that a newer peer may say more; unknown numbers below are refused.
 * - A change of any byte here is a new VERSION: the tripwire test holds the golden bytes against it.
 */
import { ack, type Ack } from './ack.ts'
import { auth, type Auth } from './auth.ts'
import { bodies, type Bodies } from './bodies.ts'
import { bye, type Bye } from './bye.ts'
import { changes, type Changes } from './changes.ts'
import { clock, type ClockTold } from './clock.ts'
import { must, type MessageCodec } from './codec.ts'
import { fetch, type Fetch } from './fetch.ts'
import { readWhole, writing, written } from './frame.ts'
import { have, type Have } from './have.ts'
import { hello, type Hello } from './hello.ts'
import { part, type Part } from './part.ts'
import { uint } from './primitives.ts'
import { presence, type Presence } from './presence.ts'
import { push, type Push } from './push.ts'
import { refused, type Refused } from './refused.ts'
import { time, type Time } from './time.ts'
import { want, type Want } from './want.ts'
import { watch, type Watch } from './watch.ts'
import { welcome, type Welcome } from './welcome.ts'

/** The newest version that this side speaks, and the oldest: a link is in the newest that both do. */
export const VERSION = 1
export const OLDEST_VERSION = 1

export type ClientMessage = Hello | Watch | Push | Fetch | Have | Presence | Time | Auth | Part
export type RelayMessage = Welcome | Changes | Bodies | Ack | Refused | Want | Presence | ClockTold | Bye | Part
export type Message = ClientMessage | RelayMessage

/** Every message has a row: a missing one does not compile. */
export type MessageTable = { readonly [T in Message['type']]: MessageCodec<Extract<Message, { type: T }>> }

const MESSAGES: MessageTable = {
  hello,
  watch,
  push,
  fetch,
  have,
  presence,
  time,
  auth,
  part,
  welcome,
  changes,
  bodies,
  ack,
  refused,
  want,
  clock,
  bye,
}

const FIRST_IGNORABLE = 128

const codecsByNumber = new Map(
  Object.values(MESSAGES).map(codec => [codec.number, codec as MessageCodec<Message>] as const),
)

/**
 * The frame of a message. Throws BAD_INPUT for one that no peer would read: an illegal id, a text or list over its limit, a number that
 * is no safe integer.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { encodeMessage, decodeMessage } from '@joinery/core/protocol'
 *
 * const frame = encodeMessage({ type: 'time', id: 7 })
 * assert.deepEqual(decodeMessage(frame), { type: 'time', id: 7 })
 * ```
 */
export function encodeMessage(message: Message): Uint8Array {
  const codec = MESSAGES[message.type] as MessageCodec<Message>
  const out = writing()
  uint.write(out, codec.number)
  codec.write(out, message)
  return written(out)
}

/**
 * The message of a frame, or undefined for one that may be passed over. Throws BAD_FRAME and nothing else.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { decodeMessage } from '@joinery/core/protocol'
 *
 * assert.throws(() => decodeMessage(new Uint8Array([3])), { code: 'BAD_FRAME' })
 * ```
 */
export function decodeMessage(frame: Uint8Array): Message | undefined {
  return readWhole(frame, input => {
    const number = uint.read(input)
    const codec = codecsByNumber.get(number)
    if (codec) return codec.read(input)
    must(number >= FIRST_IGNORABLE, 'message')
    input.at = frame.length
    return undefined
  })
}

/** Whether a frame holds a piece of a message, by its first byte. */
export function isPart(frame: Uint8Array): boolean {
  return frame[0] === MESSAGES.part.number
}
