/**
 * Folds what a document has gathered into one snapshot. Laws:
 * - S3, DU-11: a snapshot replaces only what it was made from, after it was read back elsewhere and found to be the same; until then, and
 *   when anything fails, the entries stay as they are.
 * - T2, CR-22: the document is built by a worker with a budget. One that is over the budget three times is folded by its bytes from then on,
 *   which builds nothing, and goes on being read and written.
 * - CR-27: one that breaks its worker three times is quarantined alone: read from its last snapshot and what came after it, not written.
 * - One document at a time, the quiet ones; what this process has not seen grow is found by a slow sweep. A long log goes part by part.
 */
import { JoineryError, type Clock, type Entry, type Store } from '@joinery/core'
import { boundedMap } from './bounded-map.ts'
import { keyOf, type Heads } from './heads.ts'
import type { RelayLimits } from './limits.ts'
import { reasonOf, type Counters, type Log } from './log.ts'

/** By building the document, which collects what is deleted, or by joining bytes. */
export type FoldHow = 'replay' | 'join'

/**
 * A snapshot of these updates, read back and compared; undefined when this engine's are not folded so. Rejects when it breaks, and with
 * TOO_LARGE when its budget does. `replay` if absent.
 */
export type Fold = (engine: string, updates: readonly Uint8Array[], how?: FoldHow) => Promise<Uint8Array | undefined>

export interface Compactor {
  /** Entries that were committed. */
  wrote(space: string, entries: readonly Entry[]): void
  close(): void
}

const TRIES = 3
const AGAIN_MS = 10_000
const SWEEP_DOCUMENTS = 256
const WATCHED = 20_000
/**
 * A document that is never quiet is folded at so many times the usual entries, or bytes: folding an entry costs more than committing it,
 * so who writes without a pause is not made to wait for it.
 */
const RESTLESS_ENTRIES = 32
const RESTLESS_BYTES = 4
/** As many are folded at once: neither the worker nor the store is held for long by what has gathered while nobody looked. */
const PART = 4_096

interface Grown {
  entries: number
  bytes: number
  wroteAt: number
}

const NOT_GROWN = { entries: 0, bytes: 0 }

