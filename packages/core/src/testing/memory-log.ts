/**
 * The log as a plain value with its operations, without disk or time: what `memoryStore` keeps twice, once as it stands and once as it is
 * durable. Law: the same operations on equal logs give equal answers and equal logs.
 */
import { refusalOf } from '../commit-outcome.ts'
import { markAfter, NO_MARK, sameBytes } from '../digest.ts'
import type { Entry } from '../entry.ts'
import { JoineryError, type Code } from '../errors.ts'
import { ENTRY_WEIGHT } from '../ports/store.ts'
import { checkStorable } from '../storable.ts'
import type {
  AuthorHead,
  CommitEntry,
  CommittedSpace,
  DocumentHead,
  Fold,
  Forgetting,
  Lineal,
  LogPage,
  Member,
  Outcome,
  Role,
  SpaceCommit,
  SpaceHead,
  SpaceLine,
  VersionName,
  Voided,
  Voiding,
} from '../ports/store.ts'

export interface MemoryLog {
  readonly spaces: Map<string, SpaceLog>
}

interface SpaceLog {
  readonly epoch: string
  /** What was written at each seq, from 1. Never changed. */
  readonly written: Written[]
  /** What readers get, by seq, in its order. A fold takes out of it. */
  readonly entries: Map<number, StoredEntry>
  readonly documents: Map<string, StoredDocument>
  readonly devices: Map<string, DeviceLog>
  readonly members: Map<string, Role>
}

interface Written {
  readonly document: string
  readonly digest: Uint8Array
  readonly mark: Uint8Array
}

interface StoredEntry {
  readonly entry: Entry
  readonly damaged: boolean
}

interface StoredDocument {
  readonly head: DocumentHead
  readonly seqs: readonly number[]
  readonly authors: ReadonlyMap<string, AuthorHead>
  /** What folds replaced and kept, by seq. */
  readonly past: readonly StoredEntry[]
  /** Since when, up to which seq. */
  readonly kept: readonly { readonly since: number; readonly upTo: number }[]
  readonly names: readonly VersionName[]
}

interface DeviceLog {
  readonly subject: string
  readonly seqByN: Map<number, number>
  last: number
}

export function emptyLog(): MemoryLog {
  return { spaces: new Map() }
}

/** The same log, so that changing either leaves the other alone. Stored values are never changed, only replaced. */
export function copyLog({ spaces }: MemoryLog): MemoryLog {
  const copies = [...spaces].map(([name, { epoch, written, entries, documents, devices, members }]) => {
    const copy: SpaceLog = {
      epoch,
      written: [...written],
      entries: new Map(entries),
      documents: new Map(documents),
      devices: new Map([...devices].map(([device, log]) => [device, { ...log, seqByN: new Map(log.seqByN) }])),
      members: new Map(members),
    }
    return [name, copy] as const
  })
  return { spaces: new Map(copies) }
}

/** The same entries in another life of each log. */
export function renewed(log: MemoryLog, epochOf: EpochOf): MemoryLog {
  const { spaces } = copyLog(log)
  return { spaces: new Map([...spaces].map(([name, space]) => [name, { ...space, epoch: epochOf(name) }])) }
}

/** Gives a space that is made the name of its log's life. */
export type EpochOf = (space: string) => string

function spaceOf(log: MemoryLog, name: string, epochOf: EpochOf): SpaceLog {
  const known = log.spaces.get(name)
  if (known !== undefined) return known
  const made: SpaceLog = {
    epoch: epochOf(name),
    written: [],
    entries: new Map(),
    documents: new Map(),
    devices: new Map(),
    members: new Map(),
  }
  log.spaces.set(name, made)
  return made
}

function spaceHead({ epoch, written }: SpaceLog): SpaceHead {
  return { epoch, seq: written.length, mark: written.at(-1)?.mark ?? NO_MARK }
}

export function headOf(log: MemoryLog, name: string): SpaceHead | undefined {
  const space = log.spaces.get(name)
  return space === undefined ? undefined : spaceHead(space)
}

