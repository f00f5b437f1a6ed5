/**
 * Decides about edits before they are written: duplicates first (S4), then rights (A1), then the document and the gate (D2, A3). Laws:
 * - T5: an edit is judged against the document's head plus what this batch already took; nothing is refused before the head was read.
 * - An answer that is not final leaves nothing behind: only what is taken changes a draft.
 * - What is known is not waited for: nearly every edit is judged without a promise.
 */
import {
  JoineryError,
  millisOf,
  sameBytes,
  STAMP_AHEAD_MS,
  type AuthorHead,
  type Clock,
  type Code,
  type CommitEntry,
  type Role,
  type Store,
} from '@joinery/core'
import type { Devices, DeviceHead } from './devices.ts'
import type { EngineGate, Held, Verdict } from './gate/gate.ts'
import { draftOf, keyOf, type Draft, type Heads } from './heads.ts'
import { acked, refused, type Answer, type Queued } from './job.ts'
import type { RelayLimits } from './limits.ts'
import { isLater, type Soon } from './soon.ts'

const WEATHER_MS = 1_000
const REPAIR_MS = 60_000
/** What is missing may be on its way. */
const MENDING_MS = 10_000

export interface Taken {
  readonly queued: Queued
  readonly entry: CommitEntry
}

export interface Judged {
  readonly taken: readonly Taken[]
  /** What got a no, or nothing new, only because of what is taken here: to be judged again when that is written or has failed. */
  readonly later: readonly Queued[]
  /** What the store could not be asked about, since it is away. */
  readonly unread: readonly Queued[]
}

export function isAway(error: unknown): boolean {
  return error instanceof JoineryError && error.details['away'] === true
}

export interface JudgeOptions {
  readonly store: Pick<Store, 'named' | 'holds'>
  readonly clock: Pick<Clock, 'now'>
  readonly heads: Heads
  readonly devices: Devices
  readonly gates: ReadonlyMap<string, EngineGate>
  readonly roleOf: (space: string, subject: string) => Soon<Role | undefined>
  readonly limits: Pick<RelayLimits, 'documentBytes' | 'documentAuthors'>
}

/** Judges a batch in order. What is not taken is answered; a load that fails answers UNAVAILABLE, or its own code, unless the store is away. */
export async function judgeBatch(
  options: JudgeOptions,
  batch: readonly Queued[],
  answer: (queued: Queued, answer: Answer) => void,
): Promise<Judged> {
  const { heads, devices, roleOf } = options
  const loads = new Map<string, Promise<unknown>>()
  /** What has to be read is read once for all. */
  const once = <T>(kind: string, key: string, load: () => Soon<T>): Soon<T> => {
    const known = loads.size === 0 ? undefined : (loads.get(kind + key) as Promise<T> | undefined)
    if (known !== undefined) return known
    const loading = load()
    if (!isLater(loading)) return loading
    // Awaited below, one job at a time: a failure must not count as unhandled until then.
    loading.catch(() => undefined)
    loads.set(kind + key, loading)
    return loading
  }
  const role = ({ job: { space, subject } }: Queued): Soon<Role | undefined> =>
    once('r', `${space} ${subject}`, () => roleOf(space, subject))
  const device = ({ job: { space, device: name } }: Queued): Soon<DeviceHead> =>
    once('d', `${space} ${name}`, () => devices.load(space, name))
  const draftsByDocument = new Map<string, Soon<Draft>>()
  const draft = ({ job: { space, entry } }: Queued): Soon<Draft> => {
    const key = keyOf(space, entry.document)
    const known = draftsByDocument.get(key)
    if (known !== undefined) return known
    const held = heads.load(space, entry.document)
    const made = isLater(held) ? held.then(draftOf) : draftOf(held)
    if (isLater(made)) made.catch(() => undefined)
    draftsByDocument.set(key, made)
    return made
  }
  /** Asked for all before the first is awaited: who comes back brings much that the log may have, and a store may answer all at once. */
  const before = (queued: Queued): Soon<Answer | undefined> => {
    const owner = device(queued)
    const found = isLater(owner)
      ? owner.then(known => duplicate(options, queued, known))
      : duplicate(options, queued, owner)
    if (isLater(found)) found.catch(() => undefined)
    return found
  }
  const known = batch.map(queued => ({ queued, before: before(queued), role: role(queued), draft: draft(queued) }))

  /** Whether the store knows more, or less, than a document was judged on (T5, R4): read once for all that is answered of it here. */
  const isBehind = ({ job: { space, entry } }: Queued, judged: Draft): Soon<boolean> =>
    once('b', keyOf(space, entry.document), () => heads.isBehind(space, entry.document, judged))

  const taken: Taken[] = []
  const takenNames = new Set<string>()
  const later: Queued[] = []
  const unread: Queued[] = []
  for (const { queued, ...soon } of known) {
    const { job } = queued
    const name = `${job.space} ${job.device} ${job.entry.n}`
    try {
      if (takenNames.has(name)) {
        later.push(queued)
        continue
      }
      const early =
        (isLater(soon.before) ? await soon.before : soon.before) ??
        unwritable(isLater(soon.role) ? await soon.role : soon.role)
      if (early !== undefined) {
        answer(queued, early)
        continue
      }
      const target = isLater(soon.draft) ? await soon.draft : soon.draft
      const deciding = decide(options, queued, target)
      const decided = isLater(deciding) ? await deciding : deciding
      if (!('answer' in decided)) {
        target.add(decided)
        taken.push({ queued, entry: decided })
        takenNames.add(name)
      } else if (target.dirty) later.push(queued)
      else if (isAnsweredOfHeads(queued, decided) && (await isBehind(queued, target))) later.push(queued)
      else answer(queued, decided)
    } catch (error) {
      if (isAway(error)) unread.push(queued)
      else answer(queued, failed(error))
    }
  }
  return { taken, later, unread }
}

