/** A document's head as a relay holds it, moved on by verdicts alone. */
import type { HeadView, Verdict } from '@joinery/core/gate'

export interface Held extends HeadView {
  readonly clocks: ReadonlyMap<number, number>
  /** How often the judge asked. */
  asked(): number
  record(verdict: Verdict): void
}

export function held(clocks: Iterable<readonly [author: number, clock: number]> = [], owner?: string): Held {
  const clockByAuthor = new Map(clocks)
  const ownerByAuthor = new Map<number, string>()
  if (owner !== undefined) for (const author of clockByAuthor.keys()) ownerByAuthor.set(author, owner)
  let asked = 0
  return {
    clocks: clockByAuthor,
    asked: () => asked,
    clockOf(author) {
      asked += 1
      return clockByAuthor.get(author) ?? 0
    },
    ownerOf(author) {
      asked += 1
      return ownerByAuthor.get(author)
    },
    record(verdict) {
      if (verdict.verdict !== 'new') return
      for (const { author, to, owner } of verdict.authors) {
        clockByAuthor.set(author, to)
        if (owner !== undefined) ownerByAuthor.set(author, owner)
      }
    },
  }
}