export function commitTo(log: MemoryLog, spaces: readonly SpaceCommit[], epochOf: EpochOf): CommittedSpace[] {
  for (const { entries } of spaces) for (const { subject } of entries) checkStorable('subject', subject)
  // All of one commit is judged against the heads before it.
  const basesByKey = new Map<string, { base: number; refused: boolean }>()
  return spaces.map(({ space: name, entries }) => {
    const space = spaceOf(log, name, epochOf)
    const outcomes = entries.map((entry): Outcome => {
      const stored = space.documents.get(entry.document)
      const key = `${name}/${entry.document}`
      const batch = basesByKey.get(key) ?? { base: stored?.head.seq ?? 0, refused: false }
      basesByKey.set(key, batch)
      const device = space.devices.get(entry.device)
      const seq = device?.seqByN.get(entry.n)
      const digest = seq === undefined ? undefined : space.written[seq - 1]?.digest
      const refusal = refusalOf(entry, {
        named: seq === undefined || digest === undefined ? undefined : { seq, digest },
        subject: device?.subject,
        document: {
          ...batch,
          state: stored?.head.state ?? 'live',
          kind: stored?.head.kind,
          engine: stored?.head.engine,
        },
      })
      if (refusal !== undefined) {
        if (refusal.outcome !== 'known') batch.refused = true
        return refusal
      }
      return { outcome: 'written', seq: append(space, entry, stored) }
    })
    return { space: name, head: spaceHead(space), outcomes }
  })
}

function append(space: SpaceLog, entry: CommitEntry, stored: StoredDocument | undefined): number {
  const { type, document, kind, engine, at, device, n, subject, digest } = entry
  const seq = space.written.length + 1
  const bytes = new Uint8Array(entry.bytes)
  space.written.push({ document, digest: new Uint8Array(digest), mark: markAfter(spaceHead(space).mark, digest) })

  const deviceLog = space.devices.get(device) ?? { subject, seqByN: new Map<number, number>(), last: 0 }
  deviceLog.seqByN.set(n, seq)
  deviceLog.last = Math.max(deviceLog.last, n)
  space.devices.set(device, deviceLog)

  const gone = type === 'tombstone'
  if (gone) for (const earlier of stored?.seqs ?? []) space.entries.delete(earlier)
  space.entries.set(seq, {
    entry: { seq, type, document, kind, engine, at, device, n, subject, bytes },
    damaged: false,
  })
  space.documents.set(document, {
    head: {
      document,
      kind,
      engine,
      firstSeq: stored?.head.firstSeq ?? seq,
      seq,
      state: gone ? 'gone' : 'live',
      bytes: gone ? 0 : (stored?.head.bytes ?? 0) + bytes.length,
      quarantined: gone ? undefined : stored?.head.quarantined,
    },
    seqs: gone ? [seq] : [...(stored?.seqs ?? []), seq],
    authors: gone
      ? new Map()
      : new Map([...(stored?.authors ?? []), ...entry.authors.map(author => [author.author, { ...author }] as const)]),
    past: gone ? [] : (stored?.past ?? []),
    kept: gone ? [] : (stored?.kept ?? []),
    names: gone ? [] : (stored?.names ?? []),
  })
  return seq
}

export function foldIn(log: MemoryLog, fold: Fold): boolean {
  const { space: name, document, upTo, snapshot, entries, head = Infinity, keptAt } = fold
  const space = log.spaces.get(name)
  const stored = space?.documents.get(document)
  const last = space?.entries.get(upTo)
  if (space === undefined || stored === undefined || last === undefined) return false
  const folded = stored.seqs.filter(seq => seq <= upTo)
  if (stored.head.state === 'gone' || folded.length !== entries || folded.at(-1) !== upTo) return false
  if (stored.seqs.some(seq => seq > head && space.entries.get(seq)?.entry.type === 'void')) return false
  // The snapshot of an earlier fold stands for what is there already.
  const lastPast = stored.past.at(-1)?.entry.seq ?? 0
  const replaced = folded.filter(seq => seq > lastPast).flatMap(seq => space.entries.get(seq) ?? [])
  const isKept = keptAt !== undefined && replaced.length > 0
  let { bytes } = stored.head
  for (const seq of folded) {
    bytes -= space.entries.get(seq)?.entry.bytes.length ?? 0
    if (seq < upTo) space.entries.delete(seq)
  }
  // Set again at its key, an entry keeps its place in the order.
  space.entries.set(upTo, {
    entry: { ...last.entry, type: 'snapshot', bytes: new Uint8Array(snapshot) },
    damaged: false,
  })
  space.documents.set(document, {
    ...stored,
    head: { ...stored.head, bytes: bytes + snapshot.length },
    seqs: stored.seqs.filter(seq => seq >= upTo),
    past: isKept ? [...stored.past, ...replaced] : stored.past,
    kept: isKept ? [...stored.kept, { since: keptAt, upTo }] : stored.kept,
  })
  return true
}

