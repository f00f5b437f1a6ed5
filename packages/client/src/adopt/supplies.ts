/**
 * Waits until the relay has everything that is given back of a document: under whatever names it goes up, since what the relay asks for
 * takes the place of what was to be given before, and a device may have to take another name.
 */
import { JoineryError } from '@joinery/core'
import { later } from '../later.ts'
import type { NewsDesk } from '../news.ts'
import type { Place } from '../replica/body.ts'

export interface Supplies {
  /** From now on waits for these, and what comes in their place. A transaction that runs again says it again. */
  expect(entries: readonly number[]): void
  /** Resolves when nothing is waited for any more. Rejects with the code of a refusal, or CLOSED. */
  readonly acked: Promise<void>
  stop(): void
}

export function supplies(news: Pick<NewsDesk, 'listen'>, { space, document }: Place): Supplies {
  const waiting = new Set<number>()
  const { promise, resolve, reject } = later<void>()

  const left = (entries: readonly number[]): boolean => {
    let wasOurs = false
    for (const n of entries) wasOurs = waiting.delete(n) || wasOurs
    return wasOurs
  }
  const look = (wasOurs: boolean): void => {
    if (wasOurs && waiting.size === 0) resolve()
  }

  const stop = news.listen({
    outbox(item) {
      if (item.space !== space) return
      for (const head of item.heads) if (head.document === document && head.resupply) waiting.add(head.n)
    },
    settled(item) {
      if (item.space !== space || !left(item.entries)) return
      if (item.code === null) look(true)
      else reject(new JoineryError(item.code, { document }))
    },
    replaced(item) {
      if (item.space === space) look(left(item.entries))
    },
    renamed({ from, to, ...item }) {
      if (item.space !== space || !left(from)) return
      // Which of them it is now nobody tells: all have to arrive.
      for (const n of to) waiting.add(n)
    },
    closed: () => reject(new JoineryError('CLOSED')),
  })
  promise.then(stop, stop)

  return {
    expect(entries) {
      waiting.clear()
      for (const n of entries) waiting.add(n)
    },
    acked: promise,
    stop,
  }
}
