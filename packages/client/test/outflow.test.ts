/** The outflow machine, by itself. */
import { outflow, type OutboxHead, type Outflow, type OutflowEffect } from '@joinery/core/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const head = (n: number, document = 'd', bytes = 10, resupply = false): OutboxHead => ({
  n,
  document,
  engine: 'yjs',
  bytes,
  resupply,
})

function up(...entries: OutboxHead[]): Outflow {
  const machine = outflow({ chance: () => 0.5, tellsGaps: engine => engine === 'yjs' })
  machine.handle({ type: 'found', entries }, 0)
  return machine
}

const pushed = (effects: readonly OutflowEffect[]): number[] =>
  effects.flatMap(effect => (effect.do === 'push' ? effect.entries : []))

test('[§3.2] entries go in the order of their n, whatever the order in which tabs told of them', () => {
  const machine = up(head(3), head(1), head(2))
  expect(pushed(machine.handle({ type: 'up' }, 0))).toEqual([1, 2, 3])
})

test('[§3.2] what the person works on overtakes', () => {
  const machine = up(head(1, 'a'), head(2, 'a'), head(3, 'b'), head(4, 'c'))
  machine.handle({ type: 'focus', document: 'c' }, 0)
  machine.handle({ type: 'focus', document: 'b' }, 0)
  expect(pushed(machine.handle({ type: 'up' }, 0))).toEqual([3, 4, 1, 2])
})

test('[I13] at most 64 entries and 1 MiB are in flight; a larger one goes alone', () => {
  const many = up(...Array.from({ length: 100 }, (_, at) => head(at + 1, `d${at % 7}`)))
  expect(pushed(many.handle({ type: 'up' }, 0)).length).toBe(64)
  expect(
    pushed(
      many.handle(
        {
          type: 'ack',
          entries: [
            { n: 1, seq: 1 },
            { n: 8, seq: 2 },
          ],
        },
        0,
      ),
    ).length,
  ).toBe(2)
  const large = up(head(1, 'a', 2_000_000), head(2, 'b', 10))
  expect(pushed(large.handle({ type: 'up' }, 0))).toEqual([1])
  expect(pushed(large.handle({ type: 'ack', entries: [{ n: 1, seq: 1 }] }, 0))).toEqual([2])
})

test('[S4] after a break everything unanswered goes again, under the same names', () => {
  const machine = up(head(1), head(2), head(3))
  machine.handle({ type: 'up' }, 0)
  machine.handle({ type: 'ack', entries: [{ n: 1, seq: 9 }] }, 0)
  machine.handle({ type: 'down' }, 0)
  expect(pushed(machine.handle({ type: 'up' }, 0))).toEqual([2, 3])
})

test('[CL-09] an ack counts once, in any order, and only for what is here', () => {
  const machine = up(head(1), head(2))
  machine.handle({ type: 'up' }, 0)
  const settled = (ns: number[]): unknown =>
    machine.handle({ type: 'ack', entries: ns.map(n => ({ n, seq: n })) }, 0).filter(effect => effect.do === 'settle')
  expect(settled([2, 2, 77])).toEqual([{ do: 'settle', entries: [{ n: 2, seq: 2 }] }])
  expect(settled([2])).toEqual([])
  expect(settled([1])).toEqual([{ do: 'settle', entries: [{ n: 1, seq: 1 }] }])
  expect(machine.waiting()).toBe(0)
})

test('[CL-11] the oldest without an answer for 30 s: the link is not to be trusted, and that is said once', () => {
  const machine = up(head(1))
  machine.handle({ type: 'up' }, 100)
  expect(machine.wakeAt()).toBe(30_100)
  expect(machine.handle({ type: 'tick' }, 30_099)).toEqual([])
  expect(machine.handle({ type: 'tick' }, 30_100)).toEqual([{ do: 'distrust' }])
  expect(machine.handle({ type: 'tick' }, 30_101)).toEqual([])
})

