/**
 * Writes edits into the log, many at once. Laws:
 * - S1: an edit is answered `acked` after the commit that holds it, and nobody is shown it before (S2).
 * - Group commit: while one commit runs, the next one gathers. While edits come so quickly that others would join, it keeps a little
 *   distance to the one before, so that they share an fsync (decisions/0007). Edits of one document keep their order.
 * - T5: one commit runs at a time and the next is judged after it. When one fails, its outcome is unknown: what is new is
 *   read, names too, and only then is anything tried again or refused.
 * - While the store is away edits wait here for a few seconds, and are written as soon as it is back: whoever were refused would come back
 *   late, each at a time of his own.
 * - A poisonous entry is found by halving and takes nobody with it; how often is bounded, so weather costs little.
 * - S5: a store that cannot know what is on its disk ends the process.
 */
import {
  entryDigest,
  JoineryError,
  NO_MARK,
  sameBytes,
  type Clock,
  type CommitEntry,
  type CommittedSpace,
  type Entry,
  type Hash,
  type SpaceCommit,
  type Store,
  type TraceContext,
} from '@joinery/core'
import type { Scanned, ScanLarge } from './gate/gate.ts'
import { acked, refused, type Answer, type Job, type Queued } from './job.ts'
import { isAway, judgeBatch, type Judged, type JudgeOptions, type Taken } from './judging.ts'
import type { RelayLimits } from './limits.ts'
import { reasonOf, type Counters, type Log } from './log.ts'
import { createSpacing } from './spacing.ts'
import type { Tracing } from './tracing/tracing.ts'

const STALE_TRIES = 5
const SCANNED_AT_ONCE = 64 * 1_024
/** What a scan costs besides the bytes, in bytes. */
const SCAN_WEIGHT = 128
/** So many are judged in one turn and written in another. */
const MANY = 128
const SPLITS = 32
const SHORT_BYTES = 64
const WEATHER_MS = 1_000
const FULL_MS = 5_000
/** How long an edit waits for a store that is away: as long as everybody does until they are sent away (MN-06). */
const AWAY_MS = 5_000
const AGAIN_MS = 200

export interface Committer {
  take(job: Job): void
  /** Calls back once, when the next commit is put together: what is taken then is in it. */
  soon(give: () => void): void
  /** An edit came that will be given. */
  came(): void
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>
  /** Bytes of edits that wait or are being written. */
  waitingBytes(): number
  waitingEntries(): number
}

export interface CommitterOptions extends Omit<JudgeOptions, 'limits' | 'store' | 'clock'> {
  readonly clock: Clock
  readonly store: Pick<Store, 'commit' | 'commitAlone' | 'named' | 'holds'>
  readonly limits: RelayLimits
  readonly log: Log
  readonly counters: Counters
  /** Scans what is too large for the main thread. */
  readonly scanLarge: ScanLarge
  /** Resolves once what has arrived by now has been read, so that it shares a commit. */
  readonly turn: () => Promise<void>
  /** Stops everything for so many ms. */
  readonly nap?: ((ms: number) => void) | undefined
  /** After answers: they can be sent. */
  readonly settled: () => void
  /**
   * Entries that are in the log now, of one space, in order, ending at `head`; at which seq each document was before; and their commit, when
   * one of them is traced. Returns what it costs other nodes, in ms.
   */
  readonly published: (
    committed: CommittedSpace,
    entries: readonly Entry[],
    before: ReadonlyMap<string, number>,
    commit?: TraceContext,
  ) => number
  /** The log of a space may have moved, nobody knows how far. */
  readonly unsure: (space: string) => void
  readonly onFatal: (error: unknown) => void
  /** A quicker SHA-256 than ours. */
  readonly hash?: Hash | undefined
  readonly tracing?: Tracing | undefined
}

