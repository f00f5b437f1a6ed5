// Any message that may travel, for property tests. The table is total: a message without a generator does not compile.
import fc from 'fast-check'
import { CODES, type Code, type Cursor, type Entry } from '@joinery/core'
import type { Message } from '@joinery/core/protocol'

type Generators = { readonly [T in Message['type']]: fc.Arbitrary<Extract<Message, { type: T }>> }

const uint = fc.oneof(fc.nat(300), fc.maxSafeNat())
const count = uint.map(value => Math.max(1, value))
const id = fc
  .stringMatching(/^[A-Za-z0-9_-]{1,128}$/)
  .filter(text => !['__proto__', 'constructor', 'prototype'].includes(text))
const noneOrId = fc.oneof(fc.constant(''), id)
const bytes = fc.uint8Array({ maxLength: 300 })

/** Well-formed, of at most `max` bytes, without U+0000. */
const text = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: Math.floor(max / 4) }).map(value => value.replaceAll('\0', ' '))

const code = fc.constantFrom(...(Object.keys(CODES) as Code[]))
const optional = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined })
const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 8 })

const cursor: fc.Arbitrary<Cursor> = fc.record({
  epoch: id,
  seq: uint,
  mark: fc.uint8Array({ minLength: 16, maxLength: 16 }),
})

const entry: fc.Arbitrary<Entry> = fc.record({
  seq: count,
  type: fc.constantFrom('update', 'snapshot', 'tombstone', 'moved', 'void', 'member'),
  document: id,
  kind: id,
  engine: id,
  at: uint,
  device: id,
  n: uint,
  subject: text(255),
  bytes,
})

const generators: Generators = {
  hello: fc.record({ type: fc.constant('hello'), version: count, device: id, token: text(3_900) }),
  watch: fc.record({ type: fc.constant('watch'), space: id, cursor: optional(cursor) }),
  push: fc.record({
    type: fc.constant('push'),
    space: id,
    entries: list(
      fc.record({
        n: count,
        type: fc.constantFrom('update', 'tombstone'),
        resupply: fc.boolean(),
        document: id,
        kind: id,
        engine: id,
        at: uint,
        bytes,
      }),
    ),
  }),
  fetch: fc.record({ type: fc.constant('fetch'), space: id, document: optional(id), before: uint }),
  have: fc.record({
    type: fc.constant('have'),
    space: id,
    documents: list(fc.record({ document: id, engine: id, version: bytes })),
  }),
  presence: fc.record({
    type: fc.constant('presence'),
    space: id,
    document: id,
    session: noneOrId,
    subject: text(255),
    clock: uint,
    state: optional(text(4_096)),
  }),
  time: fc.record({ type: fc.constant('time'), id: uint }),
  auth: fc.record({ type: fc.constant('auth'), token: text(3_900) }),
  part: fc.record({ type: fc.constant('part'), last: fc.boolean(), bytes }),
  welcome: fc.record({
    type: fc.constant('welcome'),
    version: count,
    session: id,
    subject: text(255),
    personal: id,
    wall: uint,
    frameBytes: count,
    documentBytes: count,
  }),
  changes: fc.record({
    type: fc.constant('changes'),
    space: id,
    cursor,
    live: fc.boolean(),
    reset: fc.boolean(),
    entries: list(entry),
  }),
  bodies: fc.record({
    type: fc.constant('bodies'),
    space: id,
    document: optional(id),
    entries: list(entry),
    next: uint,
  }),
  ack: fc.record({ type: fc.constant('ack'), space: id, entries: list(fc.record({ n: count, seq: count })) }),
  refused: fc.record({
    type: fc.constant('refused'),
    space: id,
    document: optional(id),
    n: optional(count),
    code,
    retryAfter: uint,
  }),
  want: fc.record({
    type: fc.constant('want'),
    space: id,
    documents: list(fc.record({ document: id, version: bytes })),
  }),
  clock: fc.record({ type: fc.constant('clock'), id: uint, monotonic: uint, wall: uint, clockId: id }),
  bye: fc.record({ type: fc.constant('bye'), code, retryAfter: uint }),
}

export const generatorsByType: ReadonlyMap<string, fc.Arbitrary<Message>> = new Map(
  Object.entries<fc.Arbitrary<Message>>(generators),
)

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...generatorsByType.values())
