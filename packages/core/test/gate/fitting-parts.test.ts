import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { fittingParts, heldUpdates, partsOf, SCAN_LIMITS, scanYjsUpdate } from '../../src/gate/index.ts'
import { editedDocs } from './random-docs.ts'
import { randomFrom } from './random.ts'

function applied(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** What a document shows, whatever waits in it. */
function shown(doc: Y.Doc): unknown {
  const { ds } = Y.decodeUpdate(Y.encodeStateAsUpdate(doc))
  return {
    text: doc.getText('text').toDelta() as unknown,
    rich: doc.getText('rich').toDelta() as unknown,
    map: [...doc.getMap('map').keys()].toSorted(),
    xml: doc.getXmlFragment('xml').toJSON(),
    clocks: [...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted(([a], [b]) => a - b),
    deletes: [...ds.clients.keys()].toSorted((a, b) => a - b),
  }
}

function fitted(update: Uint8Array, clocks: ReadonlyMap<number, number>): { update: Uint8Array; isWhole: boolean } {
  const parts = partsOf(update)
  if (parts === undefined) throw new Error('an update that cannot be read')
  const fitting = fittingParts(parts, clocks)
  for (const { from, to, start, end } of fitting.parts.runs) expect([from < to, start < end]).toEqual([true, true])
  const held = heldUpdates()
  held.addParts(fitting.parts)
  return { update: held.encode(), isWhole: fitting.isWhole }
}

describe('[CR-04] of an update that brings what waits, what fits is taken', () => {
  test('as Yjs takes it, over what random documents lose on the way', () => {
    let gaps = 0
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomFrom(seed)
      const updates: Uint8Array[] = []
      editedDocs(seed, { docs: 3, edits: 40, gc: seed % 2 === 0, onUpdate: update => void updates.push(update) })
      const held = applied(updates.slice(0, random.below(updates.length)))
      const heldBytes = Y.encodeStateAsUpdate(held)
      const clocks = Y.decodeStateVector(Y.encodeStateVector(held))
      // A client that missed some of them, and so keeps some pending: what it sends on holds Skips and what refers to nothing.
      const client = applied(updates.filter(() => !random.chance(0.15)))
      const brought = Y.encodeStateAsUpdate(client, random.chance(0.5) ? Y.encodeStateVector(held) : undefined)
      const { update, isWhole } = fitted(brought, clocks)
      const [byUs, byYjs] = [applied([heldBytes, update]), applied([heldBytes, brought])]
      const waits = byYjs.store.pendingStructs !== null || byYjs.store.pendingDs !== null
      expect(byUs.store.pendingStructs, `seed ${seed}`).toBeNull()
      expect(byUs.store.pendingDs, `seed ${seed}`).toBeNull()
      const { deletes: ours, ...content } = shown(byUs) as { deletes: unknown }
      const { deletes: theirs, ...expected } = shown(byYjs) as { deletes: unknown }
      expect(content, `seed ${seed}`).toEqual(expected)
      if (!waits) expect(ours, `seed ${seed}`).toEqual(theirs)
      expect(isWhole, `seed ${seed}`).toBe(!waits)
      if (waits) gaps += 1
      expect(scanYjsUpdate(update, SCAN_LIMITS), `seed ${seed}`).toMatchObject({ ok: true })
    }
    expect(gaps).toBeGreaterThan(20)
  }, 60_000)

  test('structs that wait for each other in a circle are left out', () => {
    // Author 8 beside clock 0 of author 7, who is beside clock 0 of author 8.
    const parts = partsOf(new Uint8Array([2, 1, 8, 0, 0x84, 7, 0, 1, 0x61, 1, 7, 0, 0x84, 8, 0, 1, 0x62, 0]))
    if (parts === undefined) throw new Error('an update that cannot be read')
    expect(fittingParts(parts, new Map())).toEqual({ parts: { runs: [], deletes: [], gone: [] }, isWhole: false })
  })
})