describe('refusals', () => {
  test('[CL-13] a final one puts the document aside, once everything of it in flight is answered; others go on', () => {
    const machine = up(head(1, 'a'), head(2, 'a'), head(3, 'b'))
    machine.handle({ type: 'up' }, 0)
    expect(machine.handle({ type: 'refused', n: 1, code: 'BAD_UPDATE', retryAfter: 0 }, 0)).toEqual([])
    expect(machine.handle({ type: 'refused', n: 2, code: 'GAP', retryAfter: 0 }, 0)).toEqual([
      { do: 'shelve', document: 'a', code: 'BAD_UPDATE' },
    ])
    expect(machine.handle({ type: 'found', entries: [head(4, 'a'), head(5, 'b')] }, 0)).toEqual([
      { do: 'push', entries: [5] },
    ])
    expect(machine.handle({ type: 'tick' }, 10_000)).toEqual([])
    // What was written after it belongs to the document's next life.
    expect(pushed(machine.handle({ type: 'dropped', entries: [1, 2] }, 0))).toEqual([4])
  })

  test('[C2] an edit of the same flight that is acked all the same stays acked', () => {
    const machine = up(head(1, 'a'), head(2, 'a'))
    machine.handle({ type: 'up' }, 0)
    machine.handle({ type: 'refused', n: 1, code: 'BAD_UPDATE', retryAfter: 0 }, 0)
    expect(machine.handle({ type: 'ack', entries: [{ n: 2, seq: 5 }] }, 0)).toEqual([
      { do: 'settle', entries: [{ n: 2, seq: 5 }] },
      { do: 'shelve', document: 'a', code: 'BAD_UPDATE' },
    ])
  })

  test('[C2] a break before everything is answered: it is sent and judged again', () => {
    const machine = up(head(1, 'a'), head(2, 'a'))
    machine.handle({ type: 'up' }, 0)
    machine.handle({ type: 'refused', n: 1, code: 'BAD_UPDATE', retryAfter: 0 }, 0)
    machine.handle({ type: 'down' }, 0)
    expect(pushed(machine.handle({ type: 'up' }, 0))).toEqual([1, 2])
  })

  test('[C2] rate, quota and weather hold everything back for a while; nothing is given up', () => {
    for (const code of ['RATE_LIMITED', 'QUOTA', 'UNAVAILABLE'] as const) {
      const machine = up(head(1, 'a'), head(2, 'b'))
      machine.handle({ type: 'up' }, 0)
      expect(machine.handle({ type: 'refused', n: 1, code, retryAfter: 3_000 }, 0)).toEqual([])
      machine.handle({ type: 'refused', n: 2, code, retryAfter: 3_000 }, 0)
      expect(machine.wakeAt()).toBe(3_000)
      expect(pushed(machine.handle({ type: 'tick' }, 3_000))).toEqual([1, 2])
    }
  })

  test('[T4] a document that is being repaired holds up no other', () => {
    const machine = up(head(1, 'a'), head(2, 'b'))
    machine.handle({ type: 'up' }, 0)
    machine.handle({ type: 'refused', n: 1, code: 'QUARANTINED', retryAfter: 60_000 }, 0)
    expect(pushed(machine.handle({ type: 'found', entries: [head(3, 'a'), head(4, 'b')] }, 0))).toEqual([4])
    expect(machine.heldBack()).toBe(1)
    machine.handle(
      {
        type: 'ack',
        entries: [
          { n: 2, seq: 1 },
          { n: 4, seq: 2 },
        ],
      },
      0,
    )
    expect(pushed(machine.handle({ type: 'tick' }, 61_000))).toEqual([1, 3])
  })

  // What it deletes was there when it was deleted: a log that does not know it has lost it, as it has what an edit builds on.
  test.each(['GAP', 'DELETES_UNKNOWN'] as const)(
    '[R4] a gap is closed by resending from the first; one that stays makes the relay say what it lacks: %s',
    code => {
      const machine = up(head(1), head(2), head(3))
      machine.handle({ type: 'up' }, 0)
      const gaps = (): OutflowEffect[][] =>
        [1, 2, 3].map(n => machine.handle({ type: 'refused', n, code, retryAfter: 0 }, 0))
      expect(gaps()).toEqual([[], [], [{ do: 'push', entries: [1, 2, 3] }]])
      // The other answers of a flight tell nothing new.
      expect(gaps()).toEqual([[{ do: 'have', document: 'd' }], [], []])
      // What it lacks goes before what builds on it.
      machine.handle({ type: 'found', entries: [head(4, 'd', 10, true)] }, 0)
      expect(pushed(machine.handle({ type: 'tick' }, 5_000))).toEqual([4, 1, 2, 3])
    },
  )

  test('[R4] an ack of a document that was kept back ends its waiting: nothing else would wake it', () => {
    const machine = up(head(1), head(2), head(3))
    machine.handle({ type: 'up' }, 0)
    for (const n of [1, 2, 3, 1, 3]) machine.handle({ type: 'refused', n, code: 'GAP', retryAfter: 0 }, 0)
    expect(pushed(machine.handle({ type: 'ack', entries: [{ n: 2, seq: 7 }] }, 10))).toEqual([1, 3])
  })

  test('[C2, P31] what goes again is judged by its own answer, never by one that was still on its way', () => {
    const machine = up(head(1, 'd', 10, true), head(2))
    machine.handle({ type: 'up' }, 0)
    expect(machine.handle({ type: 'refused', n: 1, code: 'GAP', retryAfter: 0 }, 0)).toEqual([])
    expect(machine.handle({ type: 'refused', n: 2, code: 'DELETES_UNKNOWN', retryAfter: 0 }, 0)).toEqual([
      { do: 'push', entries: [1, 2] },
    ])
    const both = [1, 2].map(n => ({ n, seq: n }))
    expect(machine.handle({ type: 'ack', entries: both }, 1)).toEqual([{ do: 'settle', entries: both }])
    expect(machine.heldBack()).toBe(0)
  })

  test('[S4] a taken name: everything in flight is answered first, then all is written anew under another', () => {
    const machine = up(head(1, 'a'), head(2, 'b'))
    machine.handle({ type: 'up' }, 0)
    expect(machine.handle({ type: 'refused', n: 1, code: 'DEVICE_FORKED', retryAfter: 0 }, 0)).toEqual([])
    expect(machine.handle({ type: 'ack', entries: [{ n: 2, seq: 3 }] }, 0)).toEqual([
      { do: 'settle', entries: [{ n: 2, seq: 3 }] },
      { do: 'fork' },
    ])
    expect(machine.handle({ type: 'found', entries: [head(3, 'c')] }, 0)).toEqual([])
    machine.handle({ type: 'dropped', entries: [1, 3] }, 0)
    machine.handle({ type: 'found', entries: [head(4, 'a')] }, 0)
    expect(pushed(machine.handle({ type: 'forked' }, 0))).toEqual([4])
  })

  test('[R6] only GONE and REMOVED wipe: the document, the space', () => {
    const gone = up(head(1))
    gone.handle({ type: 'up' }, 0)
    expect(gone.handle({ type: 'refused', n: 1, code: 'GONE', retryAfter: 0 }, 0)).toEqual([
      { do: 'wipe-document', document: 'd' },
    ])
    const removed = up(head(1))
    removed.handle({ type: 'up' }, 0)
    expect(removed.handle({ type: 'refused', n: 1, code: 'REMOVED', retryAfter: 0 }, 0)).toEqual([
      { do: 'wipe-space', code: 'REMOVED' },
    ])
  })
})

