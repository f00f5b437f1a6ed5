import { expect, test } from 'vitest'
import {
  CLOSE,
  encodeMessage,
  splitFrame,
  VERSION,
  type ClientMessage,
  type Message,
} from '../../src/protocol/index.ts'
import { session, type Session, type SessionEffect, type SessionEvent } from '../../src/sync/index.ts'

const LIMITS = { frameBytes: 4_096, messageBytes: 65_536, documentBytes: 1_000_000 }
const HELLO: ClientMessage = { type: 'hello', version: VERSION, device: 'phone', token: 'dev:ann' }
const VERIFIED: SessionEvent = {
  type: 'verified',
  subject: 'ann',
  left: 1_000_000,
  session: 's1',
  personal: 'u-1',
  wall: 5,
}
const WATCH: ClientMessage = { type: 'watch', space: 'garden', cursor: undefined }
const OPEN: SessionEvent = { type: 'access', name: 'garden', access: { space: 'garden', role: 'editor' } }
const ENTRY = {
  n: 1,
  type: 'update',
  resupply: false,
  document: 'd',
  kind: 'note',
  engine: 'yjs',
  at: 1,
  bytes: new Uint8Array(3),
} as const
const PUSH: ClientMessage = { type: 'push', space: 'garden', entries: [ENTRY, { ...ENTRY, n: 2 }] }

function say(one: Session, message: Message, now = 1): SessionEffect[] {
  return one.handle({ type: 'frame', bytes: encodeMessage(message) }, now)
}

function ready(): Session {
  const one = session(LIMITS, 0)
  say(one, HELLO)
  one.handle(VERIFIED, 1)
  return one
}

function doing(effects: readonly SessionEffect[]): string[] {
  return effects.map(effect => (effect.do === 'send' ? effect.message.type : effect.do))
}

test('[R3] what is said behind hello waits for the welcome and is then done in order, so greeting and watching are one flight', () => {
  const one = session(LIMITS, 0)
  expect(say(one, HELLO)).toEqual([{ do: 'verify', token: 'dev:ann' }])
  expect(say(one, WATCH)).toEqual([])
  expect(say(one, PUSH)).toEqual([])
  expect(one.waiting()).toBe(true)
  expect(doing(one.handle(VERIFIED, 2))).toEqual(['greet', 'welcome', 'admit'])
  expect(one.waiting()).toBe(true)
  expect(one.handle(OPEN, 3)).toEqual([
    { do: 'watch', space: 'garden', cursor: undefined },
    { do: 'push', space: 'garden', entries: PUSH.type === 'push' ? PUSH.entries : [] },
  ])
  expect(one.waiting()).toBe(false)
})

test('[AU-11] hello comes first, in at most 4 KiB, and nothing of what came before is acted on', () => {
  const small: Message[] = [WATCH, PUSH, { type: 'time', id: 1 }, { type: 'auth', token: 'x' }]
  for (const message of small) {
    const one = session(LIMITS, 0)
    expect(doing(say(one, message))).toEqual(['bye', 'close'])
    expect(one.state().at).toBe('closing')
    expect(say(one, HELLO)).toEqual([])
  }
  const big = encodeMessage({ ...PUSH, entries: [{ ...ENTRY, bytes: new Uint8Array(4_096) }] })
  expect(doing(session({ ...LIMITS, frameBytes: 100_000 }, 0).handle({ type: 'frame', bytes: big }, 1))).toEqual([
    'bye',
    'close',
  ])
})

test('[AU-11] what waits is bounded', () => {
  const one = session(LIMITS, 0)
  say(one, HELLO)
  const big = encodeMessage({ ...PUSH, entries: [{ ...ENTRY, bytes: new Uint8Array(4_000) }] })
  let effects: SessionEffect[] = []
  let frames = 0
  while (effects.length === 0) {
    effects = one.handle({ type: 'frame', bytes: big }, 1)
    frames += 1
  }
  expect(frames * big.length).toBeLessThan(LIMITS.messageBytes + 3 * LIMITS.frameBytes)
  expect(effects.at(-1)).toMatchObject({ do: 'close', code: CLOSE.TRY_LATER })
})

test('[WS-04] who does not say hello is told to come back, and so is who cannot be verified in time', () => {
  const silent = session(LIMITS, 100)
  expect(silent.wakeAt()).toBe(5_100)
  expect(silent.handle({ type: 'tick' }, 5_099)).toEqual([])
  expect(silent.handle({ type: 'tick' }, 5_100).at(-1)).toMatchObject({ do: 'close', code: CLOSE.NO_HELLO })
  const unsure = session(LIMITS, 0)
  say(unsure, HELLO)
  expect(unsure.handle({ type: 'tick' }, 5_000).at(-1)).toMatchObject({ do: 'close', code: CLOSE.TRY_LATER })
})

