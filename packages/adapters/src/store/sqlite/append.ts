/**
 * What happens inside a commit: each entry looked up, decided and appended, and the heads moved once at the end. Law: nothing is
 * kept before it is committed, so a transaction that rolls back leaves nothing behind.
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
import type { Pieces, PutBytes } from './pieces.ts'
import { textOfAuthors } from '../rows/authors-text.ts'
import { checksumOf } from '../rows/checksum.ts'
import { digitsOf, markOf } from './rows.ts'
import type { KnownRows } from './known-rows.ts'
import type { SizeRow, SpaceRow, Statements } from './statements.ts'

interface SpaceDraft {
  readonly id: number
  readonly epoch: string
  seq: number
  mark: Uint8Array
  readonly documents: Map<string, DocumentDraft>
  readonly devices: Map<string, DeviceDraft>
}

interface DocumentDraft {
  readonly id: number
  /** Head seq before this commit. */
  readonly base: number
  readonly isNew: boolean
  /** Binary digits of its count of entries before this commit. */
  readonly digits: number
  firstSeq: number
  seq: number
  kind: string | undefined
  engine: string | undefined
  entries: number
  bytes: number
  state: 'live' | 'gone'
  refused: boolean
}

interface DeviceDraft {
  id: number | undefined
  subject: string | undefined
  last: number
}

export interface Appending {
  readonly committed: CommittedSpace[]
  /** To be called once it is committed: the next commit looks up nothing of this one. */
  keep(): void
  /** About how many pages of the database this touched. */
  readonly pages: number
}

