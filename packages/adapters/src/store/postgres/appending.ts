/**
 * What a commit comes to: each entry decided against what the transaction found, and everything that is to be written, put together. Laws:
 * - It is decided behind the lock of its spaces, on what was read behind it; nothing is remembered from one commit to the next, since other
 *   nodes write too.
 * - It writes nothing itself: what it gives is one statement's worth of rows.
 */
import {
  checkStorable,
  markAfter,
  numberOfEntryType,
  refusalOf,
  type CommitEntry,
  type CommittedSpace,
  type Outcome,
  type SpaceCommit,
} from '@joinery/core'
import { textOfAuthors } from '../rows/authors-text.ts'
import { checksumOf } from '../rows/checksum.ts'
import type { DeviceRow, DocumentRow, SpaceRow } from './statements.ts'

/** What the transaction found of the spaces, documents, devices and names that a commit speaks of. */
export interface Found {
  readonly spaces: readonly SpaceRow[]
  readonly documents: readonly DocumentRow[]
  readonly devices: readonly DeviceRow[]
  readonly named: readonly NamedRow[]
}

export interface NamedRow {
  readonly space: number
  readonly device: number
  readonly n: number
  readonly seq: number
  readonly digest: Uint8Array
}

export interface LogRow {
  readonly space: number
  readonly seq: number
  readonly device: number
  readonly n: number
  readonly digest: Uint8Array
  readonly mark: Uint8Array
}

export interface ShownRow {
  readonly space: number
  readonly seq: number
  readonly type: number
  readonly document: number
  readonly prev: number
  readonly device: number
  readonly n: number
  readonly at: number
  readonly checksum: number
  readonly authors: string
  readonly bytes: Uint8Array
}

export interface DocumentDraft {
  readonly space: number
  /** Undefined until its first entry is written. */
  id: number | undefined
  readonly name: string
  readonly isNew: boolean
  /** Head seq before this commit. */
  readonly base: number
  seq: number
  kind: string | undefined
  engine: string | undefined
  state: 'live' | 'gone'
  /** Whether anything of it stands in `entry` now. */
  isEmpty: boolean
  /** What was stored of it before this commit goes. */
  purged: boolean
  /** Of this commit, and still there. */
  entries: number
  bytes: number
  refused: boolean
}

interface DeviceDraft {
  readonly space: number
  readonly name: string
  readonly isNew: boolean
  id: number | undefined
  subject: string | undefined
  last: number
}

export interface Appended {
  readonly committed: CommittedSpace[]
  readonly log: readonly LogRow[]
  readonly shown: readonly ShownRow[]
  readonly devices: readonly { space: number; id: number; name: string; subject: string }[]
  readonly documents: readonly (DocumentDraft & { id: number; kind: string; engine: string })[]
  readonly heads: readonly { space: number; seq: number; mark: Uint8Array }[]
  /** What came and went in this commit. */
  readonly folded: readonly { space: number; document: number; digest: Uint8Array; seq: number }[]
}

