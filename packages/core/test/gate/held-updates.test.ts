import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { heldUpdates, joinUpdates, partsOf, SCAN_LIMITS, scanYjsUpdate } from '../../src/gate/index.ts'
import { counted } from './counted.ts'
import { gc, update as craft } from './craft.ts'
import { READS_A_BYTE } from './expecting.ts'
import { hostileUpdate } from './hostile.ts'
import { editedDocs } from './random-docs.ts'
import { randomFrom } from './random.ts'

/** Updates in an order in which each finds what it needs, as a log has them. */
function history(seed: number, gc: boolean): { updates: Uint8Array[]; docs: Y.Doc[] } {
  const updates: Uint8Array[] = []
  const docs = editedDocs(seed, { docs: 3, edits: 60, gc, onUpdate: update => void updates.push(update) })
  return { updates, docs }
}

function applied(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** What a document holds, whatever it was made from: content, clocks, deletes, and whether anything waits. */
function shown(doc: Y.Doc): unknown {
  const { ds } = Y.decodeUpdate(Y.encodeStateAsUpdate(doc))
  return plainly({
    text: doc.getText('text').toDelta(),
    rich: doc.getText('rich').toDelta(),
    map: doc.getMap('map').toJSON(),
    array: doc.getArray('array').toJSON(),
    xml: doc.getXmlFragment('xml').toJSON(),
    clocks: [...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted(([a], [b]) => a - b),
    deletes: [...ds.clients]
      .toSorted(([a], [b]) => a - b)
      .map(([author, ranges]) => [author, ranges.map(({ clock, len }) => [clock, len])]),
    waits: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
  })
}

/** Without the order of keys; half a pair inside of JSON is lost by Yjs itself where it keeps what waits. */
function plainly(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return Buffer.from(value).toString()
  if (Array.isArray(value)) return value.map(plainly)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Y.Doc)
    return value instanceof Y.Doc ? value.guid : value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainly(inner)]))
}

describe('updates are joined by their bytes', () => {
  test('[T1] [D1] one joined update does what all do in order', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { updates } = history(seed, seed % 2 === 0)
      const joined = joinUpdates(updates)
      expect(joined && shown(applied([joined])), `seed ${seed}`).toEqual(shown(applied(updates)))
    }
  })

  test('[D1] any stretch of a log, joined, goes where the stretch went', () => {
    for (let seed = 100; seed <= 160; seed++) {
      const random = randomFrom(seed)
      const { updates } = history(seed, false)
      const from = random.below(updates.length)
      const to = from + 1 + random.below(updates.length - from)
      const joined = joinUpdates(updates.slice(from, to))
      if (joined === undefined) throw new Error('gave up')
      const parts = [...updates.slice(0, from), joined, ...updates.slice(to)]
      expect(shown(applied(parts)), `seed ${seed}`).toEqual(shown(applied(updates)))
    }
  })

  test('[D1] updates that are not in order, come twice or leave gaps lose nothing', () => {
    for (let seed = 200; seed <= 260; seed++) {
      const random = randomFrom(seed)
      const { updates } = history(seed, seed % 2 === 0)
      const some = [...updates, ...updates.slice(0, 5)].filter(() => random.chance(0.8))
      for (let at = some.length - 1; at > 0; at--) {
        const other = random.below(at + 1)
        ;[some[at], some[other]] = [some[other]!, some[at]!]
      }
      const joined = joinUpdates(some)
      if (joined === undefined) throw new Error('gave up')
      const rest = updates.filter(update => !some.includes(update))
      expect(shown(applied([joined, ...rest])), `seed ${seed}`).toEqual(shown(applied(updates)))
      // And one made of others, which may have a Skip in it.
      const twice = joinUpdates([joined, ...rest])
      expect(twice && shown(applied([twice])), `seed ${seed}`).toEqual(shown(applied(updates)))
    }
  })

  test('[D2] what was joined from a log without gaps passes the gate', () => {
    for (let seed = 300; seed <= 330; seed++) {
      const joined = joinUpdates(history(seed, true).updates)
      expect(joined && scanYjsUpdate(joined, SCAN_LIMITS), `seed ${seed}`).toMatchObject({ ok: true })
    }
  })

  test('[D2] bytes that are cut anywhere are given up', () => {
    const [joined] = [joinUpdates(history(7, true).updates)]
    if (joined === undefined) throw new Error('gave up')
    for (let length = 0; length < joined.length; length += 7) {
      expect(partsOf(joined.subarray(0, length))).toBeUndefined()
      expect(joinUpdates([joined.subarray(0, length), joined])).toBeUndefined()
    }
  })
})

