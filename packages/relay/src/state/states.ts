/**
 * What is stored of Yjs documents, for those who ask by state vector: no document is built (T1), and nothing of an idle one is held. Laws:
 * - A state is at least as new as when it was asked for; what was committed since may be in it already.
 * - Single-flight: who asks at the same time shares the load, and the last answers with it. A few megabytes in all are kept, of what is in
 *   one piece only when it is asked for again: it is as soon read, and who opens a thousand documents fills no memory with them.
 * - A document that cannot be read rejects; it is never taken for an empty one (S3).
 * - T2: a body that is long or of very many pieces is put together by a worker, and what is in more pieces than are looked through in no
 *   time is never read here: a worker answers whoever asks (CR-07). What came since counts too: of what grows larger than is read here, a
 *   kept state is forgotten.
 */
import { JoineryError, type DocumentHead, type Entry, type Store } from '@joinery/core'
import { fittingParts, heldUpdates, partsOf, type HeldUpdates, type UpdateParts } from '@joinery/core/gate'
import { boundedMap } from '../bounded-map.ts'
import { keyOf } from '../heads.ts'
import type { Counters } from '../log.ts'

/** Reads updates elsewhere than on the main thread. */
export interface JoinElsewhere {
  /** One update with all that these hold, or all that a state vector lacks of it, with every delete. */
  join(updates: readonly Uint8Array[], stateVector?: Uint8Array): Promise<JoinedElsewhere>
  /** What of an update these do not hold; with the next free clocks of a document, only what fits there. */
  lacking(
    updates: readonly Uint8Array[],
    update: Uint8Array,
    clocks?: ReadonlyMap<number, number>,
  ): Promise<Uint8Array | undefined>
}

export interface JoinedElsewhere {
  readonly update: Uint8Array
  /** What it is made of; undefined when that is too much to be looked through here. */
  readonly parts: UpdateParts | undefined
}

export interface State {
  /** The document's last seq that is in it; 0 when nothing of it is stored. */
  readonly seq: number
  /** One update with what a state vector lacks, and every delete. Shared by all who ask: not to be written to. */
  missing(stateVector: Uint8Array): Promise<Uint8Array>
  /**
   * What of an update is not stored, structs and deletes; undefined when nothing. With the next free clocks of a document: only what fits
   * there of it.
   */
  lackingOf(update: Uint8Array, clocks?: ReadonlyMap<number, number>): Promise<Uint8Array | undefined>
}

export interface States {
  /**
   * Rejects with GONE for a purged document, KIND_MISMATCH for one of another engine, QUARANTINED when its rows are damaged, UNAVAILABLE
   * when the store or the workers are.
   */
  at(space: string, document: string): Promise<State>
  /**
   * Entries that were committed, in order, and at which seq each document was before: states that are kept move on with them, unless they
   * missed something.
   */
  wrote(space: string, entries: readonly Entry[], before: ReadonlyMap<string, number>): void
}

export interface StatesOptions {
  readonly store: Pick<Store, 'document' | 'body'>
  /** Without it everything is read here. */
  readonly join?: JoinElsewhere | undefined
  readonly cachedBytes?: number
  /** Bodies up to so many bytes and entries are read here, and updates up to so many bytes: what a thread costs to start is more. */
  readonly inlineBytes?: number
  readonly inlineEntries?: number
  readonly inlineRuns?: number
  readonly inlineUpdateBytes?: number
  readonly counters?: Pick<Counters, 'add'>
}

const MiB = 1_048_576
/** What one run costs besides its bytes. */
const RUN_WEIGHT = 200
/** More runs than this, and twice as many as when it was last put together: it is put together again. */
const RUNS = 256
/** A state vector of more bytes is answered and not remembered. */
const VECTOR_BYTES = 64 * 1_024
/** As many documents are known to have been asked for. */
const ASKED = 4_096

interface Kept {
  seq: number
  bytes: number
  held: HeldUpdates
  /** In too many runs to be held: all of it stays unread. */
  readonly isFar: boolean
  /** To be read into `held` when somebody asks: who only writes pays nothing for it. */
  unread: Uint8Array[]
  /** Of what was written since somebody asked. */
  came: Came
  /** All of it, as one update. */
  whole: Uint8Array | undefined
  /** The last that was asked for by a state vector. */
  last: { readonly stateVector: Uint8Array; readonly update: Uint8Array } | undefined
  runsAtBest: number
}

interface Came {
  readonly entries: number
  readonly bytes: number
  readonly runs: number
}

interface Flight {
  loading: Promise<Kept> | undefined
  /** Something was written meanwhile. */
  moved: boolean
  isAskedAgain: boolean
}

const NOTHING_CAME: Came = { entries: 0, bytes: 0, runs: 0 }
const NOTHING_KEPT = {
  seq: 0,
  bytes: 0,
  isFar: false,
  came: NOTHING_CAME,
  whole: undefined,
  last: undefined,
  runsAtBest: 0,
}