export function createCommitter(options: CommitterOptions): Committer {
  const { store, clock, heads, devices, gates, limits, log, counters, settled, tracing } = options
  const acks = counters.cell('answered', 'acked')
  let queue: Queued[] = []
  /** Who has something for the next commit. */
  const givers: (() => void)[] = []
  let running = false
  let waitingBytes = 0
  let waitingEntries = 0
  const spacing = createSpacing({ clock, distanceMs: limits.commitDistanceMs, turn: options.turn, nap: options.nap })
  /** What is small enough to be scanned here, when it is its turn; and how much was since others had theirs. */
  let unscanned: Queued[] = []
  let scannedBytes = 0
  let wake: (() => void) | undefined
  let idlers: (() => void)[] = []

  const answer = (queued: Queued, given: Answer, at = clock.monotonic()): void => {
    waitingBytes -= queued.job.entry.bytes.length
    waitingEntries -= 1
    if (given.answer === 'acked') {
      acks.value += 1
      counters.observe('ack-seconds', (at - queued.takenAt) / 1_000)
    } else counters.add('answered', given.code)
    queued.trace?.answered(given, at)
    queued.job.answer(given)
  }

  const take = (job: Job): void => {
    const { bytes, engine, type } = job.entry
    const takenAt = clock.monotonic()
    const queued: Queued = {
      job,
      takenAt,
      trace: tracing?.edit(job, takenAt),
      digest: NO_MARK,
      scanned: undefined,
      stale: 0,
      failures: 0,
    }
    queue.push(queued)
    if (job.isGiven !== true) spacing.came()
    waitingBytes += bytes.length
    waitingEntries += 1
    const gate = gates.get(engine)
    if (gate === undefined || type === 'tombstone') scanned(queued, NOT_SCANNED)
    else if (bytes.length > limits.inlineScanBytes) void scanLarge(queued)
    else if (unscanned.length === 0 && scannedBytes + bytes.length <= SCANNED_AT_ONCE) scanHere(queued)
    else if (unscanned.push(queued) === 1) void scanRest()
    if (!running) void run()
    // It may be waiting for a thread, which is no reason to wait for this.
    else if (queued.scanned !== undefined) wake?.()
  }

  /** Who types now and then waits for it: for a few bytes ours is as quick as the platform's, and marks keep it warm. */
  const digestOf = (entry: Job['entry']): Uint8Array =>
    entryDigest(entry, entry.bytes.length > SHORT_BYTES ? options.hash : undefined)

  const scanHere = (queued: Queued): void => {
    const { engine, bytes } = queued.job.entry
    scannedBytes += bytes.length + SCAN_WEIGHT
    scanned(queued, gates.get(engine)?.scan(bytes))
  }

  const scanned = (queued: Queued, result: Scanned | undefined, digest?: Uint8Array): void => {
    queued.scanned = result
    queued.trace?.scanned(clock.monotonic())
    queued.digest = digest ?? digestOf(queued.job.entry)
  }

  /** A message may bring a thousand that are small enough each: between a few of them everybody has his turn. */
  const scanRest = async (): Promise<void> => {
    for (let at = 0; at < unscanned.length;) {
      await options.turn()
      scannedBytes = 0
      for (; at < unscanned.length && scannedBytes < SCANNED_AT_ONCE; at++) scanHere(unscanned[at] as Queued)
      wake?.()
    }
    unscanned = []
  }

  const scanLarge = async (queued: Queued): Promise<void> => {
    const { entry } = queued.job
    const { engine, bytes } = entry
    const attempt = (): ReturnType<ScanLarge> => options.scanLarge(engine, bytes, entry)
    try {
      // Once more, since the thread may have broken of something else.
      const result = await attempt().catch(attempt)
      scanned(queued, result, result.digest)
    } catch (error) {
      log.warn('scan-failed', { session: sessionOf(queued), ...reasonOf(error), bytes: bytes.length })
      counters.add('scan-failed')
      const isBusy = error instanceof JoineryError && error.code === 'UNAVAILABLE'
      // It broke two threads, or took too long in both: whatever these bytes are, nobody gets them (CR-22, CR-23).
      scanned(queued, { ok: false, code: isBusy ? 'UNAVAILABLE' : 'BAD_UPDATE', detail: 'the scan did not end' })
    }
    wake?.()
  }

  const run = async (): Promise<void> => {
    running = true
    await options.turn()
    try {
      while (queue.length > 0 || givers.length > 0) {
        await (queue.length >= limits.batchEntries ? options.turn() : spacing.apart())
        scannedBytes = 0
        spacing.gathered()
        for (const give of givers.splice(0)) give()
        const batch = gather()
        if (batch.length === 0 && queue.length > 0) await new Promise<void>(resolve => (wake = resolve))
        else await settle(batch, { splits: SPLITS })
        wake = undefined
      }
    } catch (error) {
      // Nothing that a peer or a disk may do throws here. What state this is in, nobody knows.
      options.onFatal(error)
      return
    }
    running = false
    for (const idler of idlers) idler()
    idlers = []
  }

  /** The oldest that can be judged, in order: nothing overtakes what is still being scanned of the same document. */
  const gather = (): Queued[] => {
    const batch: Queued[] = []
    const left: Queued[] = []
    const blocked = new Set<string>()
    let bytes = 0
    let authors = 0
    for (const queued of queue) {
      const { space, entry } = queued.job
      const key = `${space}/${entry.document}`
      const heads = queued.scanned?.ok === true ? (queued.scanned.authors ?? 1) : 0
      const isOver = bytes + entry.bytes.length > limits.batchBytes || authors + heads > limits.batchAuthors
      const full = batch.length >= limits.batchEntries || (batch.length > 0 && isOver)
      if (full || queued.scanned === undefined || blocked.has(key)) {
        blocked.add(key)
        left.push(queued)
      } else {
        batch.push(queued)
        bytes += entry.bytes.length
        authors += heads
      }
    }
    queue = left
    return batch
  }

  /** A space where another node was quicker is written by itself: no transaction holds a lock of others while it is judged (T4). */
  const settle = async (batch: readonly Queued[], budget: { splits: number }): Promise<void> => {
    for (const part of isOvertaken(batch) ? spaceBySpace(batch) : [batch]) await settlePart(part, budget)
  }

  const settlePart = async (batch: readonly Queued[], budget: { splits: number }): Promise<void> => {
    const { taken, later, unread, ...tried } = await (isOvertaken(batch) ? tryAlone(batch) : tryToCommit(batch))
    const left = taken.length === 0 ? [] : await settleTried(taken, tried, budget)
    const patient = waitForStore(unread)
    settled()
    const again = inOrder(batch, [...later, ...left, ...patient])
    if (patient.length > 0 || ('error' in tried.outcome && left.length > 0)) await pause(AGAIN_MS)
    if (again.length > 0) await settle(again, budget)
  }

  const pause = (ms: number): Promise<void> => new Promise(resolve => void clock.after(ms, resolve))

  /** Those of them that may wait until the store is back; others have waited long enough. */
  const waitForStore = (some: readonly Queued[]): Queued[] => {
    const since = clock.monotonic() - AWAY_MS
    const [patient, late] = [some.filter(one => one.takenAt > since), some.filter(one => one.takenAt <= since)]
    for (const queued of late) answer(queued, refused('UNAVAILABLE', 'the store is away', WEATHER_MS))
    return patient
  }

  const judge = async (batch: readonly Queued[]): Promise<Judged> => {
    const judged = await judgeBatch(options, batch, answer)
    if (judged.taken.length > MANY) await options.turn()
    return judged
  }

  const tryToCommit = async (batch: readonly Queued[]): Promise<Judged & Tried> => {
    const judged = await judge(batch)
    const spaces = bySpace(judged.taken)
    const outcome = spaces.length === 0 ? NOTHING_WRITTEN : await outcomeOf(store.commit(commitsOf(spaces)))
    return { ...judged, spaces, outcome }
  }

  const isOvertaken = (batch: readonly Queued[]): boolean =>
    store.commitAlone !== undefined && batch.some(({ stale }) => stale > 0)

  /** Nodes that write in one document all the time would overtake each other for ever, and the slower one would never write. */
  const tryAlone = async (batch: readonly Queued[]): Promise<Judged & Tried> => {
    await readAll(batch)
    let judged: Judged | undefined
    let spaces: BySpace = []
    const decide = async (): Promise<SpaceCommit[]> => {
      // Not what anybody began to read before the lock.
      for (const { job } of batch) heads.moved(job.space, job.entry.document)
      judged = await judge(batch)
      spaces = bySpace(judged.taken)
      return commitsOf(spaces)
    }
    const names = new Set(batch.map(({ job }) => job.space))
    const outcome = await outcomeOf(store.commitAlone?.([...names], decide) ?? Promise.resolve([]))
    return judged === undefined ? tryToCommit(batch) : { ...judged, spaces, outcome }
  }

  /** What is long is read before anybody has to wait for it; what moves meanwhile is read behind the lock, and is little. */
  const readAll = async (batch: readonly Queued[]): Promise<void> => {
    const places = new Map(batch.map(({ job }) => [`${job.space}/${job.entry.document}`, job]))
    for (const { space, entry } of places.values()) {
      try {
        await heads.load(space, entry.document)
      } catch {
        // It is told when it is judged.
      }
    }
  }

  const outcomeOf = async (committing: Promise<readonly CommittedSpace[]>): Promise<Tried['outcome']> => {
    const beganAt = clock.monotonic()
    try {
      const committed = await committing
      return { beganAt, committedAt: clock.monotonic(), committed }
    } catch (error) {
      return { error }
    }
  }

  /** Answers what was taken, and written or not; gives back what has to be judged again. */
  const settleTried = async (
    taken: readonly Taken[],
    { spaces, outcome }: Tried,
    budget: { splits: number },
  ): Promise<Queued[]> => {
    if ('error' in outcome) return recover(taken, outcome.error, budget)
    const { beganAt, committedAt, committed } = outcome
    counters.observe('commit-seconds', (committedAt - beganAt) / 1_000)
    counters.observe('commit-entries', taken.length)
    const trace = tracing && traced(tracing, taken, beganAt, committedAt)
    const stale: Queued[] = []
    const shown: (() => number)[] = []
    for (const [at, [space, ofSpace]] of spaces.entries()) {
      const result = committed[at]
      if (result === undefined) throw new Error('a commit without its outcome')
      const written: Entry[] = []
      const before = new Map<string, number>()
      const lastSeqs = new Map<string, number>()
      for (const [i, { queued, entry }] of ofSpace.entries()) {
        const outcome = result.outcomes[i]
        if (outcome?.outcome === 'written') {
          heads.committed(space, entry, outcome.seq, lastSeqs.get(entry.document) ?? entry.basedOn)
          lastSeqs.set(entry.document, outcome.seq)
          before.set(entry.document, entry.basedOn)
          written.push(storedEntry(entry, outcome.seq))
          answer(queued, acked(outcome.seq), committedAt)
        } else {
          heads.moved(space, entry.document)
          if (outcome?.outcome === 'known') answer(queued, acked(outcome.seq))
          else if (outcome?.outcome === 'forked')
            answer(queued, refused('DEVICE_FORKED', 'the same n with other content'))
          else if (outcome?.outcome === 'gone') answer(queued, refused('GONE', 'purged'))
          else if (++queued.stale < STALE_TRIES) stale.push(queued)
          else answer(queued, refused('UNAVAILABLE', 'the document keeps moving', WEATHER_MS))
        }
        devices.pushed(space, entry.device, entry.subject, entry.n)
      }
      const from = trace !== undefined && ofSpace.some(isTraced) ? trace : undefined
      if (written.length > 0) shown.push(() => options.published(result, written, before, from))
    }
    // The author hears first that it is safe, then everybody hears it.
    settled()
    let elsewhereMs = 0
    for (const show of shown) elsewhereMs += show()
    spacing.settled(elsewhereMs)
    return stale
  }

  /** After a commit that failed: whether it was written after all, is tried again in halves, or has to wait. */
  const recover = async (taken: readonly Taken[], error: unknown, budget: { splits: number }): Promise<Queued[]> => {
    counters.add('commit-failed')
    log.error('commit-failed', { ...reasonOf(error), entries: taken.length, sessions: sessionsOf(taken) })
    for (const { queued, entry } of taken) {
      heads.moved(queued.job.space, entry.document)
      devices.forget(queued.job.space, entry.device)
      options.unsure(queued.job.space)
    }
    if (isFatal(error)) {
      options.onFatal(error)
      return []
    }
    // Nothing can be read either. Whether it was written is found by its name.
    if (isAway(error)) return waitForStore(taken.map(({ queued }) => queued))
    const full = error instanceof JoineryError && error.code === 'QUOTA'
    const [only] = taken
    const isAlone = taken.length === 1 && only !== undefined && ++only.queued.failures > 1
    if (full || isAlone || budget.splits <= 0) {
      const no = full
        ? refused('QUOTA', 'the disk is full', FULL_MS)
        : refused('UNAVAILABLE', 'cannot be saved now', WEATHER_MS)
      for (const one of taken) if (!(await wasWritten(one))) answer(one.queued, no)
      return []
    }
    // What was written after all is found by its name when it is judged again.
    budget.splits -= 1
    const half = Math.ceil(taken.length / 2)
    for (const part of [taken.slice(0, half), taken.slice(half)]) {
      if (part.length > 0)
        await settle(
          part.map(({ queued }) => queued),
          budget,
        )
    }
    return []
  }

  /** Answers what the failed commit wrote nevertheless. What cannot be read now may be there or not: it is not refused for good. */
  const wasWritten = async ({ queued, entry }: Taken): Promise<boolean> => {
    try {
      const known = await store.named(queued.job.space, entry.device, entry.n)
      if (known === undefined || !sameBytes(known.digest, entry.digest)) return false
      answer(queued, acked(known.seq))
    } catch {
      answer(queued, refused('UNAVAILABLE', 'cannot be read now', WEATHER_MS))
    }
    return true
  }

  return {
    take,
    soon(give) {
      givers.push(give)
      if (!running) void run()
      else wake?.()
    },
    came: spacing.came,
    waitingBytes: () => waitingBytes,
    waitingEntries: () => waitingEntries,
    idle: () => (running ? new Promise(resolve => idlers.push(resolve)) : Promise.resolve()),
  }
}