test('[R4] a newer supply replaces one that is a gap, and what was asked for because of a refusal still comes', () => {
  const machine = outflow({ chance: () => 0.5, tellsGaps: () => false })
  machine.handle({ type: 'found', entries: [head(1, 'd', 10, true), head(2)] }, 0)
  expect(pushed(machine.handle({ type: 'up' }, 0))).toEqual([1])
  for (let at = 0; at < 2; at++) machine.handle({ type: 'refused', n: 1, code: 'GAP', retryAfter: 0 }, at)
  machine.handle({ type: 'found', entries: [head(3, 'd', 10, true)] }, 10)
  machine.handle({ type: 'replaced', entries: [1] }, 10)
  expect(pushed(machine.handle({ type: 'tick' }, 10_000))).toEqual([3])
  expect(machine.waiting()).toBe(2)

  const refused = machine.handle({ type: 'refused', n: 3, code: 'TOO_LARGE', retryAfter: 0 }, 10_000)
  expect(refused).toEqual([{ do: 'shelve', document: 'd', code: 'TOO_LARGE' }])
  machine.handle({ type: 'found', entries: [head(4, 'd', 10, true)] }, 10_001)
  // Nothing goes while its document is being put on the shelf.
  expect(pushed(machine.handle({ type: 'replaced', entries: [3] }, 10_001))).toEqual([])
  expect(pushed(machine.handle({ type: 'dropped', entries: [2, 4] }, 10_002))).toEqual([])
  expect(machine.waiting()).toBe(0)
})

test('[I13, S4, P31] whatever is answered: never more in flight than the window, nor out of order in a document, nor twice', () => {
  const answers = fc.array(fc.record({ pick: fc.nat(), ack: fc.boolean(), time: fc.nat({ max: 2_000 }) }), {
    maxLength: 200,
  })
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5 }), { maxLength: 150 }), answers, (documents, script) => {
      const machine = outflow({ chance: () => 0.5, tellsGaps: engine => engine === 'yjs' })
      const entries = documents.map((document, at) => head(at + 1, `d${document}`))
      const open = new Set<number>()
      const done = new Set<number>()
      let now = 0
      const take = (effects: readonly OutflowEffect[]): void => {
        for (const n of pushed(effects)) {
          expect(open.has(n)).toBe(false)
          const earlier = entries.filter(one => one.document === entries[n - 1]?.document && one.n < n)
          expect(earlier.every(one => done.has(one.n) || open.has(one.n))).toBe(true)
          open.add(n)
        }
        expect(open.size).toBeLessThanOrEqual(64)
      }
      take(machine.handle({ type: 'found', entries }, now))
      take(machine.handle({ type: 'up' }, now))
      for (const { pick, ack, time } of script) {
        now += time
        const n = [...open][pick % Math.max(1, open.size)]
        if (n !== undefined) {
          open.delete(n)
          if (ack) {
            done.add(n)
            take(machine.handle({ type: 'ack', entries: [{ n, seq: n }] }, now))
          } else take(machine.handle({ type: 'refused', n, code: 'UNAVAILABLE', retryAfter: 100 }, now))
        }
        take(machine.handle({ type: 'tick' }, now))
      }
    }),
  )
})
