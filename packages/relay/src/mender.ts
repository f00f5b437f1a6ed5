/**
 * Lifts the quarantine of documents of which entries were lost, once devices have brought them (CR-25, DU-17). Laws:
 * - Only what a device was asked for and brought is looked at: what is left of a document may look whole, and is not.
 * - A document is whole when its engine waits for nothing in it, which is found out by a worker (T2). Until then it is read and not written.
 */
import type { Entry, Store } from '@joinery/core'
import type { Fold } from './compactor.ts'
import type { Heads } from './heads.ts'
import { isContent } from './history/kept-entries.ts'
import { reasonOf, type Counters, type Log } from './log.ts'
import { isLater } from './soon.ts'

export interface Mender {
  /** Entries that were committed. */
  wrote(space: string, entries: readonly Entry[]): void
  close(): void
}

export function createMender(options: {
  readonly store: Pick<Store, 'document' | 'body' | 'quarantine'>
  readonly heads: Heads
  readonly log: Log
  readonly counters: Pick<Counters, 'add'>
  /** Rejects when something is missing from the updates; without it nothing can be found to be. */
  readonly fold: Fold | undefined
  /** Runs it when nothing else works on what is stored of documents. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}): Mender {
  const { store, heads, log, counters, fold, alone } = options
  let closed = false

  const look = async (space: string, document: string): Promise<void> => {
    try {
      await alone(() => lookAt(space, document))
    } catch (error) {
      // Another device may have the rest, and brings it.
      log.warn('not-mended', { space, document, ...reasonOf(error) })
    }
  }

  const lookAt = async (space: string, document: string): Promise<void> => {
    const head = await store.document(space, document)
    if (closed || head?.quarantined !== 'GAP') return
    const body = await store.body(space, document)
    const updates = body.filter(isContent).map(({ bytes }) => bytes)
    await fold?.(head.engine, updates)
    if (closed) return
    await store.quarantine(space, document, undefined)
    heads.forget(space, document)
    counters.add('mended')
    log.info('mended', { space, document, device: body.at(-1)?.device })
  }

  return {
    wrote(space, entries) {
      for (const { type, document } of entries) {
        if (type !== 'update') continue
        const held = heads.load(space, document)
        if (!isLater(held)) {
          if (held.head?.quarantined === 'GAP') void look(space, document)
          continue
        }
        held.then(
          ({ head }) => (head?.quarantined === 'GAP' ? look(space, document) : undefined),
          () => undefined,
        )
      }
    },
    close() {
      closed = true
    },
  }
}
