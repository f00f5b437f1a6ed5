/**
 * What people ask of a document's past. Laws:
 * - A1, A4: whoever may read the space may read its history, and names need a role that writes; for everybody else nothing is there.
 * - T2: a version is put together by a worker with a budget; what is over it is joined by its bytes, which builds nothing.
 * - T3, T4: so many are read at once, each of so many bytes at most; and nobody asks quicker than his bucket fills.
 * - Nothing is rewound here: who wants an old state writes it as a new edit.
 */
import {
  checkStorable,
  JoineryError,
  type Clock,
  type DocumentHead,
  type Entry,
  type Lineal,
  type Store,
} from '@joinery/core'
import { versionsOf, type Version } from '@joinery/core/history'
import type { Access } from '@joinery/core/sync'
import type { Spaces } from '../access/spaces.ts'
import type { Verify } from '../access/tokens.ts'
import { bucket, type Bucket } from '../bucket.ts'
import { boundedMap } from '../bounded-map.ts'
import type { Fold } from '../compactor.ts'
import { inTurns } from '../in-turns.ts'
import type { RelayLimits } from '../limits.ts'
import { reasonOf, type Counters, type Log } from '../log.ts'
import { isContent, keptEntries } from './kept-entries.ts'

/** Versions are made at the same time. */
const AT_ONCE = 2
/** What one person may ask in a second, and at once after a while. */
const PER_SECOND = 10
const BURST = 60
const PEOPLE = 10_000
/** Named versions of one document: each is kept for as long as it has its name. */
const MOST_NAMES = 200
const NAME_LENGTH = 100
const PAGE = 50
const MOST_PAGE = 200

/** A document in a space, as somebody may see it. */
export interface HistoryOf {
  /** Newest first: those that end before a seq. */
  list(page: { readonly before?: number; readonly limit?: number }): Promise<VersionPage>
  /** What the document held at a version, as one update; NOT_FOUND when there is no such version (any more). */
  read(seq: number): Promise<VersionContent>
  /** That, and then each entry up to another version as it was written: who wrote what. From 0 on: from nothing. */
  changes(since: number, seq: number): Promise<Entry[]>
  /** Gives a version a name, or with an empty one takes it away. FORBIDDEN, BAD_INPUT; NOT_FOUND as for `read`. */
  name(seq: number, name: string): Promise<void>
}

export interface VersionPage {
  readonly versions: readonly Version[]
  /** The `before` of the next page; undefined when there is none. */
  readonly next: number | undefined
  /** How long what a snapshot replaced is kept. */
  readonly keptMs: number
}

export interface VersionContent extends Pick<DocumentHead, 'kind' | 'engine'> {
  readonly update: Uint8Array
}

export interface History {
  /** UNAUTHENTICATED, RATE_LIMITED; NOT_FOUND for what is not there or not for this person; GONE. */
  of(token: string, space: string, document: string): Promise<HistoryOf>
}