test('[WS-15] what is not understood ends the session with BAD_FRAME; what a newer client may say is passed over', () => {
  const bad: Uint8Array[] = [
    new Uint8Array(),
    new Uint8Array([99]),
    encodeMessage({ type: 'clock', id: 1, monotonic: 1, wall: 1, clockId: 'c' }),
    encodeMessage(HELLO),
    encodeMessage(WATCH).subarray(0, -1),
    new Uint8Array(LIMITS.frameBytes + 1),
  ]
  for (const bytes of bad) {
    const effects = ready().handle({ type: 'frame', bytes }, 1)
    expect(effects).toMatchObject([
      { do: 'send', message: { type: 'bye', code: 'BAD_FRAME' } },
      { do: 'close', code: CLOSE.BAD_FRAME },
    ])
  }
  expect(ready().handle({ type: 'frame', bytes: new Uint8Array([128, 1, 7]) }, 1)).toEqual([])
})

test('[AU-05] a token that is refused ends the session for good, one that nobody could check for now', () => {
  const verdict = (code: 'UNAUTHENTICATED' | 'UNAVAILABLE'): SessionEffect | undefined => {
    const one = session(LIMITS, 0)
    say(one, HELLO)
    return one.handle({ type: 'unverified', code }, 1).at(-1)
  }
  expect(verdict('UNAUTHENTICATED')).toMatchObject({ do: 'close', code: CLOSE.UNAUTHENTICATED })
  expect(verdict('UNAVAILABLE')).toMatchObject({ do: 'close', code: CLOSE.TRY_LATER })
})

test('[AU-07] after its token has ended nothing is written, and half a minute later the session ends; a new token goes on', () => {
  const pushes = (now: number): SessionEffect[] => {
    const one = session(LIMITS, 0)
    say(one, HELLO)
    one.handle({ ...VERIFIED, left: 1_000 }, 0)
    say(one, WATCH)
    one.handle(OPEN, 1)
    return say(one, PUSH, now)
  }
  expect(doing(pushes(999))).toEqual(['push'])
  expect(pushes(1_000)).toMatchObject([
    { do: 'send', message: { type: 'bye', code: 'UNAUTHENTICATED' } },
    { do: 'close', code: CLOSE.TRY_LATER },
  ])

  const idle = session(LIMITS, 0)
  say(idle, HELLO)
  idle.handle({ ...VERIFIED, left: 1_000 }, 0)
  expect(idle.wakeAt()).toBe(31_000)
  expect(say(idle, { type: 'auth', token: 'dev:ann' })).toEqual([{ do: 'verify', token: 'dev:ann' }])
  expect(idle.handle({ ...VERIFIED, left: 60_000 }, 900)).toEqual([])
  expect(idle.handle({ type: 'tick' }, 31_000)).toEqual([])
  expect(idle.handle({ type: 'tick' }, 90_900).at(-1)).toMatchObject({ do: 'close', code: CLOSE.TRY_LATER })
})

test("[AU-09] another person's token ends the session, and never changes whose it is", () => {
  const one = ready()
  say(one, { type: 'auth', token: 'dev:eve' })
  expect(one.handle({ ...VERIFIED, subject: 'eve' }, 2).at(-1)).toMatchObject({
    do: 'close',
    code: CLOSE.WRONG_SUBJECT,
  })
})

test('[AU-12] who may only read may not push, be present or give back', () => {
  const one = ready()
  say(one, WATCH)
  one.handle({ type: 'access', name: 'garden', access: { space: 'garden', role: 'viewer' } }, 1)
  expect(say(one, PUSH)).toMatchObject([
    { do: 'send', message: { type: 'refused', n: 1, code: 'FORBIDDEN' } },
    { do: 'send', message: { type: 'refused', n: 2, code: 'FORBIDDEN' } },
  ])
  const presence = {
    type: 'presence',
    space: 'garden',
    document: 'd',
    session: '',
    subject: '',
    clock: 1,
    state: '{}',
  } as const
  expect(say(one, presence)).toMatchObject([
    { do: 'send', message: { type: 'refused', document: 'd', code: 'FORBIDDEN' } },
  ])
  expect(say(one, { type: 'have', space: 'garden', documents: [] })).toMatchObject([
    { do: 'send', message: { type: 'want', documents: [] } },
  ])
  expect(doing(say(one, { type: 'fetch', space: 'garden', document: 'd', before: 0 }))).toEqual(['fetch'])
})

