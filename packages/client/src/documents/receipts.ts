/** What became of edits: `saved` on this device's disk, `acked` on the relay's. */
import { JoineryError } from '@joinery/core'
import { later, type Later } from '../later.ts'
import type { NewsDesk } from '../news.ts'

export interface Receipt {
  /** Resolves when the edit survives this device's crash. Rejects with why it could not stay as it was; then it is on the shelf. */
  readonly saved: Promise<void>
  /** Resolves when the relay has committed it. Pending as long as there is no relay. Rejects as `saved`, or with CLOSED. */
  readonly acked: Promise<void>
}

/** One edit's receipt, or one for several that are written together. */
export interface Stub extends Receipt {
  readonly onSaved: Later<void>
  readonly onAcked: Later<void>
}

export function stub(): Stub {
  const onSaved = later<void>()
  const onAcked = later<void>()
  return { saved: onSaved.promise, acked: onAcked.promise, onSaved, onAcked }
}

/** The receipt of an edit that changed nothing. */
export const NOTHING_TO_SAVE: Receipt = { saved: Promise.resolve(), acked: Promise.resolve() }

export interface Ledger {
  /** The stub's edits stand in the outbox under these n. */
  expect(space: string, entries: readonly number[], onAcked: Later<void>): void
  close(): void
}

interface Expected {
  left: number
  readonly onAcked: Later<void>
}

export function ledger(news: NewsDesk): Ledger {
  const expectedByName = new Map<string, Expected>()
  const nameOf = (space: string, n: number): string => `${space} ${n}`

  const stop = news.listen({
    settled({ space, entries, code }) {
      for (const n of entries) {
        const name = nameOf(space, n)
        const expected = expectedByName.get(name)
        if (expected === undefined) continue
        expectedByName.delete(name)
        expected.left -= 1
        if (code !== null) expected.onAcked.reject(new JoineryError(code))
        else if (expected.left === 0) expected.onAcked.resolve()
      }
    },
    renamed({ space, from, to }) {
      // All of them are acked when all that they went on as are.
      const moved = new Set(from.map(n => expectedByName.get(nameOf(space, n))))
      for (const n of from) expectedByName.delete(nameOf(space, n))
      const onAcked = later<void>()
      for (const expected of moved) {
        // Without a listener for a rejection there would be one that nobody handles.
        if (expected !== undefined) void onAcked.promise.then(expected.onAcked.resolve, expected.onAcked.reject)
      }
      expectIn(space, to, onAcked)
    },
  })

  const expectIn = (space: string, entries: readonly number[], onAcked: Later<void>): void => {
    if (entries.length === 0) onAcked.resolve()
    const expected: Expected = { left: entries.length, onAcked }
    for (const n of entries) expectedByName.set(nameOf(space, n), expected)
  }

  return {
    expect: expectIn,
    close() {
      stop()
      for (const { onAcked } of expectedByName.values()) onAcked.reject(new JoineryError('CLOSED'))
      expectedByName.clear()
    },
  }
}