export function createCompactor(options: {
  readonly store: Pick<Store, 'body' | 'fold' | 'foldable' | 'quarantine'>
  readonly clock: Clock
  readonly limits: RelayLimits
  readonly log: Log
  readonly counters: Counters
  readonly heads: Heads
  readonly fold: Fold | undefined
}): Compactor {
  const { store, clock, limits, log, counters, heads, fold } = options
  if (fold === undefined) return { wrote: () => undefined, close: () => undefined }

  const grownByDocument = boundedMap<Grown>(WATCHED)
  const failuresByDocument = boundedMap<number>(WATCHED)
  /** Over the budget of a replay. */
  const joinedByDocument = boundedMap<boolean>(WATCHED)
  /** Of engines that are not folded. */
  const leftBySweep = boundedMap<boolean>(WATCHED)
  /** Waiting to be folded, oldest first. */
  const waiting = new Map<string, { space: string; document: string }>()
  /** Under way, or tried again later: nobody else begins with them. */
  const held = new Set<string>()
  let working = false
  let closed = false
  let stopSweep = (): void => undefined

  const enqueue = (space: string, document: string): void => {
    const key = keyOf(space, document)
    if (held.has(key) || (failuresByDocument.get(key) ?? 0) >= TRIES) return
    waiting.set(key, { space, document })
    if (!working) void work()
  }

  const work = async (): Promise<void> => {
    working = true
    for (const [key, { space, document }] of waiting) {
      if (closed) break
      waiting.delete(key)
      held.add(key)
      try {
        await foldOne(space, document)
        failuresByDocument.delete(key)
        held.delete(key)
      } catch (error) {
        await failed(space, document, error)
      }
    }
    working = false
  }

  const foldOne = async (space: string, document: string): Promise<void> => {
    const key = keyOf(space, document)
    const { entries: counted, bytes } = grownByDocument.get(key) ?? NOT_GROWN
    const entries = await store.body(space, document)
    if (closed) return
    const canFold = entries.length > 1 && entries.every(entry => entry.type !== 'tombstone')
    const isFolded = canFold && (await foldParts(space, document, entries))
    if (closed) return
    const grown = grownByDocument.get(key)
    if (!isFolded || grown === undefined || grown.entries <= counted) {
      grownByDocument.delete(key)
      return
    }
    // What came meanwhile is still to be folded, and nobody else would look again.
    grown.entries -= counted
    grown.bytes -= bytes
    if (isDue(grown)) quietLater(space, document)
  }

  /** False when there was nothing to fold with, or the document moved on in another way than growing. */
  const foldParts = async (space: string, document: string, entries: readonly Entry[]): Promise<boolean> => {
    const how = joinedByDocument.get(keyOf(space, document)) === true ? 'join' : 'replay'
    let snapshot: Uint8Array | undefined
    for (let at = 0; at < entries.length; at += PART) {
      const part = entries.slice(at, at + PART)
      const last = part.at(-1)
      if (last === undefined) break
      const updates = part.map(entry => entry.bytes)
      if (snapshot !== undefined) updates.unshift(snapshot)
      snapshot = await fold(last.engine, updates, how)
      if (closed) return false
      if (snapshot === undefined) {
        leftBySweep.set(keyOf(space, document), true)
        return false
      }
      const isFolded = await store.fold({ space, document, upTo: last.seq, snapshot, entries: updates.length })
      // Its size has changed.
      heads.forget(space, document)
      counters.add(isFolded ? 'folded' : 'fold-overtaken')
      if (!isFolded) return false
    }
    return true
  }

  const failed = async (space: string, document: string, error: unknown): Promise<void> => {
    if (closed) return
    const key = keyOf(space, document)
    const isStored = error instanceof JoineryError && error.code === 'QUARANTINED'
    const isOverBudget = error instanceof JoineryError && error.code === 'TOO_LARGE'
    const isWeather = error instanceof JoineryError && !isStored && !isOverBudget
    const failures = (failuresByDocument.get(key) ?? 0) + (isWeather ? 0 : 1)
    failuresByDocument.set(key, failures)
    counters.add('fold-failed')
    log.warn('fold-failed', { space, document, failures, ...reasonOf(error) })
    const isFirstLast = isOverBudget && failures === TRIES && joinedByDocument.get(key) !== true
    if (isFirstLast) {
      joinedByDocument.set(key, true)
      failuresByDocument.delete(key)
      counters.add('fold-over-budget')
      log.error('fold-over-budget', { space, document })
    }
    if (!isStored && (failures < TRIES || isFirstLast)) {
      clock.after(AGAIN_MS, () => {
        held.delete(key)
        if (!closed) enqueue(space, document)
      })
      return
    }
    held.delete(key)
    try {
      await store.quarantine(space, document, 'QUARANTINED')
      heads.forget(space, document)
      counters.add('quarantined')
      log.error('quarantined', { space, document })
    } catch (cause) {
      log.error('quarantine-failed', { space, document, ...reasonOf(cause) })
    }
  }

  const quietLater = (space: string, document: string): void => {
    clock.after(limits.foldQuietMs, () => {
      const grown = grownByDocument.get(keyOf(space, document))
      if (closed || grown === undefined || !isDue(grown)) return
      if (clock.monotonic() - grown.wroteAt >= limits.foldQuietMs || isRestless(grown)) enqueue(space, document)
      else quietLater(space, document)
    })
  }

  const isDue = ({ entries, bytes }: Grown): boolean => entries >= limits.foldEntries || bytes >= limits.foldBytes
  const isRestless = ({ entries, bytes }: Grown): boolean =>
    entries >= limits.foldEntries * RESTLESS_ENTRIES || bytes >= limits.foldBytes * RESTLESS_BYTES

  const sweep = async (): Promise<void> => {
    try {
      for (const { space, document } of await store.foldable(limits.foldEntries, SWEEP_DOCUMENTS)) {
        const key = keyOf(space, document)
        if (failuresByDocument.get(key) === undefined && leftBySweep.get(key) === undefined) enqueue(space, document)
      }
    } catch (error) {
      log.warn('sweep-failed', reasonOf(error))
    }
    sweepLater()
  }
  const sweepLater = (): void => {
    if (!closed) stopSweep = clock.after(limits.foldSweepMs, () => void sweep())
  }
  // What an earlier process left, once those who were connected to it have come back.
  stopSweep = clock.after(limits.foldQuietMs, () => void sweep())

  return {
    wrote(space, entries) {
      for (const { document, bytes } of entries) {
        const key = keyOf(space, document)
        const grown = grownByDocument.get(key) ?? { entries: 0, bytes: 0, wroteAt: 0 }
        const wasDue = isDue(grown)
        grown.entries += 1
        grown.bytes += bytes.length
        grown.wroteAt = clock.monotonic()
        grownByDocument.set(key, grown)
        if (!wasDue && isDue(grown)) quietLater(space, document)
      }
    },
    close() {
      closed = true
      stopSweep()
      waiting.clear()
    },
  }
}