/**
 * Whether it is answered by what this node knew of its document, and not by what is in it alone. Of what is given back, also that it is here:
 * who was asked for it was told by the store that it is not.
 */
function isAnsweredOfHeads({ job, scanned }: Queued, decided: Answer): boolean {
  return decided.answer === 'acked' ? job.granted : scanned?.ok === true
}

function duplicate(options: JudgeOptions, queued: Queued, device: DeviceHead): Soon<Answer | undefined> {
  const { job } = queued
  // Another person's device by the same name: as with a clone, one of them takes another name.
  if (device.subject !== undefined && device.subject !== job.subject)
    return refused('DEVICE_FORKED', "another subject's device")
  return job.entry.n > device.last ? undefined : named(options, queued)
}

async function named({ store }: JudgeOptions, { job, digest }: Queued): Promise<Answer | undefined> {
  const known = await store.named(job.space, job.device, job.entry.n)
  if (known === undefined) return undefined
  return sameBytes(known.digest, digest) ? acked(known.seq) : refused('DEVICE_FORKED', 'the same n with other content')
}

function unwritable(role: Role | undefined): Answer | undefined {
  if (role === undefined) return refused('NOT_FOUND', 'no member')
  return role === 'viewer' ? refused('FORBIDDEN', 'viewer') : undefined
}

function decide(options: JudgeOptions, queued: Queued, draft: Draft): Soon<CommitEntry | Answer> {
  const { clock, gates, limits } = options
  const { job, digest, scanned } = queued
  const { resupply, ...entry } = job.entry
  const commit = (authors: CommitEntry['authors']): CommitEntry => ({
    ...entry,
    // `at` is what lists show, so a clock that is far ahead must not pin an edit to their top.
    at: entry.at > clock.now() + STAMP_AHEAD_MS ? Math.floor(clock.now()) : entry.at,
    device: job.device,
    subject: job.subject,
    digest,
    basedOn: draft.basedOn,
    authors,
  })

  // Of which entries were lost: a device that was asked for all of it may bring it.
  const isMending = draft.quarantined === 'GAP' && resupply && job.granted
  if (draft.quarantined !== undefined && !isMending) {
    return refused('QUARANTINED', draft.quarantined, draft.quarantined === 'GAP' ? MENDING_MS : REPAIR_MS)
  }
  if (draft.kind !== undefined && draft.kind !== entry.kind) return refused('KIND_MISMATCH', `is ${draft.kind}`)
  if (draft.engine !== undefined && draft.engine !== entry.engine) return refused('KIND_MISMATCH', `is ${draft.engine}`)
  if (entry.type === 'tombstone') {
    if (draft.gone) return acked(draft.basedOn)
    return entry.bytes.length === 0 ? commit([]) : refused('BAD_UPDATE', 'a tombstone with bytes')
  }
  if (draft.gone) return refused('GONE', 'purged')
  const gate = gates.get(entry.engine)
  if (gate === undefined || scanned === undefined) return refused('BAD_UPDATE', 'no such engine')
  if (!scanned.ok) return refused(scanned.code, scanned.detail, isWeather(scanned.code) ? WEATHER_MS : 0)
  if (!isMending && draft.bytes + entry.bytes.length > limits.documentBytes) return refused('TOO_LARGE', 'document')
  if (scanned.stampMax !== undefined && millisOf(scanned.stampMax) > clock.now() + STAMP_AHEAD_MS) {
    return refused('STAMP_AHEAD', `by ${millisOf(scanned.stampMax) - clock.now()} ms`)
  }
  const { granted } = job
  // Taken as its own it would bind others' authors to this device. Who was not asked tells what it has, and is asked (P36).
  if (resupply && !granted) return refused('GAP', 'not asked for')
  const verdict = gate.judge(scanned.scan, isMending ? NOTHING : draft, {
    // A device is one subject's in a space (S4), so its name is enough to bind an author to.
    owner: job.owner ?? job.device,
    resupply,
    repeats: granted,
    binds: job.binds,
    isOthers: job.isOthers,
  })
  if (verdict.verdict !== 'new') return settleOld(options, queued, draft, verdict)
  if (isMending) return commit(joined(verdict.authors, draft))
  // What is given back was there already.
  if (!granted && isCrowding(draft, verdict, limits.documentAuthors)) return refused('TOO_MANY_AUTHORS', 'document')
  // Deletes that several devices give back are the same bytes from each.
  if ((resupply || granted) && verdict.authors.length === 0) {
    return options.store
      .holds(job.space, entry.document, digest)
      .then(seq => (seq === undefined ? commit([]) : acked(seq)))
  }
  return commit(verdict.authors)
}