describe('what a state vector lacks', () => {
  test('[T1] is what brings any earlier document up to date, and no more structs than Yjs sends', () => {
    for (let seed = 400; seed <= 460; seed++) {
      const random = randomFrom(seed)
      const { updates } = history(seed, seed % 2 === 0)
      const held = heldUpdates()
      for (const update of updates) expect(held.add(update)).toBe(true)
      const earlier = applied(updates.slice(0, random.below(updates.length)))
      const stateVector = Y.encodeStateVector(earlier)
      const missing = held.encode(stateVector)
      const clocks = Y.decodeStateVector(stateVector)
      for (const run of partsOf(missing)?.runs ?? []) expect(run.from).toBe(clocks.get(run.author) ?? 0)
      Y.applyUpdate(earlier, missing)
      expect(shown(earlier), `seed ${seed}`).toEqual(shown(applied(updates)))
    }
  })

  test('[CR-19] a state vector that ends inside of a struct, and inside of a pair, gets what Yjs would write', () => {
    const doc = new Y.Doc()
    doc.clientID = 7
    doc.getText('t').insert(0, 'a😀ж語b')
    doc.getArray('l').insert(0, [1, 'two', { three: 3 }, null])
    doc.getText('t').delete(2, 3)
    const state = Y.encodeStateAsUpdate(doc)
    const held = heldUpdates()
    held.add(state)
    for (let clock = 0; clock <= 10; clock++) {
      const stateVector = Y.encodeStateVector(new Map([[7, clock]]))
      expect(Y.decodeUpdate(held.encode(stateVector)), `from ${clock}`).toEqual(
        Y.decodeUpdate(Y.diffUpdate(state, stateVector)),
      )
    }
  })

  test('[T2] a clock deep in a long run is found from the mark before it', () => {
    const doc = new Y.Doc()
    doc.clientID = 7
    const words = doc.getArray<string>('l')
    for (let at = 0; at < 9_000; at++) words.insert(at, [`word ${at}`])
    // Many structs, since none of what is left is beside another.
    doc.transact(() => {
      for (let at = 8_990; at > 0; at -= 2) words.delete(at)
    })
    const whole = Y.encodeStateAsUpdate(doc)
    expect(partsOf(whole)?.runs[0]?.marks.length).toBeGreaterThan(9)
    const held = heldUpdates()
    held.add(whole)
    for (const clock of [1, 4_444, 4_445, 8_998]) {
      const stateVector = Y.encodeStateVector(new Map([[7, clock]]))
      expect(Y.decodeUpdate(held.encode(stateVector))).toEqual(Y.decodeUpdate(Y.diffUpdate(whole, stateVector)))
    }
  })
})

describe('what of an update is not held', () => {
  test('[D3] nothing, when it is all there: a reconnect stores nothing', () => {
    for (let seed = 500; seed <= 540; seed++) {
      const { updates } = history(seed, seed % 2 === 0)
      const held = heldUpdates()
      for (const update of updates) held.add(update)
      for (const update of updates) expect(held.lacking(update)).toBeUndefined()
      expect(held.lacking(held.encode())).toBeUndefined()
    }
  })

  test('[D3] [S3] exactly what is new, structs and deletes, when a client that was away comes back with everything', () => {
    for (let seed = 600; seed <= 660; seed++) {
      const random = randomFrom(seed)
      const { updates } = history(seed, seed % 2 === 0)
      const until = random.below(updates.length)
      const held = heldUpdates()
      for (const update of updates.slice(0, until)) held.add(update)
      const all = Y.encodeStateAsUpdate(applied(updates))
      const lacking = held.lacking(all)
      const log = updates.slice(0, until)
      if (lacking !== undefined) {
        log.push(lacking)
        held.add(lacking)
      }
      expect(shown(applied(log)), `seed ${seed}`).toEqual(shown(applied(updates)))
      expect(held.lacking(all), `seed ${seed}`).toBeUndefined()
    }
  })

  test('[D3] only the new half of a range of deletes', () => {
    const doc = new Y.Doc({ gc: false })
    doc.clientID = 7
    doc.getText('t').insert(0, 'abcdef')
    const held = heldUpdates()
    held.add(Y.encodeStateAsUpdate(doc))
    doc.getText('t').delete(2, 1)
    held.add(Y.encodeStateAsUpdate(doc))
    doc.getText('t').delete(1, 3)
    const lacking = held.lacking(Y.encodeStateAsUpdate(doc))
    expect(lacking && partsOf(lacking)).toMatchObject({
      runs: [],
      deletes: [
        { author: 7, from: 1, to: 2 },
        { author: 7, from: 3, to: 5 },
      ],
    })
  })
})

describe('hostile updates', () => {
  const known = new Map([[1, 30], [2, 5], [40, 9]]) // prettier-ignore

  const base = craft([...known].map(([author, clock]) => ({ author, clock: 0, structs: [gc(clock)] })))

  test(
    '[CR-24] what the scan lets through is read as what the scan saw, and joins to what does the same',
    { timeout: 60_000 },
    () => {
      const random = randomFrom(21)
      let passed = 0
      for (let at = 0; at < 2_500; at++) {
        const update = hostileUpdate(random, known)
        const scanned = scanYjsUpdate(update, SCAN_LIMITS)
        if (!scanned.ok) continue
        passed += 1
        const parts = partsOf(update)
        expect(parts?.runs.map(({ author, from, to }) => ({ author, from, to }))).toEqual(
          scanned.scan.authors.map(({ author, from, to }) => ({ author, from, to })),
        )
        expect(parts?.deletes).toHaveLength(scanned.scan.deleteRanges)
        if (scanned.scan.authors.some(({ author, from }) => from > (known.get(author) ?? 0))) continue
        const held = heldUpdates()
        held.add(base)
        held.add(update)
        const again = held.encode()
        expect(held.lacking(again)).toBeUndefined()
        expect(held.lacking(update)).toBeUndefined()
        for (const { author, to } of scanned.scan.authors) {
          expect(Y.decodeStateVector(Y.encodeStateVectorFromUpdate(again)).get(author)).toBeGreaterThanOrEqual(to)
        }
        for (const [author, clock] of known) {
          const stateVector = Y.encodeStateVector(new Map([[author, clock + 1]]))
          expect(
            partsOf(held.encode(stateVector))?.runs.find(run => run.author === author)?.from ?? clock + 1,
          ).toBeGreaterThan(clock)
        }
      }
      expect(passed).toBeGreaterThan(400)
    },
  )

  test('[CR-02] whatever comes, each byte is looked at a bounded number of times', () => {
    const random = randomFrom(22)
    for (let at = 0; at < 3_000; at++) {
      const watched = counted(hostileUpdate(random, known))
      partsOf(watched.bytes)
      expect(watched.reads()).toBeLessThanOrEqual(watched.bytes.length * READS_A_BYTE + 16)
    }
  })
})
