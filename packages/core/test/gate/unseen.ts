/**
 * What a gate that holds no document cannot see, told from one that does: so that the attack knows these from failures. The list is the
 * one in the header of yjs-scan.ts, as far as Yjs breaks on it at once; whatever else breaks Yjs is a hole in the gate.
 */
import * as Y from 'yjs'
import type { HeadView } from '@joinery/core/gate'

/**
 * Names what it is, or undefined. `docs` hold the same, of which one collects nothing: what was put beside something collected is nowhere,
 * and is there for whoever applies all of it in one step.
 */
export function whatOnlyAWorkerSees(docs: readonly Y.Doc[], update: Uint8Array, head: HeadView): string | undefined {
  const { structs } = Y.decodeUpdate(update)
  if (structs.some(struct => struct.id.clock < head.clockOf(struct.id.client)))
    return 'unseen: re-supplied clocks, taken at their word'
  const keyed = new Set<Y.AbstractStruct>()
  const inUpdate = Map.groupBy(structs, struct => struct.id.client)
  const seen = new Map<Y.AbstractStruct, boolean>()
  const isKeyed = (struct: Y.AbstractStruct): boolean => {
    if (keyed.has(struct)) return true
    const known = seen.get(struct)
    if (known !== undefined) return known
    seen.set(struct, false)
    const found = beside(struct)
    seen.set(struct, found)
    return found
  }
  const beside = (struct: Y.AbstractStruct): boolean => {
    if (!(struct instanceof Y.Item)) return false
    const anchor = struct.origin ?? struct.rightOrigin
    if (anchor === null) return struct.parentSub !== null
    const here = inUpdate.get(anchor.client)?.find(other => covers(other, anchor))
    if (here !== undefined) return isKeyed(here)
    return docs.some(({ store }) => {
      const there = store.clients.get(anchor.client)?.find(other => covers(other, anchor))
      return there instanceof Y.Item && there.parentSub !== null
    })
  }
  const hidden = structs.some(
    struct =>
      struct instanceof Y.Item && struct.length > 1 && !(struct.content instanceof Y.ContentDeleted) && isKeyed(struct),
  )
  return hidden ? 'unseen: several values under a key of another update' : undefined
}

function covers(struct: Y.AbstractStruct, { clock }: Y.ID): boolean {
  return clock >= struct.id.clock && clock < struct.id.clock + struct.length
}