/** What a document with a hole is judged by: no clock says that everything before it is there. */
const NOTHING: Held = { author: () => undefined }

/** As far as either has come, and bound to whom they were. */
function joined(authors: readonly AuthorHead[], held: Held): AuthorHead[] {
  return authors.map(one => {
    const { clock, owner } = held.author(one.author) ?? one
    return { author: one.author, clock: Math.max(clock, one.clock), owner }
  })
}

/** CR-06: whether it brings more authors than a document may have. */
function isCrowding(draft: Draft, { authors }: Extract<Verdict, { verdict: 'new' }>, most: number): boolean {
  if (draft.authors + authors.length <= most) return false
  const strangers = authors.filter(({ author }) => draft.author(author) === undefined).length
  return strangers > 0 && draft.authors + strangers > most
}

/** Nothing to write: it is held already, or it does not fit. */
async function settleOld(
  options: JudgeOptions,
  queued: Queued,
  draft: Draft,
  verdict: Exclude<Verdict, { verdict: 'new' }>,
): Promise<Answer> {
  const { job, digest } = queued
  if (verdict.verdict === 'known') {
    return draft.basedOn === 0 ? refused('BAD_UPDATE', 'nothing in it') : acked(draft.basedOn)
  }
  const { code, detail } = verdict
  // What it deletes may have been lost: once that is back, it fits.
  if (code === 'DELETES_UNKNOWN' && job.granted) return refused('GAP', detail)
  if (code === 'CONFLICTING_AUTHORSHIP') {
    // The very same edit under another name: a deterministic seed that two devices made, or a device that goes by a new id.
    const seq = await options.store.holds(job.space, job.entry.document, digest)
    if (seq !== undefined) return acked(seq)
    if (await isNameless(options, queued, draft)) return refused('GAP', detail)
  }
  // No last word to a device that could not be told of a loss: it says what it holds, and is judged by that (R4).
  return refused(job.isUnsure ? 'GAP' : code, detail)
}

/**
 * Whether what a device brings may be here without its name, since others gave it back: its authors are bound to nobody, or it is all here
 * and the log has none of this device's names at a place that it passed.
 */
async function isNameless(options: JudgeOptions, { job, scanned }: Queued, draft: Draft): Promise<boolean> {
  const { space, device, entry, owner } = job
  const gate = options.gates.get(entry.engine)
  // At the door nobody is asked.
  if (owner !== undefined || gate === undefined || scanned?.ok !== true) return false
  const { scan } = scanned
  const judged = (by: string): Verdict => gate.judge(scan, draft, { owner: by, resupply: false, repeats: true })
  const ofNobody = judged('')
  if (ofNobody.verdict !== 'refused' || ofNobody.code !== 'CONFLICTING_AUTHORSHIP') return true
  const own = judged(device)
  // Which deletes are here does not show in heads.
  const isHeld = own.verdict === 'known' || (own.verdict === 'new' && own.authors.length === 0)
  if (!isHeld) return false
  // It may have pushed at another node since.
  options.devices.forget(space, device)
  const { last } = await options.devices.load(space, device)
  return entry.n <= last
}

function failed(error: unknown): Answer {
  const code: Code = error instanceof JoineryError && isWeather(error.code) ? error.code : 'UNAVAILABLE'
  return refused(code, 'could not be read', code === 'QUARANTINED' ? REPAIR_MS : WEATHER_MS)
}

function isWeather(code: Code): boolean {
  return code === 'UNAVAILABLE' || code === 'QUARANTINED' || code === 'QUOTA'
}
