/** What became of edits: `saved` on this device's disk, `acked` on the relay's. */
import { JoineryError } from '@joinery/core'
import type { OutboxHead } from '@joinery/core/sync'
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
  /** Neither comes. */
  fail(error: unknown): void
}

export function stub(): Stub {
  const onSaved = later<void>()
  const onAcked = later<void>()
  return {
    saved: onSaved.promise,
    acked: onAcked.promise,
    onSaved,
    onAcked,
    fail(error) {
      onSaved.reject(error)
      onAcked.reject(error)
    },
  }
}

/** The receipt of an edit that changed nothing. */
export const NOTHING_TO_SAVE: Receipt = { saved: Promise.resolve(), acked: Promise.resolve() }

export interface Ledger {
  /** The stub's edits are written, and stand in the outbox as these. */
  written(space: string, heads: readonly OutboxHead[], stub: Stub): void
}

export function ledger(news: NewsDesk): Ledger {
  /** What waits for the relay's word, by space and n. */
  const waiting = new Map<string, Later<void>>()
  const taken = (space: string, n: number): Later<void> | undefined => {
    const name = `${space} ${n}`
    const ack = waiting.get(name)
    waiting.delete(name)
    return ack
  }

  const expect = (space: string, entries: readonly number[], onAcked: Later<void>): void => {
    const acks = entries.map(n => {
      const ack = later<void>()
      waiting.set(`${space} ${n}`, ack)
      return ack.promise
    })
    onAcked.resolve(Promise.all(acks).then(() => undefined))
  }

  news.listen({
    settled({ space, entries, code }) {
      for (const n of entries) {
        const ack = taken(space, n)
        if (code === null) ack?.resolve()
        else ack?.reject(new JoineryError(code))
      }
    },
    renamed({ space, from, to }) {
      // All of them are acked when all that they went on as are.
      const onAcked = later<void>()
      for (const n of from) taken(space, n)?.resolve(onAcked.promise)
      expect(space, to, onAcked)
    },
    closed() {
      for (const ack of waiting.values()) ack.reject(new JoineryError('CLOSED'))
    },
  })

  return {
    written(space, heads, { onSaved, onAcked }) {
      expect(
        space,
        heads.map(({ n }) => n),
        onAcked,
      )
      onSaved.resolve()
      news.tell({ type: 'outbox', space, heads })
    },
  }
}
