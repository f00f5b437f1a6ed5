// The rules for clients, on the machines that keep them.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { entryDigest, hex, markAfter, NO_MARK } from '@joinery/core'
import { CLOSE, type RelayMessage } from '@joinery/core/protocol'
import { connection, inflow, outflow, type ConnectionEffect } from '@joinery/core/sync'

const URL = 'wss://relay.example.org/v1/sync'
const welcome: RelayMessage = {
  type: 'welcome',
  version: 1,
  session: 's',
  subject: 'ann',
  personal: 'u-ann',
  wall: 0,
  frameBytes: 1_000_000,
  documentBytes: 1_000_000,
}

/** A client's link on time turned by hand. Chance is the most there is, but for a hair. */
function client(options: { chance?: number; left?: number } = {}) {
  const link = connection({ chance: () => options.chance ?? 0.999_999 })
  const done: ConnectionEffect[] = []
  let now = 0
  const tell = (event: Parameters<typeof link.handle>[0]): void => {
    for (const effect of link.handle(event, now)) {
      done.push(effect)
      if (effect.do === 'ask-token') tell({ type: 'token', token: 't', left: options.left })
    }
  }
  return {
    tell,
    link,
    now: () => now,
    /** Lets time pass, with a tick at each moment that was asked for. */
    pass(ms: number) {
      const until = now + ms
      for (let at = link.wakeAt(); at !== undefined && at <= until; at = link.wakeAt()) {
        now = Math.max(now, at)
        tell({ type: 'tick' })
      }
      now = until
    },
    /** What was done since the last call. */
    done: (): ConnectionEffect[] => done.splice(0),
    start: () => tell({ type: 'start', url: URL }),
    live() {
      tell({ type: 'opened' })
      tell({ type: 'heard', message: welcome })
      done.length = 0
    },
    /** How long it is until the next attempt. */
    wait(): number {
      const at = link.wakeAt()
      return link.state().at === 'waiting' && at !== undefined ? at - now : Number.NaN
    },
  }
}

const sent = (effects: readonly ConnectionEffect[]): string[] =>
  effects.flatMap(effect => (effect.do === 'send' ? [effect.message.type] : []))

describe('heartbeat', () => {
  test('[P80] the time is asked for after 30 s without, and 60 s without a word end the link', () => {
    const one = client()
    one.start()
    one.live()
    one.pass(29_999)
    expect(sent(one.done())).toEqual([])
    one.pass(1)
    expect(sent(one.done())).toEqual(['time'])
    one.pass(29_999)
    expect(one.link.state().at).toBe('live')
    one.pass(1)
    expect(one.done().map(effect => effect.do)).toContain('close')
    expect(one.link.state().at).toBe('waiting')
  })

  test('[P80] any word is a sign of life', () => {
    const one = client()
    one.start()
    one.live()
    one.pass(59_999)
    one.tell({ type: 'heard', message: { type: 'ack', space: 'me', entries: [] } })
    one.pass(59_999)
    expect(one.link.state().at).toBe('live')
  })

  test('[P82] a connection has 5 s to open, and 5 s more to be welcomed', () => {
    const slow = client()
    slow.start()
    slow.pass(4_999)
    expect(slow.link.state().at).toBe('connecting')
    slow.pass(1)
    expect(slow.link.state().at).toBe('waiting')

    const silent = client()
    silent.start()
    silent.pass(4_000)
    silent.tell({ type: 'opened' })
    silent.pass(4_999)
    expect(silent.link.state().at).toBe('greeting')
    silent.pass(1)
    expect(silent.link.state().at).toBe('waiting')
  })

  test('[P86] after waking up a link has 5 s to say something', () => {
    const dead = client()
    dead.start()
    dead.live()
    dead.tell({ type: 'wake' })
    expect(sent(dead.done())).toEqual(['time'])
    dead.pass(5_000)
    expect(dead.link.state().at).toBe('waiting')

    const alive = client()
    alive.start()
    alive.live()
    alive.tell({ type: 'wake' })
    alive.tell({ type: 'heard', message: { type: 'ack', space: 'me', entries: [] } })
    alive.pass(5_000)
    expect(alive.link.state().at).toBe('live')
  })
})