export function appendAll(commits: readonly SpaceCommit[], found: Found): Appended {
  const spaces = new Map(found.spaces.map(({ name, ...space }) => [name, { ...space, from: space.seq }]))
  const documents = new Map<string, DocumentDraft>()
  const devices = new Map<string, DeviceDraft>()
  const named = new Map(found.named.map(row => [`${row.space}/${row.device}/${row.n}`, row]))
  const log: LogRow[] = []
  let shown: ShownRow[] = []
  const folded: Appended['folded'][number][] = []

  for (const { space, id, name, seq, kind, engine, gone, entries } of found.documents) {
    const state = gone ? 'gone' : 'live'
    documents.set(keyOf(space, name), { space, id, name, isNew: false, base: seq, seq, kind, engine, state, isEmpty: entries === 0, purged: false, entries: 0, bytes: 0, refused: false }) // prettier-ignore
  }
  for (const { space, id, name, subject, last } of found.devices)
    devices.set(keyOf(space, name), { space, id, name, subject, last, isNew: false })

  const documentOf = (space: number, name: string): DocumentDraft => {
    const known = documents.get(keyOf(space, name))
    if (known !== undefined) return known
    const draft: DocumentDraft = { space, id: undefined, name, isNew: true, base: 0, seq: 0, kind: undefined, engine: undefined, state: 'live', isEmpty: true, purged: false, entries: 0, bytes: 0, refused: false } // prettier-ignore
    documents.set(keyOf(space, name), draft)
    return draft
  }

  const deviceOf = (space: number, name: string): DeviceDraft => {
    const known = devices.get(keyOf(space, name))
    if (known !== undefined) return known
    const draft: DeviceDraft = { space, id: undefined, name, subject: undefined, last: 0, isNew: true }
    devices.set(keyOf(space, name), draft)
    return draft
  }

  const purge = (document: DocumentDraft): void => {
    document.purged = !document.isNew
    for (const { space, seq, document: id, device, n } of shown) {
      if (space !== document.space || id !== document.id) continue
      const row = named.get(`${space}/${device}/${n}`)
      if (row !== undefined) folded.push({ space, document: id, digest: row.digest, seq })
    }
    shown = shown.filter(({ space, document: id }) => space !== document.space || id !== document.id)
    document.state = 'gone'
    document.isEmpty = true
    document.entries = 0
    document.bytes = 0
  }

  const append = (space: { id: number; seq: number; mark: Uint8Array }, entry: CommitEntry): Outcome => {
    const document = documentOf(space.id, entry.document)
    const device = deviceOf(space.id, entry.device)
    const before = device.id === undefined ? undefined : named.get(`${space.id}/${device.id}/${entry.n}`)
    const refusal = refusalOf(entry, { named: before, subject: device.subject, document })
    if (refusal !== undefined) {
      if (refusal.outcome !== 'known') document.refused = true
      return refusal
    }
    const seq = ++space.seq
    space.mark = markAfter(space.mark, entry.digest)
    const deviceId = (device.id ??= seq)
    device.subject ??= checkStorable('subject', entry.subject)
    const documentId = (document.id ??= seq)
    const { n, at, digest, bytes } = entry
    named.set(`${space.id}/${deviceId}/${n}`, { space: space.id, device: deviceId, n, seq, digest })
    log.push({ space: space.id, seq, device: deviceId, n, digest, mark: space.mark })

    if (entry.type === 'tombstone') purge(document)
    const type = numberOfEntryType(entry.type)
    const prev = document.isEmpty ? 0 : document.seq
    const authors = document.state === 'live' ? textOfAuthors(entry.authors) : '[]'
    const ids = { space_id: space.id, document_id: documentId, device_id: deviceId }
    const checksum = checksumOf({ ...ids, seq, type, prev, n, at, authors, bytes })
    shown.push({ space: space.id, seq, type, document: documentId, prev, device: deviceId, n, at, checksum, authors, bytes }) // prettier-ignore

    document.seq = seq
    document.kind ??= entry.kind
    document.engine ??= entry.engine
    document.isEmpty = false
    document.entries += 1
    document.bytes += bytes.length
    return { outcome: 'written', seq }
  }

  const committed = commits.map(({ space: name, entries }) => {
    const space = spaces.get(name)
    if (space === undefined) throw new Error('a commit to a space that was not made')
    const outcomes = entries.map(entry => append(space, entry))
    return { space: name, head: { epoch: space.epoch, seq: space.seq, mark: space.mark }, outcomes }
  })
  const moved = [...documents.values()].filter(({ seq, base }) => seq !== base)
  return {
    committed,
    log,
    shown,
    folded,
    devices: [...devices.values()].flatMap(({ space, id, name, subject, isNew }) =>
      isNew && id !== undefined && subject !== undefined ? [{ space, id, name, subject }] : [],
    ),
    documents: moved as Appended['documents'][number][],
    heads: [...spaces.values()]
      .filter(({ seq, from }) => seq !== from)
      .map(({ id, seq, mark }) => ({ space: id, seq, mark })),
  }
}

export function keyOf(space: number, name: string): string {
  return `${space}/${name}`
}