export function createHistory(options: {
  readonly store: Pick<Store, 'document' | 'body' | 'past' | 'lineage' | 'nameVersion' | 'versionNames'>
  readonly clock: Clock
  readonly verify: Verify
  readonly spaces: Pick<Spaces, 'open'>
  readonly limits: Pick<RelayLimits, 'historyBytes' | 'historyMs'>
  readonly log: Log
  readonly counters: Counters
  /** Puts a version together, elsewhere than here. */
  readonly fold: Fold | undefined
}): History {
  const { store, clock, verify, spaces, limits, log, counters } = options
  const buckets = boundedMap<Bucket>(PEOPLE)
  const turn = inTurns(AT_ONCE)

  const enter = async (token: string, name: string): Promise<{ access: Access; subject: string }> => {
    const { subject } = await verify(token)
    const own = buckets.get(subject) ?? bucket(PER_SECOND, BURST, clock.monotonic())
    buckets.set(subject, own)
    const wait = own.take(1, clock.monotonic())
    if (wait > 0) throw new JoineryError('RATE_LIMITED', { retryAfter: wait })
    const access = await spaces.open(subject, name)
    if (access === undefined) throw new JoineryError('NOT_FOUND')
    return { access, subject }
  }

  const put = async (engine: string, entries: readonly Entry[]): Promise<Uint8Array> => {
    const { fold } = options
    if (fold === undefined) throw new JoineryError('UNAVAILABLE', { what: 'workers' })
    const updates = entries.filter(isContent).map(({ bytes }) => bytes)
    const beganAt = clock.monotonic()
    try {
      const update = await fold(engine, updates, 'replay').catch((error: unknown) => {
        const isHeavy = error instanceof JoineryError && error.code === 'TOO_LARGE'
        if (isHeavy) return fold(engine, updates, 'join')
        throw error
      })
      if (update === undefined) throw new JoineryError('UNAVAILABLE', { what: 'version', engine })
      return update
    } catch (error) {
      if (error instanceof JoineryError && error.code !== 'GAP') throw error
      log.warn('version-failed', reasonOf(error))
      throw new JoineryError('UNAVAILABLE', { what: 'version' }, { cause: error })
    } finally {
      counters.observe('version-seconds', (clock.monotonic() - beganAt) / 1_000)
    }
  }

  return {
    async of(token, name, document) {
      const { access, subject } = await enter(token, name)
      const { space, role } = access
      const head = await store.document(space, document)
      if (head === undefined) throw new JoineryError('NOT_FOUND')
      if (head.state === 'gone') throw new JoineryError('GONE')
      const { kind, engine } = head
      const place = { space, document }

      /** Of every version; a version is also what ends at an entry in the middle of one. */
      const known = async (...seqs: readonly number[]): Promise<readonly Lineal[]> => {
        const lineage = await store.lineage(space, document)
        if (!seqs.every(seq => lineage.some(one => one.seq === seq))) throw new JoineryError('NOT_FOUND')
        return lineage
      }

      const at = async (seq: number): Promise<Uint8Array> => {
        // What is served holds the present, and less of what is gone.
        const present = await store.body(space, document)
        if (present.at(-1)?.seq === seq) return put(engine, present)
        return put(engine, await keptEntries(store, place, { after: 0, upTo: seq, most: limits.historyBytes }))
      }

      return {
        async list({ before = Infinity, limit = PAGE }) {
          const [lineage, names] = await Promise.all([known(), store.versionNames(space, document)])
          const versions = versionsOf(lineage, names).toReversed()
          const older = versions.filter(({ seq }) => seq < before)
          const page = older.slice(0, Math.min(limit, MOST_PAGE))
          const next = older.length > page.length ? page.at(-1)?.seq : undefined
          return { versions: page, next, keptMs: limits.historyMs }
        },
        read: seq =>
          turn(async () => {
            await known(seq)
            return { kind, engine, update: await at(seq) }
          }),
        changes: (since, seq) =>
          turn(async () => {
            const lineage = await known(...(since === 0 ? [seq] : [since, seq]))
            const entries = await keptEntries(store, place, { after: since, upTo: seq, most: limits.historyBytes })
            const rest = entries.filter(isContent)
            const first = lineage.find(one => one.seq === since)
            if (first === undefined) return rest
            const about = { document, kind, engine, type: 'snapshot', bytes: await at(since) } as const
            return [{ ...first, ...about }, ...rest]
          }),
        async name(seq, text) {
          if (role === 'viewer') throw new JoineryError('FORBIDDEN')
          const called = text.trim()
          if (called.length > NAME_LENGTH)
            throw new JoineryError('BAD_INPUT', { rule: `at most ${NAME_LENGTH} characters` })
          checkStorable('name', called)
          await known(seq)
          const names = await store.versionNames(space, document)
          const isNew = called !== '' && names.every(one => one.seq !== seq)
          if (isNew && names.length >= MOST_NAMES)
            throw new JoineryError('BAD_INPUT', { rule: `at most ${MOST_NAMES} names` })
          const version = { seq, name: called, subject, at: Math.round(clock.now()) }
          if (!(await store.nameVersion(space, document, version))) throw new JoineryError('NOT_FOUND')
        },
      }
    },
  }
}
