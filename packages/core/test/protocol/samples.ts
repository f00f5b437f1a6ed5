// Messages with every field in every form: what the golden bytes are made of. The table is total: a message without samples does not compile.
import { NO_MARK, type Entry } from '@joinery/core'
import type { Message } from '@joinery/core/protocol'

type Samples = { readonly [T in Message['type']]: Readonly<Record<string, Extract<Message, { type: T }>>> }

const mark = Uint8Array.from({ length: 16 }, (_, at) => at * 17)
const longest = 'a'.repeat(128)
const far = Number.MAX_SAFE_INTEGER

export const update: Entry = {
  seq: 12,
  type: 'update',
  document: 'note_1',
  kind: 'note',
  engine: 'yjs',
  at: 1_700_000_000_123,
  device: 'phone',
  n: 3,
  subject: 'ann@example.org',
  bytes: new Uint8Array([0, 0]),
}

const everyType: readonly Entry[] = [
  update,
  { ...update, seq: 13, type: 'snapshot', bytes: new Uint8Array(130).fill(7) },
  { ...update, seq: 14, type: 'tombstone', bytes: new Uint8Array() },
  { ...update, seq: 15, type: 'moved', subject: '' },
  { ...update, seq: 16, type: 'void', n: 0, at: 0 },
  { ...update, seq: far, type: 'member', subject: 'Žofie 木 🪵', n: far, at: far },
]

export const samples: Samples = {
  hello: {
    usual: { type: 'hello', version: 1, device: 'phone', token: 'dev:ann' },
    longest: { type: 'hello', version: far, device: longest, token: 't'.repeat(3_900) },
  },
  watch: {
    new: { type: 'watch', space: 'me', cursor: undefined },
    known: { type: 'watch', space: 'team-7', cursor: { epoch: 'e1', seq: 300, mark } },
    empty: { type: 'watch', space: 'me', cursor: { epoch: 'e1', seq: 0, mark: NO_MARK } },
  },
  push: {
    update: {
      type: 'push',
      space: 'me',
      entries: [
        {
          n: 1,
          type: 'update',
          resupply: false,
          document: 'note_1',
          kind: 'note',
          engine: 'yjs',
          at: 1_700_000_000_123,
          bytes: new Uint8Array([1, 2, 3]),
        },
      ],
    },
    several: {
      type: 'push',
      space: 'me',
      entries: [
        {
          n: 128,
          type: 'tombstone',
          resupply: false,
          document: 'd',
          kind: 'note',
          engine: 'automerge',
          at: 0,
          bytes: new Uint8Array(),
        },
        {
          n: far,
          type: 'update',
          resupply: true,
          document: longest,
          kind: 'k',
          engine: 'register',
          at: far,
          bytes: new Uint8Array(200).fill(255),
        },
      ],
    },
    nothing: { type: 'push', space: 'me', entries: [] },
  },
  fetch: {
    document: { type: 'fetch', space: 'me', document: 'note_1', before: 0 },
    page: { type: 'fetch', space: 'me', document: undefined, before: 16_384 },
  },
  have: {
    page: {
      type: 'have',
      space: 'me',
      documents: [
        { document: 'note_1', engine: 'yjs', version: new Uint8Array([1, 7, 42]) },
        { document: 'note_2', engine: 'automerge', version: new Uint8Array() },
      ],
    },
    nothing: { type: 'have', space: 'me', documents: [] },
  },
  presence: {
    client: {
      type: 'presence',
      space: 'me',
      document: 'note_1',
      session: '',
      subject: '',
      clock: 1,
      state: '{"cursor":4}',
    },
    relay: {
      type: 'presence',
      space: 'me',
      document: 'note_1',
      session: 's1',
      subject: 'ann@example.org',
      clock: 2,
      state: '"木"',
    },
    gone: {
      type: 'presence',
      space: 'me',
      document: 'note_1',
      session: 's1',
      subject: 'ann@example.org',
      clock: 3,
      state: undefined,
    },
    longest: {
      type: 'presence',
      space: 'me',
      document: 'note_1',
      session: longest,
      subject: 's'.repeat(255),
      clock: far,
      state: '1'.repeat(4_096),
    },
  },
  time: { first: { type: 'time', id: 0 }, later: { type: 'time', id: 70_000 } },
  auth: { token: { type: 'auth', token: 'dev:ann' } },
  part: {
    first: { type: 'part', last: false, bytes: new Uint8Array([3, 2, 109]) },
    last: { type: 'part', last: true, bytes: new Uint8Array([101]) },
  },
  welcome: {
    usual: {
      type: 'welcome',
      version: 1,
      session: 's1',
      subject: 'ann@example.org',
      personal: 'u-ann',
      wall: 1_700_000_000_000,
      frameBytes: 16_777_216,
      documentBytes: 52_428_800,
    },
  },
  changes: {
    nothing: {
      type: 'changes',
      space: 'me',
      cursor: { epoch: 'e1', seq: 300, mark },
      live: true,
      reset: false,
      entries: [],
    },
    page: {
      type: 'changes',
      space: 'me',
      cursor: { epoch: 'e1', seq: far, mark },
      live: false,
      reset: false,
      entries: everyType,
    },
    reset: {
      type: 'changes',
      space: 'me',
      cursor: { epoch: 'e2', seq: 0, mark: NO_MARK },
      live: true,
      reset: true,
      entries: [],
    },
  },
  bodies: {
    document: { type: 'bodies', space: 'me', document: 'note_1', entries: [update], next: 0 },
    absent: { type: 'bodies', space: 'me', document: 'note_2', entries: [], next: 0 },
    page: { type: 'bodies', space: 'me', document: undefined, entries: everyType, next: 12 },
  },
  ack: {
    several: {
      type: 'ack',
      space: 'me',
      entries: [
        { n: 1, seq: 12 },
        { n: 2, seq: 13 },
        { n: far, seq: far },
      ],
    },
    nothing: { type: 'ack', space: 'me', entries: [] },
  },
  refused: {
    entry: { type: 'refused', space: 'me', document: 'note_1', n: 7, code: 'BAD_UPDATE', retryAfter: 0 },
    document: {
      type: 'refused',
      space: 'me',
      document: 'note_1',
      n: undefined,
      code: 'QUARANTINED',
      retryAfter: 60_000,
    },
    space: { type: 'refused', space: 'team-7', document: undefined, n: undefined, code: 'NOT_FOUND', retryAfter: 0 },
  },
  want: {
    page: {
      type: 'want',
      space: 'me',
      documents: [
        { document: 'note_1', version: new Uint8Array([1, 7, 40]) },
        { document: 'note_2', version: new Uint8Array() },
      ],
    },
    nothing: { type: 'want', space: 'me', documents: [] },
  },
  clock: {
    told: { type: 'clock', id: 70_000, monotonic: 123_456_789, wall: 1_700_000_000_000, clockId: 'c1' },
  },
  bye: {
    restart: { type: 'bye', code: 'UNAVAILABLE', retryAfter: 2_000 },
    final: { type: 'bye', code: 'UNAUTHENTICATED', retryAfter: 0 },
  },
}

/** Every sample by its name, `type/form`. */
export const samplesByName: ReadonlyMap<string, Message> = new Map(
  Object.entries(samples).flatMap(([type, forms]) =>
    Object.entries<Message>(forms).map(([form, message]) => [`${type}/${form}`, message] as const),
  ),
)