type BySpace = readonly (readonly [space: string, taken: readonly Taken[]])[]

/** A commit that was tried, and what became of it. */
interface Tried {
  readonly spaces: BySpace
  readonly outcome:
    | { readonly beganAt: number; readonly committedAt: number; readonly committed: readonly CommittedSpace[] }
    | { readonly error: unknown }
}

const NOTHING_WRITTEN: Tried['outcome'] = { beganAt: 0, committedAt: 0, committed: [] }

function commitsOf(spaces: BySpace): SpaceCommit[] {
  return spaces.map(([space, taken]) => ({ space, entries: taken.map(({ entry }) => entry) }))
}

function isTraced({ queued }: Taken): boolean {
  return queued.trace !== undefined
}

/** The span of a commit that was written, when something in it is traced. */
function traced(
  tracing: Tracing,
  taken: readonly Taken[],
  beganAt: number,
  committedAt: number,
): TraceContext | undefined {
  if (!taken.some(isTraced)) return undefined
  const traces = taken.flatMap(({ queued }) => queued.trace ?? [])
  return tracing.commit(traces, taken.length, beganAt, committedAt)
}

/** In a line of the log, so many and no more. */
const SESSIONS = 8

function sessionOf({ job }: Queued): string {
  return job.session ?? job.device
}