/** Runs inside a transaction. `space` gives the row of a space, made if it is new. */
export function appendAll(
  statements: Statements,
  rows: KnownRows,
  pieces: Pick<Pieces, 'hold' | 'holdAuthors' | 'leave'>,
  put: PutBytes,
  commits: readonly SpaceCommit[],
  now: number,
  spaceRow: (name: string) => SpaceRow,
): Appending {
  const spacesByName = new Map<string, SpaceDraft>()
  /** Asked for when there is a new document. */
  let lastDocument: { id: number } | undefined
  let pages = 4

  function spaceOf(name: string): SpaceDraft {
    const known = spacesByName.get(name)
    if (known !== undefined) return known
    const { id, epoch, seq, mark } = spaceRow(name)
    const draft = { id, epoch, seq, mark: markOf(mark), documents: new Map(), devices: new Map() }
    spacesByName.set(name, draft)
    return draft
  }

  function nextDocument(): number {
    lastDocument ??= statements.lastDocumentId.get() as { id: number }
    lastDocument.id += 1
    return lastDocument.id
  }

  function documentOf(space: SpaceDraft, name: string): DocumentDraft {
    const known = space.documents.get(name)
    if (known !== undefined) return known
    const row = rows.document(space.id, name)
    const draft: DocumentDraft = {
      id: row?.id ?? nextDocument(),
      base: row?.seq ?? 0,
      isNew: row === undefined,
      digits: digitsOf(row?.entries ?? 0),
      firstSeq: row?.first_seq ?? 0,
      seq: row?.seq ?? 0,
      kind: row?.kind,
      engine: row?.engine,
      entries: row?.entries ?? 0,
      bytes: row?.bytes ?? 0,
      state: row?.gone === 1 ? 'gone' : 'live',
      refused: false,
    }
    space.documents.set(name, draft)
    return draft
  }

  function deviceOf(space: SpaceDraft, name: string): DeviceDraft {
    const known = space.devices.get(name)
    if (known !== undefined) return known
    const row = rows.device(space.id, name)
    const draft: DeviceDraft = { id: row?.id, subject: row?.subject, last: row?.last ?? 0 }
    space.devices.set(name, draft)
    return draft
  }

  function append(space: SpaceDraft, entry: CommitEntry): Outcome {
    const document = documentOf(space, entry.document)
    const device = deviceOf(space, entry.device)
    // A greater n than all before is nobody's name yet: the usual case, without a look-up.
    const isNamed = device.id !== undefined && entry.n <= device.last
    const named = isNamed
      ? (statements.named.get(device.id, entry.n) as { seq: number; digest: Uint8Array } | undefined)
      : undefined
    const refusal = refusalOf(entry, { named, subject: device.subject, document })
    if (refusal !== undefined) {
      if (refusal.outcome !== 'known') document.refused = true
      return refusal
    }

    const deviceId = device.id ?? makeDevice(space, entry)
    device.id = deviceId
    device.subject = entry.subject
    device.last = Math.max(device.last, entry.n)

    const seq = ++space.seq
    space.mark = markAfter(space.mark, entry.digest)
    statements.appendName.run(space.id, seq, deviceId, entry.n, entry.digest, space.mark, now)
    if (entry.type === 'tombstone') purge(space, document)
    const { n, at } = entry
    const { type, bytes } = pieces.hold(numberOfEntryType(entry.type), entry.bytes, put)
    const prev = document.entries === 0 ? 0 : document.seq
    const authors = document.state === 'live' ? pieces.holdAuthors(textOfAuthors(entry.authors), put) : '[]'
    const ids = { space_id: space.id, document_id: document.id, device_id: deviceId }
    const checksum = checksumOf({ ...ids, seq, type, prev, n, at, authors, bytes })
    statements.appendEntry.run(space.id, seq, type, document.id, prev, deviceId, n, at, checksum, authors, bytes)

    if (document.firstSeq === 0) document.firstSeq = seq
    document.seq = seq
    document.kind ??= entry.kind
    document.engine ??= entry.engine
    document.entries += 1
    document.bytes += entry.bytes.length
    pages += 2 + entry.bytes.length / 4096
    return { outcome: 'written', seq }
  }

  function makeDevice({ id }: SpaceDraft, { device, subject }: CommitEntry): number {
    return Number(statements.makeDevice.run(id, device, checkStorable('subject', subject)).lastInsertRowid)
  }

  function purge(space: SpaceDraft, document: DocumentDraft): void {
    const chain = { space: space.id, document: document.id, last: document.seq }
    statements.rememberDigests.run(chain)
    for (const row of statements.chainSizes.all(chain)) pieces.leave(row as SizeRow)
    statements.dropChain.run(chain)
    const past = [document.id, 0, Number.MAX_SAFE_INTEGER] as const
    for (const row of statements.pastSizes.all(...past)) pieces.leave(row as SizeRow)
    statements.dropPast.run(...past)
    statements.dropKept.run(document.id, Number.MAX_SAFE_INTEGER)
    statements.dropNames.run(document.id)
    statements.liftQuarantine.run(document.id)
    document.state = 'gone'
    document.entries = 0
    document.bytes = 0
  }

  function moveHeads(space: SpaceDraft): void {
    for (const [name, document] of space.documents) {
      const { id, firstSeq, seq, kind, engine, entries, bytes } = document
      const gone = document.state === 'gone' ? 1 : 0
      if (seq === document.base) continue
      const digits = digitsOf(entries)
      if (document.isNew)
        statements.makeDocument.run(id, space.id, name, kind, engine, firstSeq, seq, entries, digits, bytes, gone)
      else {
        statements.moveDocument.run(seq, entries, bytes, gone, id)
        if (digits !== document.digits) statements.moveDigits.run(digits, id)
      }
      pages += 1
    }
  }

  const answers = commits.map(({ space: name, entries }) => {
    const space = spaceOf(name)
    const outcomes = entries.map(entry => append(space, entry))
    return { space: name, head: { epoch: space.epoch, seq: space.seq, mark: space.mark }, outcomes }
  })
  for (const space of spacesByName.values()) moveHeads(space)
  return {
    committed: answers,
    pages,
    keep() {
      for (const [name, space] of spacesByName) keepRows(rows, name, space)
    },
  }
}

function keepRows(rows: KnownRows, name: string, { id, epoch, seq, mark, documents, devices }: SpaceDraft): void {
  rows.keepSpace(name, { id, epoch, seq, mark })
  for (const [document, { kind, engine, firstSeq, state, ...draft }] of documents) {
    if (draft.seq === draft.base || kind === undefined || engine === undefined) continue
    const gone = state === 'gone' ? 1 : 0
    const { id: documentId, entries, bytes } = draft
    rows.keepDocument({ id: documentId, space: id, name: document, kind, engine, first_seq: firstSeq, seq: draft.seq, entries, bytes, gone }) // prettier-ignore
  }
  for (const [device, { id: deviceId, subject, last }] of devices) {
    if (deviceId !== undefined && subject !== undefined) rows.keepDevice(id, device, { id: deviceId, subject, last })
  }
}
