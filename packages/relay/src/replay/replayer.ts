/**
 * Replays what was committed, behind the commit, and voids what breaks an engine or splits digests though it passed the gate. Laws:
 * - D2: what is voided stays in the log, in the `void` entry that names it; readers get what is left of it, so that nobody's later edit
 *   waits for it, and everybody begins the document anew.
 * - T2: engines run in workers with a budget. A document that is broken by no single update is quarantined alone (CR-27).
 * - What it costs is bounded: one document at a time, and it rests many times as long as it worked. What waits is bounded, too: a document
 *   that fell out of it, or was written before this process began, is found by a sweep over all.
 * - A document is looked at when it is quiet, or waited for long, and before it is folded.
 */
import {
  entryDigest,
  hex,
  JoineryError,
  type Clock,
  type CommittedSpace,
  type Entry,
  type Hash,
  type Random,
  type Store,
} from '@joinery/core'
import { encodeVoided } from '@joinery/core/protocol'
import { boundedMap } from '../bounded-map.ts'
import { keyOf, type Heads } from '../heads.ts'
import type { RelayLimits } from '../limits.ts'
import { reasonOf, type Counters, type Log } from '../log.ts'
import { breakageOf, findCulprit, type Breakage, type Trials } from './culprit.ts'

export interface Replayer {
  /** Entries that were committed. */
  wrote(space: string, entries: readonly Entry[]): void
  /**
   * Looks at the document now, as far as it was not: up to which seq it is well, without an end when there is nothing to try. Undefined when
   * it is not, or that is not known: the store or the workers are away, or the work was too much this time.
   */
  replayed(space: string, document: string): Promise<number | undefined>
  /** Documents that wait to be looked at. */
  waiting(): number
  close(): void
}

