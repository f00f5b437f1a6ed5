/**
 * What a Yjs document holds, and what another one lacks. A version is a state vector with the set of deletes: a state vector alone
 * cannot tell which deletes are known, so by it either some are lost or all of them travel again at every reconnect.
 * Laws (D3): nothing new is undefined; what is sent holds the missing structs, and the ranges of deletes that are not known whole.
 * Updates that wait for others are no part of it: whoever brought them has them still.
 */
import { JoineryError } from '@joinery/core'
import * as Y from 'yjs'

type Deletes = ReturnType<typeof Y.createDeleteSet>

export function versionOf(doc: Y.Doc): Uint8Array {
  return Y.encodeSnapshot(Y.snapshot(doc))
}

export function encodeAll(doc: Y.Doc): Uint8Array {
  return Y.encodeStateAsUpdate(settled(doc))
}

export function encodeSince(doc: Y.Doc, since: Uint8Array): Uint8Array | undefined {
  const [held, known] = [Y.snapshot(doc), decoded(since)]
  const missing = without(held.ds, known.ds)
  if (!isAhead(held.sv, known.sv) && missing.clients.size === 0) return undefined
  // Yjs ends an update with every delete there is; the missing ones take their place.
  const update = Y.encodeStateAsUpdate(settled(doc), Y.encodeStateVector(known.sv))
  const [deletes, end] = [encodedDeletes(missing), update.length - encodedDeletes(held.ds).length]
  update.set(deletes, end)
  return update.slice(0, end + deletes.length)
}

/** Whether a state vector holds clocks that another does not. */
export function isAhead(state: ReadonlyMap<number, number>, known: ReadonlyMap<number, number>): boolean {
  return [...state].some(([author, clock]) => clock > (known.get(author) ?? 0))
}

function decoded(version: Uint8Array): Y.Snapshot {
  try {
    return Y.decodeSnapshot(version)
  } catch (cause) {
    throw new JoineryError('BAD_INPUT', { what: 'version' }, { cause })
  }
}

/** The document as Yjs encodes it, by its store alone, without what waits. */
function settled({ store }: Y.Doc): Y.Doc {
  const without: unknown = { store: { ...store, pendingStructs: null, pendingDs: null } }
  return without as Y.Doc
}

/** The ranges that are not known whole: a range takes no more bytes than a piece of it. Documents make both sets sorted. */
function without(deletes: Deletes, known: Deletes): Deletes {
  const missing = Y.createDeleteSet()
  for (const [author, ranges] of deletes.clients) {
    const covers = (known.clients.get(author) ?? []).values()
    let cover = covers.next().value
    const left = ranges.filter(({ clock, len }) => {
      // A cover that ends before this range ends before all later ones.
      while (cover !== undefined && cover.clock + cover.len < clock + len) cover = covers.next().value
      return cover === undefined || cover.clock > clock
    })
    if (left.length > 0) missing.clients.set(author, left)
  }
  return missing
}

/** A set of deletes as an update ends with it: a snapshot of it, less the empty state vector behind. */
function encodedDeletes(deletes: Deletes): Uint8Array {
  return Y.encodeSnapshot(Y.createSnapshot(deletes, new Map())).subarray(0, -1)
}