function sessionsOf(taken: readonly Taken[]): string {
  const sessions = new Set(taken.map(({ queued }) => sessionOf(queued)))
  return [...sessions].slice(0, SESSIONS).join(' ')
}

const NOT_SCANNED: Scanned = { ok: true, scan: {}, stampMax: undefined }

function storedEntry(entry: CommitEntry, seq: number): Entry {
  const { type, document, kind, engine, at, device, n, subject, bytes } = entry
  return { seq, type, document, kind, engine, at, device, n, subject, bytes }
}

/** Spaces sorted, so that two nodes lock them in one order (R1). */
function bySpace(taken: readonly Taken[]): BySpace {
  const takenBySpace = new Map<string, Taken[]>()
  for (const one of taken) {
    const { space } = one.queued.job
    const others = takenBySpace.get(space)
    if (others === undefined) takenBySpace.set(space, [one])
    else others.push(one)
  }
  return [...takenBySpace].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Each space that was overtaken, and all others together. */
function spaceBySpace(batch: readonly Queued[]): Queued[][] {
  const overtaken = new Set(batch.flatMap(({ stale, job }) => (stale > 0 ? [job.space] : [])))
  const others = batch.filter(({ job }) => !overtaken.has(job.space))
  const alone = [...overtaken].map(space => batch.filter(({ job }) => job.space === space))
  return others.length > 0 ? [others, ...alone] : alone
}

function inOrder(batch: readonly Queued[], some: readonly Queued[]): Queued[] {
  if (some.length === 0) return []
  const chosen = new Set(some)
  return batch.filter(queued => chosen.has(queued))
}

/** A store says so in the details of its error (S5). */
function isFatal(error: unknown): boolean {
  return error instanceof JoineryError && error.details['fatal'] === true
}
