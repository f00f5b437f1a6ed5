/**
 * Committers beside each other, for a store that takes commits of several spaces at a time. Law: all of a space goes through one of them, so
 * its edits keep their order; a space that is slow to commit holds up those of its lane and no others.
 */
import type { Committer } from './committer.ts'

export interface CommitLanes {
  of(space: string): Committer
  /** Resolves when nothing waits in any. */
  idle(): Promise<void>
  /** Bytes of edits that wait or are being written. */
  waitingBytes(): number
  waitingEntries(): number
}

export function createCommitLanes(count: number, make: () => Committer): CommitLanes {
  const lanes = Array.from({ length: Math.max(1, count) }, make) as [Committer, ...Committer[]]
  const [only] = lanes
  const sum = (of: (lane: Committer) => number): number => lanes.reduce((total, lane) => total + of(lane), 0)
  return {
    of: space => (lanes.length === 1 ? only : (lanes[hashOf(space) % lanes.length] ?? only)),
    async idle() {
      await Promise.all(lanes.map(lane => lane.idle()))
    },
    waitingBytes: () => sum(lane => lane.waitingBytes()),
    waitingEntries: () => sum(lane => lane.waitingEntries()),
  }
}

/** FNV-1a. */
function hashOf(name: string): number {
  let hash = 0x811c_9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x0100_0193)
  return hash >>> 0
}