function whole(document: string, stored: readonly (StoredEntry | undefined)[]): Entry[] {
  return stored.map(one => {
    if (one === undefined || one.damaged) throw new JoineryError('QUARANTINED', { document, seq: one?.entry.seq })
    return one.entry
  })
}

export function lineageOf(log: MemoryLog, name: string, document: string): Lineal[] {
  const stored = log.spaces.get(name)?.documents.get(document)
  const past = whole(document, stored?.past ?? [])
  const lastPast = past.at(-1)?.seq ?? 0
  const present = bodyOf(log, name, document).filter(({ seq }) => seq > lastPast)
  return [...past, ...present].map(({ seq, type, at, device, n, subject, bytes }) => ({
    seq,
    type,
    at,
    device,
    n,
    subject,
    bytes: bytes.length,
  }))
}

export function pastOf(log: MemoryLog, name: string, document: string, after: number, maxBytes: number): Entry[] {
  const past = log.spaces.get(name)?.documents.get(document)?.past ?? []
  const page: StoredEntry[] = []
  let weight = 0
  for (const stored of past) {
    if (stored.entry.seq <= after) continue
    if (page.length > 0 && weight >= maxBytes) break
    page.push(stored)
    weight += ENTRY_WEIGHT + stored.entry.bytes.length
  }
  return whole(document, page)
}

export function agedIn(
  log: MemoryLog,
  before: number,
  after: number,
  limit: number,
): { at: number; space: string; document: string; engine: string; upTo: number }[] {
  return everyDocumentIn(log, after, Infinity)
    .map(one => {
      const kept = log.spaces.get(one.space)?.documents.get(one.document)?.kept ?? []
      const old = kept.filter(({ since }) => since < before)
      return { ...one, upTo: Math.max(0, ...old.map(({ upTo }) => upTo)) }
    })
    .filter(({ upTo }) => upTo > 0)
    .slice(0, limit)
}

export function forgetIn(
  log: MemoryLog,
  { space: name, document, after, upTo, entries, instead }: Forgetting,
): boolean {
  const space = log.spaces.get(name)
  const stored = space?.documents.get(document)
  if (space === undefined || stored === undefined) return false
  const isInside = ({ entry: { seq } }: StoredEntry): boolean => seq > after && seq <= upTo
  const last = stored.past.find(({ entry }) => entry.seq === upTo)
  if (last === undefined || stored.past.filter(isInside).length !== entries) return false
  if (instead !== undefined && stored.names.some(({ seq }) => seq > after && seq < upTo)) return false
  const left: StoredEntry[] =
    instead === undefined
      ? []
      : [{ entry: { ...last.entry, type: 'snapshot', bytes: new Uint8Array(instead) }, damaged: false }]
  const past = stored.past.flatMap(one => (one === last ? left : isInside(one) ? [] : one))
  space.documents.set(document, { ...stored, past, kept: stored.kept.filter(one => one.upTo > upTo) })
  return true
}

export function nameVersionIn(log: MemoryLog, name: string, document: string, version: VersionName): boolean {
  checkStorable('name', version.name)
  const space = log.spaces.get(name)
  const stored = space?.documents.get(document)
  if (space === undefined || stored === undefined || stored.head.state === 'gone') return false
  if (!lineageOf(log, name, document).some(({ seq }) => seq === version.seq)) return false
  const others = stored.names.filter(({ seq }) => seq !== version.seq)
  const names = version.name === '' ? others : [...others, { ...version }].sort((a, b) => a.seq - b.seq)
  space.documents.set(document, { ...stored, names })
  return true
}

