/**
 * Forgets what was kept for its time. Laws:
 * - What is older becomes one snapshot at its end, so that every version behind it can be read; what was deleted before is no longer in it.
 * - A version with a name is kept, as a snapshot of its own; what is between two names is no more.
 * - T2: that is done by the worker that folds, one document at a time, and never while it folds. What cannot be put together stays as it is
 *   until the next time.
 * - Where nothing is to be kept any more, the past goes, and the present stays.
 */
import { JoineryError, type Clock, type Entry, type Store } from '@joinery/core'
import type { Fold } from '../compactor.ts'
import type { RelayLimits } from '../limits.ts'
import { reasonOf, type Counters, type Log } from '../log.ts'
import { isContent, pastEntries } from './kept-entries.ts'

const FIRST_MS = 60_000
const PAGE = 64
/** As many entries go at once: the store holds everybody up for as long. */
const SLICE = 1_024

interface Aged {
  readonly space: string
  readonly document: string
  readonly engine: string
  readonly upTo: number
}

export interface Forgetter {
  close(): void
}

export function createForgetter(options: {
  readonly store: Pick<Store, 'aged' | 'past' | 'forget' | 'versionNames'>
  readonly clock: Clock
  readonly limits: Pick<RelayLimits, 'historyMs' | 'historySweepMs' | 'historyBytes'>
  readonly log: Log
  readonly counters: Counters
  readonly fold: Fold | undefined
  /** Runs it when nothing else works on what is stored of documents, and once the clock is the store's. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  /** Lets others have their turn. */
  readonly turn: () => Promise<void>
}): Forgetter {
  const { store, clock, limits, log, counters, fold, alone, turn } = options
  let closed = false
  let stopSweep = (): void => undefined

  const olderThanKept = (after: number): ReturnType<Store['aged']> => {
    const before = clock.now() - limits.historyMs
    return store.aged(before, after, PAGE)
  }

  const sweep = async (): Promise<void> => {
    try {
      for (let after = 0; !closed;) {
        const page = await alone(() => olderThanKept(after))
        for (const aged of page) if (!closed) await alone(() => forget(aged))
        const last = page.at(-1)
        if (last === undefined) break
        after = last.at
      }
    } catch (error) {
      log.warn('sweep-failed', reasonOf(error))
    }
    sweepLater()
  }
  const sweepLater = (): void => {
    if (!closed) stopSweep = clock.after(limits.historySweepMs, () => void sweep())
  }

  const forget = async (aged: Aged): Promise<void> => {
    const { space, document } = aged
    try {
      const entries = await pastEntries(store, aged, { after: 0, upTo: aged.upTo, most: limits.historyBytes })
      if (limits.historyMs === 0) await replace(aged, entries, 0, undefined)
      else await join(aged, entries)
      counters.add('forgotten')
    } catch (error) {
      counters.add('forget-failed')
      log.warn('forget-failed', { space, document, ...reasonOf(error) })
    }
  }

  const join = async (aged: Aged, entries: readonly Entry[]): Promise<void> => {
    const names = await store.versionNames(aged.space, aged.document)
    const named = new Set(names.map(({ seq }) => seq))
    let from = 0
    for (const [at, { seq }] of entries.entries()) {
      if (!named.has(seq) && at < entries.length - 1) continue
      const stretch = entries.slice(from, at + 1)
      const instead = await snapshotOf(aged.engine, entries.slice(0, at + 1))
      await replace(aged, stretch, entries[from - 1]?.seq ?? 0, instead)
      from = at + 1
    }
  }

  const snapshotOf = async (engine: string, entries: readonly Entry[]): Promise<Uint8Array> => {
    const updates = entries.filter(isContent).map(({ bytes }) => bytes)
    const snapshot = await fold?.(engine, updates, 'replay').catch((error: unknown) => {
      const isHeavy = error instanceof JoineryError && error.code === 'TOO_LARGE'
      if (isHeavy) return fold(engine, updates, 'join')
      throw error
    })
    if (snapshot === undefined) throw new JoineryError('UNAVAILABLE', { engine })
    return snapshot
  }

  /** In slices, each for the whole: a snapshot that holds more than it stands for loses nothing. */
  const replace = async (
    { space, document }: Aged,
    entries: readonly Entry[],
    after: number,
    instead: Uint8Array | undefined,
  ): Promise<void> => {
    for (let at = 0; at < entries.length; at += SLICE) {
      if (at > 0) await turn()
      if (closed) return
      const slice = entries.slice(at, at + SLICE)
      const count = slice.length + (at > 0 && instead !== undefined ? 1 : 0)
      const upTo = (slice.at(-1) as Entry).seq
      const isForgotten = await store.forget({ space, document, after, upTo, entries: count, instead })
      if (!isForgotten) throw new JoineryError('UNAVAILABLE', { reason: 'changed meanwhile' })
    }
  }

  // Also of a process that never lives until the next one.
  if (fold !== undefined) stopSweep = clock.after(Math.min(FIRST_MS, limits.historySweepMs), () => void sweep())

  return {
    close() {
      closed = true
      stopSweep()
    },
  }
}
