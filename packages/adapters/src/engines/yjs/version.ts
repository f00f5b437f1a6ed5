/**
 * What a Yjs document holds, and what another one lacks. A version is a state vector with the set of deletes: a state vector alone
 * cannot tell which deletes are known, so by it either some are lost or all of them travel again at every reconnect.
 * Laws (D3): nothing new is undefined; what is sent holds the missing structs and the missing deletes, and no other.
 * Updates that wait for others are no part of it: whoever brought them has them still.
 */
import { JoineryError } from '@joinery/core'
import * as Y from 'yjs'

type Deletes = ReturnType<typeof Y.createDeleteSet>
type Ranges = readonly { readonly clock: number; readonly len: number }[]

export function versionOf(doc: Y.Doc): Uint8Array {
  return Y.encodeSnapshot(Y.snapshot(doc))
}

export function encodeAll(doc: Y.Doc): Uint8Array {
  return withoutWaiting(doc, () => Y.encodeStateAsUpdate(doc))
}

export function encodeSince(doc: Y.Doc, since: Uint8Array): Uint8Array | undefined {
  const known = decoded(since)
  const deletes = Y.createDeleteSetFromStructStore(doc.store)
  const missing = without(deletes, known.ds)
  const hasStructs = [...doc.store.clients.keys()].some(
    author => Y.getState(doc.store, author) > (known.sv.get(author) ?? 0),
  )
  if (!hasStructs && missing.clients.size === 0) return undefined
  // Yjs ends an update with every delete there is; the missing ones take their place.
  const update = withoutWaiting(doc, () => Y.encodeStateAsUpdate(doc, Y.encodeStateVector(known.sv)))
  return joined(update.subarray(0, update.length - encodedDeletes(deletes).length), encodedDeletes(missing))
}

function decoded(version: Uint8Array): Y.Snapshot {
  try {
    return Y.decodeSnapshot(version)
  } catch (cause) {
    throw new JoineryError('BAD_INPUT', { what: 'version' }, { cause })
  }
}

function withoutWaiting<T>(doc: Y.Doc, encode: () => T): T {
  const { pendingStructs, pendingDs } = doc.store
  doc.store.pendingStructs = null
  doc.store.pendingDs = null
  try {
    return encode()
  } finally {
    doc.store.pendingStructs = pendingStructs
    doc.store.pendingDs = pendingDs
  }
}

function without(deletes: Deletes, known: Deletes): Deletes {
  const missing = Y.createDeleteSet()
  for (const [author, ranges] of deletes.clients) {
    const left = rangesWithout(ranges, known.clients.get(author) ?? [])
    if (left.length > 0) missing.clients.set(author, left)
  }
  return missing
}

/** What of `ranges`, which are sorted, none of `known` covers. */
function rangesWithout(ranges: Ranges, known: Ranges): { clock: number; len: number }[] {
  const covers = known.toSorted((a, b) => a.clock - b.clock)
  const left: { clock: number; len: number }[] = []
  let next = 0
  for (const { clock, len } of ranges) {
    const end = clock + len
    let from = clock
    // Covers that end before this range end before all later ones.
    while (next < covers.length && endOf(covers[next]) <= from) next += 1
    for (let at = next; at < covers.length; at++) {
      const cover = covers[at]
      if (cover === undefined || cover.clock >= end) break
      if (cover.clock > from) left.push({ clock: from, len: cover.clock - from })
      from = Math.max(from, endOf(cover))
    }
    if (from < end) left.push({ clock: from, len: end - from })
  }
  return left
}

function endOf(range: Ranges[number] | undefined): number {
  return range === undefined ? Infinity : range.clock + range.len
}

/** A set of deletes as an update ends with it: a snapshot of it, less the empty state vector behind. */
function encodedDeletes(deletes: Deletes): Uint8Array {
  return Y.encodeSnapshot(Y.createSnapshot(deletes, new Map())).subarray(0, -1)
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + tail.length)
  whole.set(head)
  whole.set(tail, head.length)
  return whole
}