export function createStates(options: StatesOptions): States {
  const { store, join } = options
  const inlineBytes = options.inlineBytes ?? MiB
  const inlineUpdateBytes = options.inlineUpdateBytes ?? 64 * 1_024
  const inlineEntries = options.inlineEntries ?? 2_048
  const inlineRuns = options.inlineRuns ?? 4_096
  const cache = boundedMap<Kept>(options.cachedBytes ?? 4 * MiB)
  const loads = new Map<string, Flight>()
  const asked = boundedMap<true>(ASKED)

  const keep = (key: string, kept: Kept): void => {
    const { whole, last } = kept
    const more = (whole?.length ?? 0) + (last === undefined ? 0 : last.update.length + last.stateVector.length)
    cache.set(key, kept, 500 + kept.bytes + more + (kept.held.runs + kept.unread.length) * RUN_WEIGHT)
  }

  /** More than is read here, at once or in the turn of whoever asks next. */
  const isMuch = ({ entries, bytes, runs }: Came, latest: Uint8Array): boolean =>
    latest.length > inlineUpdateBytes || entries > inlineEntries || bytes > inlineBytes || runs > inlineRuns

  const load = (space: string, document: string): Promise<Kept> => {
    const key = keyOf(space, document)
    const known = loads.get(key)
    options.counters?.add('joined', known === undefined ? 'store' : 'shared')
    if (known?.loading !== undefined) {
      known.isAskedAgain = true
      return known.loading
    }
    const flight: Flight = { loading: undefined, moved: false, isAskedAgain: asked.get(key) ?? false }
    asked.set(key, true)
    loads.set(key, flight)
    const run = async (): Promise<Kept> => {
      try {
        const kept = await read(space, document)
        // What was written meanwhile may be missing from it.
        if (!flight.moved && (flight.isAskedAgain || isWorked(kept))) keep(key, kept)
        return kept
      } finally {
        loads.delete(key)
      }
    }
    return (flight.loading = run())
  }

  const read = async (space: string, document: string): Promise<Kept> => {
    const entries = await store.body(space, document)
    const seq = entries.at(-1)?.seq ?? 0
    if (entries.some(({ type }) => type === 'tombstone')) throw new JoineryError('GONE', { space, document })
    const updates = entries
      .filter(({ type, bytes }) => (type === 'update' || type === 'snapshot') && bytes.length > 0)
      .map(entry => entry.bytes)
    let bytes = 0
    for (const update of updates) bytes += update.length
    const isLarge = bytes > inlineBytes || entries.length > inlineEntries || runsIn(updates) > inlineRuns
    if (join !== undefined && isLarge) {
      const { update: whole, parts } = await elsewhere(there => there.join(updates))
      const held = heldUpdates()
      if (parts !== undefined) held.addParts(parts)
      const unread = parts === undefined ? [whole] : []
      const isFar = parts === undefined
      return { ...NOTHING_KEPT, seq, bytes: whole.length, isFar, held, unread, whole, runsAtBest: held.runs }
    }
    const kept: Kept = { ...NOTHING_KEPT, seq, bytes, held: heldUpdates(), unread: updates }
    // One is served as it is.
    if (updates.length === 1) kept.whole = updates[0]
    else heldOf(kept)
    return kept
  }

  /** Once more, since the thread may have broken of something else; then it is what was to be read. */
  const elsewhere = async <T>(work: (there: JoinElsewhere) => Promise<T>): Promise<T> => {
    if (join === undefined) throw new JoineryError('UNAVAILABLE', { what: 'workers' })
    try {
      return await work(join).catch((error: unknown) => {
        if (error instanceof JoineryError && error.code !== 'TOO_LARGE') throw error
        return work(join)
      })
    } catch (error) {
      if (!(error instanceof JoineryError)) throw new JoineryError('QUARANTINED', { what: 'state' })
      // Reading is linear: it is this machine that is too busy.
      throw error.code === 'TOO_LARGE' ? new JoineryError('UNAVAILABLE', { what: 'workers' }) : error
    }
  }

  /** All that is kept, as one update. */
  const wholeOf = async (kept: Kept): Promise<Uint8Array> => {
    if (kept.whole !== undefined) return kept.whole
    if (!kept.isFar) return (kept.whole = heldOf(kept).encode())
    const before = [...kept.unread]
    const { update } = await elsewhere(there => there.join(before))
    // What came meanwhile stays behind it, and another may have been quicker.
    if (kept.unread[0] === before[0]) {
      kept.unread.splice(0, before.length, update)
      kept.came = cameWith(kept.unread.slice(1))
    }
    return update
  }

  const missingOf = async (kept: Kept, stateVector: Uint8Array): Promise<Uint8Array> => {
    if (!kept.isFar) return heldOf(kept).encode(stateVector)
    const { update } = await elsewhere(there => there.join([...kept.unread], stateVector))
    return update
  }

  const stateOf = (key: string, kept: Kept): State => ({
    seq: kept.seq,
    async missing(stateVector) {
      const { seq } = kept
      if (isEmpty(stateVector)) {
        if (kept.whole !== undefined) return kept.whole
        const whole = await wholeOf(kept)
        if (kept.seq === seq) kept.whole = whole
        if (cache.get(key) === kept) keep(key, kept)
        return whole
      }
      if (kept.last !== undefined && isSame(kept.last.stateVector, stateVector)) return kept.last.update
      const update = await missingOf(kept, stateVector)
      if (kept.seq === seq && stateVector.length <= VECTOR_BYTES)
        kept.last = { stateVector: stateVector.slice(), update }
      if (cache.get(key) === kept) keep(key, kept)
      return update
    },
    async lackingOf(update, clocks) {
      if (join !== undefined && (kept.isFar || update.length > inlineUpdateBytes)) {
        const stored = kept.seq === 0 ? [] : kept.isFar ? [...kept.unread] : [await wholeOf(kept)]
        return elsewhere(there => there.lacking(stored, update, clocks))
      }
      if (clocks === undefined) return heldOf(kept).lacking(update)
      const parts = partsOf(update)
      return parts === undefined ? update : heldOf(kept).lackingParts(fittingParts(parts, clocks).parts)
    },
  })

  return {
    async at(space, document) {
      const key = keyOf(space, document)
      const head = await store.document(space, document)
      if (head === undefined) return stateOf(key, { ...NOTHING_KEPT, held: heldUpdates(), unread: [] })
      if (head.state === 'gone') throw new JoineryError('GONE', { space, document })
      if (head.engine !== 'yjs') throw new JoineryError('KIND_MISMATCH', { engine: head.engine })
      const known = cache.get(key)
      if (known !== undefined && isNewEnough(known, head)) {
        options.counters?.add('joined', 'cache')
        return stateOf(key, known)
      }
      let kept = await load(space, document)
      // Another's load, which began before this was asked.
      if (!isNewEnough(kept, head)) kept = await load(space, document)
      if (!isNewEnough(kept, head)) throw new JoineryError('UNAVAILABLE', { what: 'document', document })
      return stateOf(key, kept)
    },
    wrote(space, entries, before) {
      for (const { document, engine, type, seq, bytes } of entries) {
        const key = keyOf(space, document)
        const loading = loads.get(key)
        if (loading !== undefined) loading.moved = true
        const kept = cache.get(key)
        if (kept === undefined || seq <= kept.seq) continue
        const isNext = kept.seq >= (before.get(document) ?? Infinity)
        if (!isNext || engine !== 'yjs' || type !== 'update') {
          cache.delete(key)
          continue
        }
        kept.came = cameWith([bytes], kept.came)
        if (isMuch(kept.came, bytes)) {
          cache.delete(key)
          continue
        }
        kept.seq = seq
        kept.bytes += bytes.length
        // A copy: it may be a few bytes of a large frame.
        kept.unread.push(bytes.slice())
        kept.whole = undefined
        kept.last = undefined
        keep(key, kept)
      }
    },
  }
}

