/** What came behind a place in a space's log: of one commit, of this node or another, or read there. Encoded once, whoever is told. */
import type { Cursor, Entry } from '@joinery/core'
import { decodeMessage, encodeMessage } from '@joinery/core/protocol'

export interface News {
  /** The seq before its first entry. */
  readonly after: number
  /** How far the log goes with it. */
  readonly cursor: Cursor
  /** Whether nothing more was there. */
  readonly live: boolean
  readonly entries: readonly Entry[]
  /** As readers get it: made when the first one asks, and then the same for all. */
  frame(): Uint8Array
}

export function newsOf(
  space: string,
  after: number,
  { epoch, seq, mark }: Cursor,
  entries: readonly Entry[],
  live = true,
): News {
  const cursor = { epoch, seq, mark }
  let encoded: Uint8Array | undefined
  return {
    after,
    cursor,
    live,
    entries,
    frame() {
      encoded ??= encodeMessage({ type: 'changes', space, cursor, live, reset: false, entries })
      return encoded
    },
  }
}

/** From a frame of one commit, which another node made. Undefined when it is anything else. */
export function newsIn(frame: Uint8Array, space: string): News | undefined {
  try {
    const message = decodeMessage(frame)
    if (message?.type !== 'changes' || message.space !== space || message.reset) return undefined
    const { cursor, live, entries } = message
    const [first] = entries
    // A commit leaves no gaps, so it is known where it begins.
    const isWhole = first !== undefined && first.seq + entries.length - 1 === cursor.seq
    return isWhole ? { after: first.seq - 1, cursor, live, entries, frame: () => frame } : undefined
  } catch {
    return undefined
  }
}