describe('reconnect', () => {
  test('[P83] waits grow 1, 2, 4, 8, 30, 30 s, and are uniform below', () => {
    for (const chance of [0, 0.25, 0.5, 0.999_999]) {
      const one = client({ chance })
      one.start()
      const waits = Array.from({ length: 7 }, () => {
        one.tell({ type: 'closed', code: 1006 })
        const wait = one.wait()
        one.pass(wait)
        return wait
      })
      expect(waits).toEqual([1, 2, 4, 8, 30, 30, 30].map(seconds => Math.floor(seconds * 1_000 * chance)))
    }
  })

  test('[P83] a link that held for 10 s starts anew, a shorter one does not', () => {
    const one = client()
    one.start()
    for (const expected of [999, 1_999, 3_999]) {
      one.live()
      one.pass(9_999)
      one.tell({ type: 'closed', code: 1006 })
      expect(one.wait()).toBe(expected)
      one.pass(expected)
    }
    one.live()
    one.pass(10_000)
    one.tell({ type: 'closed', code: 1006 })
    expect(one.wait()).toBe(999)
  })

  test('[P70] [P83] and what `bye` asked for is waited at least', () => {
    const one = client({ chance: 0 })
    one.start()
    one.live()
    one.tell({ type: 'heard', message: { type: 'bye', code: 'UNAVAILABLE', retryAfter: 7_000 } })
    one.tell({ type: 'closed', code: CLOSE.RESTART })
    expect(one.wait()).toBe(7_000)
  })

  test('[P84] a link that was replaced waits 30 s at least', () => {
    const one = client({ chance: 0 })
    one.start()
    one.live()
    one.tell({ type: 'closed', code: CLOSE.REPLACED })
    expect(one.wait()).toBe(30_000)
  })

  test.each([CLOSE.GOING_AWAY, CLOSE.RESTART, CLOSE.TRY_LATER, CLOSE.NO_HELLO, 1000, 1003, 1006, 1009])(
    '[P73] after %i a client comes back by itself',
    code => {
      const one = client()
      one.start()
      one.live()
      one.tell({ type: 'closed', code })
      expect(one.wait()).toBe(999)
    },
  )

  test.each([
    [CLOSE.BAD_FRAME, 'BAD_FRAME'],
    [CLOSE.WRONG_SUBJECT, 'WRONG_SUBJECT'],
    [CLOSE.INSECURE_URL, 'INSECURE_URL'],
  ])('[P72] after %i it does not, and says why', (code, why) => {
    const one = client()
    one.start()
    one.live()
    one.tell({ type: 'closed', code })
    expect(one.link.state()).toEqual({ at: 'stopped', code: why })
    one.pass(3_600_000)
    expect(one.done().filter(effect => effect.do === 'connect')).toEqual([])
  })

  test('[P72] [P85] after 4401 it tries once more with a new token', () => {
    const one = client()
    one.start()
    one.tell({ type: 'opened' })
    one.done()
    one.tell({ type: 'closed', code: CLOSE.UNAUTHENTICATED })
    expect(one.done().map(effect => effect.do)).toEqual(['ask-token', 'connect'])
    one.tell({ type: 'opened' })
    one.tell({ type: 'closed', code: CLOSE.UNAUTHENTICATED })
    expect(one.link.state()).toEqual({ at: 'stopped', code: 'UNAUTHENTICATED' })
  })

  test('[P85] a token is asked for before it ends, and brought by `auth`', () => {
    const one = client({ left: 600_000 })
    one.start()
    one.live()
    for (let minute = 0; minute < 9; minute++) {
      one.tell({ type: 'heard', message: { type: 'ack', space: 'me', entries: [] } })
      expect(sent(one.done())).not.toContain('auth')
      one.pass(60_000 - 1)
    }
    one.tell({ type: 'heard', message: { type: 'ack', space: 'me', entries: [] } })
    one.pass(9)
    expect(sent(one.done())).toContain('auth')
    expect(one.now()).toBeLessThan(600_000)
  })

  test('[P90] a link whose address the transport finds unsafe stops and says so', () => {
    const link = connection({ chance: () => 0 })
    link.handle({ type: 'start', url: 'ws://relay.example.org/v1/sync' }, 0)
    link.handle({ type: 'token', token: 't', left: undefined }, 0)
    link.handle({ type: 'closed', code: CLOSE.INSECURE_URL }, 0)
    expect(link.state()).toEqual({ at: 'stopped', code: 'INSECURE_URL' })
  })
})

