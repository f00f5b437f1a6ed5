/**
 * Folds what a document has gathered into one snapshot. Laws:
 * - S3, DU-11: a snapshot replaces only what it was made from, after it was read back elsewhere and found to be the same; until then, and
 *   when anything fails, the entries stay as they are.
 * - D2: what is folded was replayed before, so that nothing is folded that should be voided: what came since stays, and so does all of a
 *   document of which nobody knows yet whether it is well.
 * - T2, CR-22: the document is built by a worker with a budget. What is over the budget is tried in smaller parts; when that does not help it
 *   is folded by its bytes, which builds nothing, and quarantined alone.
 * - CR-27: so is one that breaks its worker three times: it is read from its last snapshot and what came after it, and not written.
 * - R4: one from which something is still missing the third time waits for a device that has it, and is folded when it is whole. That is
 *   found in all of it: what a part is built on may stand behind it in the log, and then the part is made larger.
 * - What it replaces is kept as the document's past, for its time (`history/`).
 * - One document at a time, the quiet ones, and now and then one that never is; what this process has not seen grow is found by a slow
 *   sweep. The store drops the entries of a long log slice by slice, and others have their turn between two: a snapshot that holds more
 *   than it stands for loses nothing.
 */
import { JoineryError, type Clock, type Code, type Entry, type Store } from '@joinery/core'
import { boundedMap } from './bounded-map.ts'
import { keyOf, type Heads } from './heads.ts'
import type { RelayLimits } from './limits.ts'
import { reasonOf, type Counters, type Log } from './log.ts'

/** By building the document, which collects what is deleted, or by joining bytes. */
export type FoldHow = 'replay' | 'join'

/**
 * A snapshot of these updates, read back and compared; undefined when this engine's are not folded so. Rejects when it breaks, with
 * TOO_LARGE when its budget does, and with GAP when something is missing from them. `replay` if absent.
 */
export type Fold = (engine: string, updates: readonly Uint8Array[], how?: FoldHow) => Promise<Uint8Array | undefined>

export interface Compactor {
  /** Entries that were committed. */
  wrote(space: string, entries: readonly Entry[]): void
  /** Documents that wait to be folded. */
  waiting(): number
  /** Folds all documents that have at least so many unfolded entries, one after the other, also those that are being written. */
  all(entries: number): Promise<Compacted>
  close(): void
}

/** What became of the documents that had enough to be folded. */
export interface Compacted {
  readonly folded: number
  /** Of engines that are not folded, or overtaken by who writes. */
  readonly left: number
  readonly failed: number
}

const TRIES = 3
const AGAIN_MS = 10_000
const SWEEP_DOCUMENTS = 256
const WATCHED = 20_000
/**
 * A document that is never quiet is folded at so many times the usual entries, or bytes, or after so many times a quiet while: folding an
 * entry costs more than committing it, so who writes without a pause is not made to wait for it; and who writes slowly all day leaves no log
 * that takes long to read.
 */
const RESTLESS_ENTRIES = 32
const RESTLESS_BYTES = 4
const RESTLESS_WHILES = 60
/** As many entries are folded at once; and 16 times less after each time that it was over the budget. */
const PART = 65_536
const SMALLER = 16
/**
 * As many entries are dropped at once: the store holds everybody up for as long, a few milliseconds. The snapshot is written with each of
 * them, so that of a large one they are larger.
 */
const SLICE = 256
const LARGEST_SLICE = 1_024
const BYTES_AN_ENTRY = 256

interface Grown {
  entries: number
  bytes: number
  wroteAt: number
  /** Since when it has enough to be folded. */
  dueAt: number
  /** Who wrote last, for the log. */
  device: string
}

const NOT_GROWN = { entries: 0, bytes: 0 }