export function versionNamesIn(log: MemoryLog, name: string, document: string): VersionName[] {
  return [...(log.spaces.get(name)?.documents.get(document)?.names ?? [])]
}

export function everyDocumentIn(
  log: MemoryLog,
  after: number,
  limit: number,
): { at: number; space: string; document: string; engine: string }[] {
  const all = [...log.spaces].flatMap(([space, { documents }]) =>
    [...documents.values()].map(({ head }) => ({ space, head })),
  )
  return all
    .map(({ space, head: { document, engine, state } }, at) => ({ at: at + 1, space, document, engine, state }))
    .filter(({ at, state }) => at > after && state === 'live')
    .slice(0, limit)
    .map(({ at, space, document, engine }) => ({ at, space, document, engine }))
}

export function voidIn(
  log: MemoryLog,
  { space: name, seq, instead, entry }: Voiding,
  epochOf: EpochOf,
): Voided | undefined {
  const space = log.spaces.get(name)
  const stored = space?.documents.get(entry.document)
  const old = space?.entries.get(seq)
  if (space === undefined || stored === undefined || old === undefined) return undefined
  if (stored.head.state === 'gone' || old.entry.document !== entry.document || old.entry.type !== 'update')
    return undefined
  const bytes = new Uint8Array(instead ?? [])
  const type = instead === undefined ? 'void' : 'snapshot'
  space.entries.set(seq, { entry: { ...old.entry, type, bytes }, damaged: old.damaged })
  const size = stored.head.bytes - old.entry.bytes.length + bytes.length
  space.documents.set(entry.document, { ...stored, head: { ...stored.head, bytes: size } })
  const before = stored.head.seq
  const [committed] = commitTo(log, [{ space: name, entries: [{ ...entry, basedOn: before }] }], epochOf)
  const written = space.entries.get(committed?.head.seq ?? 0)
  if (committed === undefined || written?.entry.type !== 'void') throw new JoineryError('UNAVAILABLE', { seq })
  return { head: committed.head, entry: written.entry, before }
}

export function quarantineIn(log: MemoryLog, name: string, document: string, code: Code | undefined): void {
  const space = log.spaces.get(name)
  const stored = space?.documents.get(document)
  if (stored !== undefined) space?.documents.set(document, { ...stored, head: { ...stored.head, quarantined: code } })
}

export function admitTo(log: MemoryLog, name: string, subject: string, role: Role, epochOf: EpochOf): void {
  checkStorable('subject', subject)
  const { members } = spaceOf(log, name, epochOf)
  if (!members.has(subject)) members.set(subject, role)
}

export function setRoleIn(log: MemoryLog, name: string, subject: string, role: Role | undefined): boolean {
  const members = log.spaces.get(name)?.members
  if (members === undefined || !members.has(subject)) return false
  if (role === undefined) members.delete(subject)
  else members.set(subject, role)
  return true
}

export function membersIn(log: MemoryLog, name: string): Member[] {
  return [...(log.spaces.get(name)?.members ?? [])]
    .map(([subject, role]) => ({ subject, role }))
    .sort((a, b) => (a.subject < b.subject ? -1 : 1))
}

export function spacesIn(log: MemoryLog, after: string, limit: number): SpaceLine[] {
  return [...log.spaces]
    .filter(([name]) => name > after)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([space, { written, members }]) => ({ space, seq: written.length, members: members.size }))
}

/** The last entry of a document becomes one that no longer matches its checksum. */
export function damageIn(log: MemoryLog, name: string, document: string): void {
  const space = log.spaces.get(name)
  const seq = space?.documents.get(document)?.seqs.at(-1) ?? 0
  const stored = space?.entries.get(seq)
  if (stored !== undefined) space?.entries.set(seq, { ...stored, damaged: true })
}