export interface ReplayerOptions {
  readonly store: Pick<Store, 'document' | 'body' | 'void' | 'everyDocument'>
  readonly clock: Clock
  readonly random: Random
  readonly limits: Pick<RelayLimits, 'replayQuietMs' | 'replaySweepMs'>
  readonly log: Log
  readonly counters: Counters
  readonly heads: Pick<Heads, 'forget'>
  /** Without it nothing is looked at. */
  readonly trials: Trials | undefined
  /** Runs it when nothing else works on what is stored of documents, and once the clock is the store's. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly published: (
    committed: CommittedSpace,
    entries: readonly Entry[],
    before: ReadonlyMap<string, number>,
  ) => void
  readonly quarantine: (space: string, document: string, reason: string) => Promise<void>
  readonly hash?: Hash | undefined
}

const WATCHED = 20_000
const TICK_MS = 1_000
/** A document that is never quiet waits so many times as long. */
const RESTLESS = 12
/** So many times as long as it worked. */
const RESTS = 19
const SWEEP_DOCUMENTS = 256
/** As many entries are tried at once: what is over the budget is one of few. */
const STEP = 32_768
/** Work that took too long may do so because this machine was busy: it is believed the third time. */
const TRIES = 3
/** Of one document in one look. */
const VOIDS = 16
/** Of a look that failed without a word about the document. */
const AGAIN_MS = 10_000
const NAME_BYTES = 12

interface Dirty {
  readonly space: string
  readonly document: string
  readonly since: number
  wroteAt: number
}

interface Place {
  readonly space: string
  readonly document: string
}

export function createReplayer(options: ReplayerOptions): Replayer {
  const { store, clock, limits, log, counters, trials } = options
  if (trials === undefined)
    return { wrote: () => undefined, replayed: async () => Infinity, waiting: () => 0, close: () => undefined }

  /** The name under which this process voids. Chance, so that nobody has it. */
  const device = `r-${hex(options.random.bytes(NAME_BYTES))}`
  const beganAt = clock.monotonic()
  let named = 0
  const dirtyByDocument = new Map<string, Dirty>()
  /** Up to which seq a document is known to be well. */
  const wellByDocument = boundedMap<number>(WATCHED)
  /** At which seq it could not be mended. */
  const lostByDocument = boundedMap<number>(WATCHED)
  /** How often it was over the budget. */
  const overByDocument = boundedMap<number>(WATCHED)
  const untriedEngines = new Set<string>()
  let found: Place[] = []
  let sweptTo = 0
  let isSwept = false
  let isLooking = false
  let restUntil = 0
  let stopTick = (): void => undefined
  let closed = false

  const note = (space: string, document: string, wroteAt: number): void => {
    const key = keyOf(space, document)
    const known = dirtyByDocument.get(key)
    if (known !== undefined) {
      known.wroteAt = wroteAt
      return
    }
    dirtyByDocument.set(key, { space, document, since: wroteAt, wroteAt })
    if (dirtyByDocument.size <= WATCHED) return
    const [oldest] = dirtyByDocument.keys()
    if (oldest === undefined) return
    dirtyByDocument.delete(oldest)
    wellByDocument.delete(oldest)
    counters.add('replay-dropped')
    // It is found when everything is gone through once more.
    isSwept = false
  }

  const isDue = ({ since, wroteAt }: Dirty, now: number): boolean =>
    now - wroteAt >= limits.replayQuietMs || now - since >= RESTLESS * limits.replayQuietMs

  const next = async (now: number): Promise<Place | undefined> => {
    for (const [key, dirty] of dirtyByDocument) {
      if (!isDue(dirty, now)) continue
      dirtyByDocument.delete(key)
      return dirty
    }
    if (found.length === 0 && !isSwept && now - beganAt >= limits.replaySweepMs) await sweep()
    return found.shift()
  }

  const sweep = async (): Promise<void> => {
    const page = await store.everyDocument(sweptTo, SWEEP_DOCUMENTS)
    isSwept = page.length < SWEEP_DOCUMENTS
    sweptTo = isSwept ? 0 : (page.at(-1)?.at ?? 0)
    found = page.filter(
      ({ space, document, engine }) =>
        !untriedEngines.has(engine) && wellByDocument.get(keyOf(space, document)) === undefined,
    )
  }

  const tick = async (): Promise<void> => {
    const now = clock.monotonic()
    if (isLooking || now < restUntil) return
    isLooking = true
    try {
      const place = await next(now)
      if (place !== undefined && !closed) await look(place.space, place.document)
    } catch (error) {
      log.warn('replay-failed', reasonOf(error))
    } finally {
      isLooking = false
      const ended = clock.monotonic()
      restUntil = ended + RESTS * (ended - now)
    }
  }
  const tickLater = (): void => {
    stopTick = clock.after(TICK_MS, () => {
      void tick()
      if (!closed) tickLater()
    })
  }

  const look = async (space: string, document: string): Promise<number | undefined> => {
    try {
      return await options.alone(() => lookAt(space, document))
    } catch (error) {
      if (closed) return undefined
      // Its rows are damaged, or the store or the workers are not there: nothing is known of the document.
      log.warn('replay-failed', { space, document, ...reasonOf(error) })
      const isWeather = error instanceof JoineryError && error.code !== 'QUARANTINED'
      if (isWeather) againLater(space, document)
      return undefined
    }
  }

  const againLater = (space: string, document: string): void => {
    clock.after(AGAIN_MS, () => {
      if (!closed) note(space, document, clock.monotonic())
    })
  }

  const lookAt = async (space: string, document: string): Promise<number | undefined> => {
    const key = keyOf(space, document)
    const head = await store.document(space, document)
    if (closed) return undefined
    if (head === undefined || head.state === 'gone' || untriedEngines.has(head.engine)) return Infinity
    // What is lost of it is being brought.
    if (head.quarantined === 'GAP' || lostByDocument.get(key) === head.seq) return undefined
    if (wellByDocument.get(key) === head.seq) return head.seq
    const body = await store.body(space, document)
    const entries = body.filter(({ type }) => type === 'update' || type === 'snapshot')
    const well = wellByDocument.get(key) ?? 0
    // A snapshot was read back when it was made, and so was what is left of a voided entry.
    let known = entries.findIndex(({ seq, type }) => seq > well && type !== 'snapshot')
    if (known < 0) known = entries.length
    let voids = 0
    while (known < entries.length) {
      if (closed) return undefined
      const upTo = Math.min(known + STEP, entries.length)
      const updates = entries.slice(0, upTo).map(({ bytes }) => bytes)
      counters.add('replayed')
      const breakage = await breakageOf(trials, head.engine, updates, known)
      if (breakage === undefined) {
        untriedEngines.add(head.engine)
        return Infinity
      }
      if (breakage === 'fine') {
        known = upTo
        continue
      }
      // What was folded is in nobody's name any more.
      const fixed = entries[0]?.type === 'snapshot' ? 1 : 0
      const culprit = voids < VOIDS ? await findCulprit(trials, head.engine, updates, known, fixed) : undefined
      const entry = culprit && entries[culprit.at]
      if (culprit === undefined || entry === undefined) {
        const times = (overByDocument.get(key) ?? 0) + 1
        overByDocument.set(key, times)
        if (breakage === 'budget' && times < TRIES) againLater(space, document)
        else await giveUp(space, document, head.seq, breakage)
        return undefined
      }
      if (closed || !(await voidOne(space, entry, culprit.instead, breakage))) return undefined
      voids += 1
      if (culprit.instead === undefined) entries.splice(culprit.at, 1)
      else entries[culprit.at] = { ...entry, bytes: culprit.instead }
      known = Math.min(known, culprit.at)
    }
    const last = body.at(-1)?.seq ?? 0
    wellByDocument.set(key, last)
    return last
  }

  const giveUp = async (space: string, document: string, seq: number, breakage: Breakage): Promise<void> => {
    lostByDocument.set(keyOf(space, document), seq)
    counters.add('replay-lost', breakage)
    await options.quarantine(space, document, `breaks its engine: ${breakage}`)
  }

  /** False when the document moved on in another way than growing. */
  const voidOne = async (
    space: string,
    voided: Entry,
    instead: Uint8Array | undefined,
    breakage: Breakage,
  ): Promise<boolean> => {
    const { document, kind, engine } = voided
    const entry = {
      type: 'void',
      document,
      kind,
      engine,
      at: Math.floor(clock.now()),
      device,
      n: ++named,
      subject: '',
      bytes: encodeVoided(voided),
      basedOn: 0,
      authors: [],
    } as const
    const digest = entryDigest(entry, options.hash)
    const done = await store.void({ space, seq: voided.seq, instead, entry: { ...entry, digest } })
    if (done === undefined) return false
    options.heads.forget(space, document)
    counters.add('voided', breakage)
    log.error('voided', { space, document, seq: voided.seq, device: voided.device, subject: voided.subject, breakage })
    options.published({ space, head: done.head, outcomes: [] }, [done.entry], new Map([[document, done.before]]))
    return true
  }

  tickLater()
  return {
    wrote(space, entries) {
      const now = clock.monotonic()
      for (const { document, engine, type } of entries)
        if (type === 'update' && !untriedEngines.has(engine)) note(space, document, now)
    },
    replayed: look,
    waiting: () => dirtyByDocument.size + found.length,
    close() {
      closed = true
      stopTick()
      dirtyByDocument.clear()
      found = []
    },
  }
}