export function createCompactor(options: {
  readonly store: Pick<Store, 'document' | 'body' | 'fold' | 'foldable'>
  readonly clock: Clock
  readonly limits: RelayLimits
  readonly log: Log
  readonly counters: Counters
  readonly heads: Heads
  readonly fold: Fold | undefined
  /** Runs it when nothing else works on what is stored of documents, and once the clock is the store's. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  /** Lets others have their turn. */
  readonly turn: () => Promise<void>
  /** Replays what of the document was not replayed yet, and voids what has to be: up to which seq it is well, undefined when that is not known. */
  readonly replayed: (space: string, document: string) => Promise<number | undefined>
  readonly quarantine: (space: string, document: string, reason: string, code?: Code) => Promise<void>
}): Compactor {
  const { store, clock, limits, log, counters, heads, fold, alone, turn, quarantine } = options
  if (fold === undefined) {
    const all = async (): Promise<Compacted> => ({ folded: 0, left: 0, failed: 0 })
    return { wrote: () => undefined, waiting: () => 0, all, close: () => undefined }
  }

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
        const well = await options.replayed(space, document)
        await alone(() => foldOne(space, document, well))
        failuresByDocument.delete(key)
        held.delete(key)
      } catch (error) {
        await failed(space, document, error)
      }
    }
    working = false
  }

  const foldAll = async (entries: number): Promise<Compacted> => {
    const outcomes = { folded: 0, left: 0, failed: 0 }
    /** Those that are still told of. */
    const seen = new Set<string>()
    for (;;) {
      const found = await store.foldable(entries, SWEEP_DOCUMENTS + seen.size)
      const others = found.filter(({ space, document }) => !seen.has(keyOf(space, document)))
      if (others.length === 0 || closed) return outcomes
      for (const { space, document } of others) {
        if (closed) return outcomes
        seen.add(keyOf(space, document))
        outcomes[await foldedNow(space, document)] += 1
      }
    }
  }

  /** Once: what fails is tried again where it always is, by the sweep. */
  const foldedNow = async (space: string, document: string): Promise<keyof Compacted> => {
    const key = keyOf(space, document)
    if (held.has(key)) return 'left'
    held.add(key)
    try {
      const well = await options.replayed(space, document)
      return (await alone(() => foldOne(space, document, well))) ? 'folded' : 'left'
    } catch (error) {
      counters.add('fold-failed')
      log.warn('fold-failed', { space, document, ...reasonOf(error) })
      return 'failed'
    } finally {
      held.delete(key)
    }
  }

  /** Up to that seq. */
  const foldOne = async (space: string, document: string, well: number | undefined): Promise<boolean> => {
    const key = keyOf(space, document)
    const { entries: counted, bytes } = grownByDocument.get(key) ?? NOT_GROWN
    const head = await store.document(space, document)
    if (closed || head?.quarantined !== undefined) return false
    const body = await store.body(space, document)
    if (closed) return false
    if (well === undefined) throw new JoineryError('UNAVAILABLE', { what: 'replay' })
    const entries = body.filter(({ seq }) => seq <= well)
    const canFold = entries.length > 1 && entries.every(isFoldable)
    const isFolded = canFold && (await foldParts(space, document, entries, body.at(-1)?.seq ?? 0))
    if (closed) return isFolded
    const grown = grownByDocument.get(key)
    if (!isFolded || grown === undefined || grown.entries <= counted) {
      grownByDocument.delete(key)
      return isFolded
    }
    // What came meanwhile is still to be folded, and nobody else would look again.
    grown.entries -= counted
    grown.bytes -= bytes
    if (!isDue(grown)) return isFolded
    grown.dueAt = clock.monotonic()
    quietLater(space, document)
    return isFolded
  }

  /** `head` is of all that was read of the document. False when there was nothing to fold with, or the document moved on in another way than growing. */
  const foldParts = async (
    space: string,
    document: string,
    entries: readonly Entry[],
    head: number,
  ): Promise<boolean> => {
    const key = keyOf(space, document)
    const isJoined = joinedByDocument.get(key) === true
    const smallest = Math.ceil(PART / SMALLER ** (failuresByDocument.get(key) ?? 0))
    let snapshot: Uint8Array | undefined
    let at = 0
    let size = smallest
    while (at < entries.length) {
      const part = entries.slice(at, at + size)
      const updates = part.filter(isContent).map(entry => entry.bytes)
      if (snapshot !== undefined) updates.unshift(snapshot)
      const beganAt = clock.monotonic()
      const { engine } = entries[at] as Entry
      try {
        snapshot = await fold(engine, updates, isJoined ? 'join' : 'replay')
      } catch (error) {
        if (closed || at + size >= entries.length || codeOf(error) !== 'GAP') throw error
        size *= SMALLER
        continue
      }
      counters.observe('fold-seconds', (clock.monotonic() - beganAt) / 1_000)
      if (closed) return false
      if (snapshot === undefined) {
        leftBySweep.set(key, true)
        break
      }
      const isFolded = await replace(space, document, part, at > 0, snapshot, head)
      counters.add(isFolded ? 'folded' : 'fold-overtaken')
      if (!isFolded) return false
      at += part.length
      size = smallest
    }
    if (isJoined && !closed) await quarantine(space, document, 'more work than a worker may have')
    return snapshot !== undefined
  }

  /** Puts the snapshot in the place of these entries, and of the snapshot before them. */
  const replace = async (
    space: string,
    document: string,
    entries: readonly Entry[],
    isBehindSnapshot: boolean,
    snapshot: Uint8Array,
    head: number,
  ): Promise<boolean> => {
    const size = Math.min(LARGEST_SLICE, Math.max(SLICE, Math.ceil(snapshot.length / BYTES_AN_ENTRY)))
    for (let from = 0; from < entries.length; from += size) {
      if (from > 0) await turn()
      if (closed) return false
      const slice = entries.slice(from, from + size)
      const upTo = (slice.at(-1) as Entry).seq
      const count = slice.length + (isBehindSnapshot || from > 0 ? 1 : 0)
      const keptAt = limits.historyMs > 0 ? Math.round(clock.now()) : undefined
      const isFolded = await store.fold({ space, document, upTo, snapshot, entries: count, head, keptAt })
      // Its size has changed, and who wrote what has not.
      heads.moved(space, document)
      if (!isFolded) return false
    }
    return true
  }

  const failed = async (space: string, document: string, error: unknown): Promise<void> => {
    if (closed) return
    const key = keyOf(space, document)
    const code = codeOf(error)
    const isStored = code === 'QUARANTINED'
    const isOverBudget = code === 'TOO_LARGE'
    const isMissing = code === 'GAP'
    const isWeather = code !== undefined && !isStored && !isOverBudget && !isMissing
    const failures = (failuresByDocument.get(key) ?? 0) + (isWeather ? 0 : 1)
    failuresByDocument.set(key, failures)
    counters.add('fold-failed')
    const device = grownByDocument.get(key)?.device
    log.warn('fold-failed', { space, document, device, failures, ...reasonOf(error) })
    const isFirstLast = isOverBudget && failures === TRIES && joinedByDocument.get(key) !== true
    if (isFirstLast) {
      joinedByDocument.set(key, true)
      failuresByDocument.delete(key)
      counters.add('fold-over-budget')
      log.error('fold-over-budget', { space, document, device })
    }
    if (!isStored && (failures < TRIES || isFirstLast)) {
      clock.after(AGAIN_MS, () => {
        held.delete(key)
        if (!closed) enqueue(space, document)
      })
      return
    }
    held.delete(key)
    if (isMissing) {
      // Nothing is wrong with what is there: once a device has brought the rest, it is folded as any other.
      failuresByDocument.delete(key)
      await quarantine(space, document, 'something is missing from its log', 'GAP')
    } else await quarantine(space, document, isStored ? 'a damaged row' : 'cannot be folded')
  }

  const quietLater = (space: string, document: string): void => {
    clock.after(limits.foldQuietMs, () => {
      const grown = grownByDocument.get(keyOf(space, document))
      if (closed || grown === undefined || !isDue(grown)) return
      if (isQuiet(grown) || isRestless(grown)) enqueue(space, document)
      else quietLater(space, document)
    })
  }

  const isDue = ({ entries, bytes }: Grown): boolean => entries >= limits.foldEntries || bytes >= limits.foldBytes
  const isQuiet = (grown: Grown | undefined): boolean =>
    grown === undefined || clock.monotonic() - grown.wroteAt >= limits.foldQuietMs
  const isRestless = ({ entries, bytes, dueAt }: Grown): boolean =>
    entries >= limits.foldEntries * RESTLESS_ENTRIES ||
    bytes >= limits.foldBytes * RESTLESS_BYTES ||
    clock.monotonic() - dueAt >= limits.foldQuietMs * RESTLESS_WHILES

  const sweep = async (): Promise<void> => {
    try {
      for (const { space, document } of await store.foldable(limits.foldEntries, SWEEP_DOCUMENTS)) {
        const key = keyOf(space, document)
        const isLeft = failuresByDocument.get(key) !== undefined || leftBySweep.get(key) !== undefined
        if (!isLeft && isQuiet(grownByDocument.get(key))) enqueue(space, document)
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
      for (const { document, bytes, device } of entries) {
        const key = keyOf(space, document)
        const grown = grownByDocument.get(key) ?? { entries: 0, bytes: 0, wroteAt: 0, dueAt: 0, device }
        const wasDue = isDue(grown)
        grown.entries += 1
        grown.bytes += bytes.length
        grown.wroteAt = clock.monotonic()
        grown.device = device
        grownByDocument.set(key, grown)
        if (wasDue || !isDue(grown)) continue
        grown.dueAt = grown.wroteAt
        quietLater(space, document)
      }
    },
    waiting: () => waiting.size,
    all: foldAll,
    close() {
      closed = true
      stopSweep()
      waiting.clear()
    },
  }
}

/** What a snapshot may stand for: of a type that a newer relay wrote nobody here knows what it says, so it stays where it is (S3, D5). */
function isFoldable({ type }: Entry): boolean {
  return type === 'update' || type === 'snapshot' || type === 'void'
}

function codeOf(error: unknown): Code | undefined {
  return error instanceof JoineryError ? error.code : undefined
}

function isContent({ type, bytes }: Entry): boolean {
  return (type === 'update' || type === 'snapshot') && bytes.length > 0
}