function isNewEnough({ seq }: Kept, head: DocumentHead): boolean {
  return seq >= head.seq
}

/** More was done for it than to read it from the store. */
function isWorked({ held, isFar }: Kept): boolean {
  return held.runs > 0 || isFar
}

/** All that was written, read. */
function heldOf(kept: Kept): HeldUpdates {
  for (const update of kept.unread) if (!kept.held.add(update)) throw new JoineryError('QUARANTINED', { what: 'state' })
  if (kept.unread.length > 0) kept.unread = []
  kept.came = NOTHING_CAME
  putTogether(kept)
  return kept.held
}

/** Many small pieces as few large ones. */
function putTogether(kept: Kept): void {
  if (kept.held.runs <= RUNS || kept.held.runs <= 2 * kept.runsAtBest) return
  const whole = kept.held.encode()
  const again = heldUpdates()
  if (!again.add(whole)) return
  kept.held = again
  kept.bytes = whole.length
  kept.runsAtBest = again.runs
}

function cameWith(updates: readonly Uint8Array[], { entries, bytes, runs }: Came = NOTHING_CAME): Came {
  const more = updates.reduce((sum, { length }) => sum + length, 0)
  return { entries: entries + updates.length, bytes: bytes + more, runs: runs + runsIn(updates) }
}

/** Of how many runs they are at least, by the number that each begins with. */
function runsIn(updates: readonly Uint8Array[]): number {
  let runs = 0
  for (const update of updates) {
    for (let at = 0, unit = 1; at < 4; at++, unit *= 128) {
      const byte = update[at] ?? 0
      runs += (byte % 128) * unit
      if (byte < 128) break
    }
  }
  return runs
}

function isEmpty(stateVector: Uint8Array): boolean {
  return stateVector.length === 1 && stateVector[0] === 0
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