test('[A4] a space that is not there and one that is forbidden are one answer; each question is answered in its own terms', () => {
  const one = ready()
  const refusedWith = (message: ClientMessage): SessionEffect[] => {
    expect(doing(say(one, message))).toEqual(['admit'])
    return one.handle({ type: 'access', name: 'garden', access: 'NOT_FOUND' }, 1)
  }
  const refusal = { type: 'refused', space: 'garden', code: 'NOT_FOUND', retryAfter: 0 }
  expect(refusedWith(WATCH)).toMatchObject([{ message: { ...refusal, document: undefined, n: undefined } }])
  expect(refusedWith(PUSH)).toMatchObject([{ message: { ...refusal, n: 1 } }, { message: { ...refusal, n: 2 } }])
  expect(refusedWith({ type: 'fetch', space: 'garden', document: 'd', before: 0 })).toMatchObject([
    { message: { ...refusal, document: 'd' } },
  ])
})

test('[A2] a space that is lost is left, and asked for again when it is named again', () => {
  const one = ready()
  say(one, WATCH)
  one.handle(OPEN, 1)
  expect(one.handle({ type: 'access', name: 'garden', access: 'NOT_FOUND' }, 1)).toMatchObject([
    { do: 'leave', space: 'garden' },
    { do: 'send', message: { type: 'refused', code: 'NOT_FOUND' } },
  ])
  expect(doing(say(one, PUSH))).toEqual(['admit'])
})

test('time is told while other things wait', () => {
  const one = ready()
  say(one, WATCH)
  expect(one.waiting()).toBe(true)
  expect(say(one, { type: 'time', id: 7 })).toEqual([{ do: 'tell-time', id: 7 }])
})

test('a message in parts is one message, and no more than the largest', () => {
  const one = ready()
  say(one, WATCH)
  one.handle(OPEN, 1)
  const push = { ...PUSH, entries: [{ ...ENTRY, bytes: new Uint8Array(20_000) }] }
  const parts = splitFrame(encodeMessage(push), LIMITS.frameBytes)
  expect(parts.length).toBeGreaterThan(1)
  const effects = parts.flatMap(bytes => one.handle({ type: 'frame', bytes }, 1))
  expect(effects).toEqual([{ do: 'push', space: 'garden', entries: push.entries }])

  const endless = encodeMessage({ type: 'part', last: false, bytes: new Uint8Array(4_000) })
  let ended: SessionEffect[] = []
  for (let i = 0; i < 20 && ended.length === 0; i++) ended = one.handle({ type: 'frame', bytes: endless }, 1)
  expect(ended.at(-1)).toMatchObject({ do: 'close', code: CLOSE.BAD_FRAME })
})

test('[P68] [CR-02] a push or a have of more than is read at one go ends the link before it is read', () => {
  const entries = (count: number): ClientMessage => ({
    type: 'push',
    space: 'garden',
    entries: Array.from({ length: count }, (_, at) => ({ ...ENTRY, n: at + 1 })),
  })
  const documents = (count: number): ClientMessage => ({
    type: 'have',
    space: 'garden',
    documents: Array.from({ length: count }, (_, at) => ({
      document: `d${at}`,
      engine: 'yjs',
      version: new Uint8Array(1),
    })),
  })
  const limits = { ...LIMITS, frameBytes: 100_000, messageBytes: 100_000 }
  for (const message of [entries, documents]) {
    const one = session(limits, 0)
    say(one, HELLO)
    one.handle(VERIFIED, 1)
    say(one, WATCH)
    one.handle(OPEN, 1)
    expect(say(one, message(1_024)).map(({ do: act }) => act)).not.toContain('close')
    expect(say(one, message(1_025))).toMatchObject([{ do: 'send', message: { code: 'BAD_FRAME' } }, { do: 'close', code: CLOSE.BAD_FRAME }]) // prettier-ignore
  }
  // In parts it is the same, and what is no message at all is refused as it was.
  const parted = session({ ...LIMITS, messageBytes: 100_000 }, 0)
  say(parted, HELLO)
  parted.handle(VERIFIED, 1)
  const effects = splitFrame(encodeMessage(entries(1_025)), LIMITS.frameBytes).flatMap(bytes =>
    parted.handle({ type: 'frame', bytes }, 1),
  )
  expect(effects.at(-1)).toMatchObject({ do: 'close', code: CLOSE.BAD_FRAME })
  for (const bytes of [[3], [3, 9], [3, 1, 97]]) {
    const other = session(LIMITS, 0)
    say(other, HELLO)
    other.handle(VERIFIED, 1)
    expect(other.handle({ type: 'frame', bytes: Uint8Array.from(bytes) }, 1).at(-1)).toMatchObject({ do: 'close' })
  }
})
