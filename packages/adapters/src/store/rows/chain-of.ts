/** What of a document is to stand, from what stands here and in a copy. Law: it is whole, or there is none. */
import type { StandingEntry } from '@joinery/core'

/** All that is to stand, if it does: each entry behind the one that it says is before it, up to the head. */
export function chainOf(
  here: readonly StandingEntry[],
  copy: readonly StandingEntry[],
  head: number,
): StandingEntry[] | undefined {
  const end = copy.at(-1)?.entry.seq ?? 0
  // What it voids may be in the copy as it was before.
  const isVoidedSince = here.some(({ entry }) => entry.type === 'void' && entry.bytes.length > 0 && entry.seq > end)
  const bySeq = new Map<number, StandingEntry>()
  for (const one of isVoidedSince ? [] : copy) bySeq.set(one.entry.seq, one)
  for (const one of here) bySeq.set(one.entry.seq, one)
  const first = here.find(({ before }) => before === 0)?.entry.seq ?? 0
  const chain = [...bySeq.values()].filter(({ entry }) => entry.seq >= first).sort((a, b) => a.entry.seq - b.entry.seq)
  const isWhole = chain.every(({ before }, i) => before === (chain[i - 1]?.entry.seq ?? 0))
  return isWhole && chain.at(-1)?.entry.seq === head ? chain : undefined
}