describe('push', () => {
  const head = (n: number, document = 'd', bytes = 10) => ({ n, document, engine: 'yjs', bytes, resupply: false })
  const pushed = (effects: readonly { do: string }[]): number[] =>
    effects.flatMap(effect => ('entries' in effect && effect.do === 'push' ? (effect.entries as number[]) : []))

  test('[P34] n is in order per document, and 64 entries are out at a time', () => {
    const out = outflow({ chance: () => 0, tellsGaps: () => true })
    out.handle({ type: 'up' }, 0)
    const entries = Array.from({ length: 100 }, (_, at) => head(at + 1, `d${at % 3}`))
    const first = pushed(out.handle({ type: 'found', entries }, 0))
    expect(first).toHaveLength(64)
    for (const document of ['d0', 'd1', 'd2']) {
      const own = first.filter(n => entries[n - 1]?.document === document)
      expect(own).toEqual(own.toSorted((a, b) => a - b))
    }
    const answered = first.slice(0, 2).map(n => ({ n, seq: n }))
    expect(pushed(out.handle({ type: 'ack', entries: answered }, 1))).toHaveLength(2)
  })

  test('[P34] or 1 MiB, but always one entry', () => {
    const out = outflow({ chance: () => 0, tellsGaps: () => true })
    out.handle({ type: 'up' }, 0)
    const half = 600 * 1_024
    expect(pushed(out.handle({ type: 'found', entries: [head(1, 'a', half), head(2, 'b', half)] }, 0))).toEqual([1])
    expect(pushed(out.handle({ type: 'ack', entries: [{ n: 1, seq: 1 }] }, 0))).toEqual([2])
    const huge = [head(3, 'c', 20 * 1_024 * 1_024)]
    out.handle({ type: 'ack', entries: [{ n: 2, seq: 2 }] }, 0)
    expect(pushed(out.handle({ type: 'found', entries: huge }, 0))).toEqual([3])
  })

  test('[P31] what has no answer when a link ends is pushed again on the next', () => {
    const out = outflow({ chance: () => 0, tellsGaps: () => true })
    out.handle({ type: 'up' }, 0)
    out.handle({ type: 'found', entries: [head(1), head(2)] }, 0)
    out.handle({ type: 'ack', entries: [{ n: 1, seq: 5 }] }, 0)
    out.handle({ type: 'down' }, 0)
    expect(pushed(out.handle({ type: 'up' }, 0))).toEqual([2])
  })

  test('[P30] the digest of an entry is SHA-256 over its texts and bytes, cut to 16', () => {
    const field = (value: string | Uint8Array): Buffer =>
      Buffer.concat([Buffer.of(Buffer.from(value).length), Buffer.from(value)])
    const bytes = new Uint8Array([1, 2, 3])
    const hash = createHash('sha256')
    for (const value of ['update', 'note_1', 'note', 'yjs', bytes]) hash.update(field(value))
    const digest = entryDigest({ type: 'update', document: 'note_1', kind: 'note', engine: 'yjs', bytes })
    expect(hex(digest)).toBe(hash.digest('hex').slice(0, 32))
  })

  test('[P29] a mark is SHA-256 over the mark before and the digest, cut to 16, and begins with zeros', () => {
    const digest = new Uint8Array(16).fill(7)
    const hash = createHash('sha256').update(new Uint8Array(16)).update(digest)
    expect(hex(markAfter(NO_MARK, digest))).toBe(hash.digest('hex').slice(0, 32))
  })

  test('[P87] an entry without an answer for 30 s ends the link', () => {
    const out = outflow({ chance: () => 0, tellsGaps: () => true })
    out.handle({ type: 'up' }, 0)
    out.handle({ type: 'found', entries: [head(1)] }, 1_000)
    expect(out.wakeAt()).toBe(31_000)
    expect(out.handle({ type: 'tick' }, 30_999)).toEqual([])
    expect(out.handle({ type: 'tick' }, 31_000)).toEqual([{ do: 'distrust' }])
  })
})

describe('watch', () => {
  const mark = (byte: number) => new Uint8Array(16).fill(byte)
  const behind = { type: 'changes', live: true, reset: false, entries: [] } as const

  test.each([
    ['behind', { epoch: 'e', seq: 4, mark: mark(1) }],
    ['at the same seq with another mark', { epoch: 'e', seq: 5, mark: mark(2) }],
    ['of another life', { epoch: 'f', seq: 9, mark: mark(1) }],
  ])('[P28] a cursor %s is not taken: the state is exchanged', (_, cursor) => {
    const ours = { epoch: 'e', seq: 5, mark: mark(1) }
    const flow = inflow({ cursor: ours, fill: undefined, tell: undefined })
    flow.handle({ type: 'up' })
    const effects = flow.handle({ ...behind, cursor }).map(effect => effect.do)
    expect(flow.position().cursor).toEqual(ours)
    expect(effects).toEqual(expect.arrayContaining(['report', 'tell', 'fetch']))
    expect(effects.filter(effect => effect.startsWith('wipe'))).toEqual([])
  })

  test('[P22] after a reset the cursor is taken, what is held is told, what there is is fetched, and nothing is forgotten', () => {
    const flow = inflow({ cursor: { epoch: 'e', seq: 5, mark: mark(1) }, fill: undefined, tell: undefined })
    flow.handle({ type: 'up' })
    const cursor = { epoch: 'f', seq: 2, mark: mark(3) }
    const effects = flow.handle({ ...behind, reset: true, cursor })
    expect(flow.position()).toMatchObject({ cursor, fill: 0, tell: '' })
    expect(effects.map(effect => effect.do)).toEqual(['report', 'store', 'tell', 'fetch'])
  })
})