export function pageOf(log: MemoryLog, name: string, after: number, maxBytes: number): LogPage {
  const space = log.spaces.get(name)
  if (space === undefined) throw new JoineryError('NOT_FOUND', { space: name })
  const entries: Entry[] = []
  const damaged = new Set<string>()
  const head = spaceHead(space)
  let weight = 0
  for (const { entry, damaged: isDamaged } of space.entries.values()) {
    if (entry.seq <= after) continue
    if (entries.length > 0 && weight >= maxBytes) {
      const { seq = 0 } = entries.at(-1) ?? {}
      return { entries, seq, mark: markAt(space, seq) ?? NO_MARK, epoch: head.epoch, end: false, damaged: [...damaged] }
    }
    if (isDamaged) damaged.add(entry.document)
    else if (!isEmptyPlace(entry)) entries.push(entry)
    weight += ENTRY_WEIGHT + entry.bytes.length
  }
  return { entries, ...head, end: true, damaged: [...damaged] }
}

/** Nothing is left of what was voided there. */
function isEmptyPlace({ type, bytes }: Entry): boolean {
  return type === 'void' && bytes.length === 0
}

function markAt({ written }: SpaceLog, seq: number): Uint8Array | undefined {
  return seq === 0 ? NO_MARK : written[seq - 1]?.mark
}

export function markIn(log: MemoryLog, name: string, seq: number): Uint8Array | undefined {
  const space = log.spaces.get(name)
  return space === undefined ? undefined : markAt(space, seq)
}

export function documentIn(log: MemoryLog, name: string, document: string): DocumentHead | undefined {
  return log.spaces.get(name)?.documents.get(document)?.head
}

export function documentsIn(log: MemoryLog, name: string, before: number, limit: number): DocumentHead[] {
  const heads = [...(log.spaces.get(name)?.documents.values() ?? [])].map(({ head }) => head)
  return heads
    .filter(({ seq }) => seq < before)
    .sort((a, b) => b.seq - a.seq)
    .slice(0, limit)
}

export function authorsIn(log: MemoryLog, name: string, document: string): AuthorHead[] {
  // They stand in the document's rows: none is known for sure while one of those is damaged.
  bodyOf(log, name, document)
  return [...(log.spaces.get(name)?.documents.get(document)?.authors.values() ?? [])]
}

export function deviceIn(log: MemoryLog, name: string, device: string): DeviceLog | undefined {
  return log.spaces.get(name)?.devices.get(device)
}

export function namedIn(
  log: MemoryLog,
  name: string,
  device: string,
  n: number,
): { seq: number; digest: Uint8Array } | undefined {
  const space = log.spaces.get(name)
  const seq = space?.devices.get(device)?.seqByN.get(n)
  const written = seq === undefined ? undefined : space?.written[seq - 1]
  return seq === undefined || written === undefined ? undefined : { seq, digest: written.digest }
}

export function seqOfDigest(log: MemoryLog, name: string, document: string, digest: Uint8Array): number | undefined {
  const written = log.spaces.get(name)?.written ?? []
  const index = written.findIndex(one => one.document === document && sameBytes(one.digest, digest))
  return index < 0 ? undefined : index + 1
}

export function foldableIn(
  log: MemoryLog,
  entries: number,
  limit: number,
): { space: string; document: string; engine: string; entries: number }[] {
  const found = [...log.spaces].flatMap(([space, { documents }]) =>
    [...documents.values()]
      .filter(({ head, seqs }) => head.state === 'live' && head.quarantined === undefined && seqs.length >= entries)
      .map(({ head: { document, engine }, seqs }) => ({ space, document, engine, entries: seqs.length })),
  )
  return found.sort((a, b) => b.entries - a.entries).slice(0, limit)
}

export function bodyOf(log: MemoryLog, name: string, document: string): Entry[] {
  const space = log.spaces.get(name)
  return (space?.documents.get(document)?.seqs ?? []).map(seq => {
    const stored = space?.entries.get(seq)
    if (stored === undefined || stored.damaged) throw new JoineryError('QUARANTINED', { document, seq })
    return stored.entry
  })
}
