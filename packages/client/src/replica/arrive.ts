/**
 * Writing what came from the relay. Laws:
 * - Nothing is written that its engine has not checked; what it refuses is left out, told, and the document read anew (D2, CL-08).
 * - An own edit that comes back is its ack, if the ack was lost; when it is not what this device wrote under that n, another device goes
 *   by the same name (S4), and the edit is like anybody's.
 * - A tombstone beats every update, before and after (D6). A document of another kind or engine than its first write is not touched.
 */
import { entryDigest, sameBytes, type Code, type Entry, type WriteTransaction } from '@joinery/core'
import type { Grown } from '../news.ts'
import { lastN } from './append.ts'
import { keys, record, type DocumentRecord, type LogRecord, type OutboxRecord } from './layout.ts'
import { settle } from './settle.ts'
import type { Shape } from './shape.ts'
import { wipeDocument } from './wipe.ts'

export interface ArrivalContext {
  readonly space: string
  readonly device: string
  readonly shape: Shape
  readonly now: number
  /** Whether these are bodies, each complete, and not changes after a cursor. */
  readonly bodies: boolean
  /** Whether everything up to the cursor was here before: then a document that is not here begins with what comes. */
  readonly complete: boolean
  /** What is wrong with these bytes, if anything. */
  check(engine: string, bytes: Uint8Array): Code | undefined
  newId(): string
}

export interface Arrived {
  /** Documents whose log grew, up to where. */
  readonly grown: readonly Grown[]
  /** Documents of which more must be fetched before they are whole. */
  readonly missing: ReadonlySet<string>
  readonly gone: ReadonlySet<string>
  /** Own entries that turned out to be acked. */
  readonly settled: readonly number[]
  /** Own entries that left the outbox because their document is gone. */
  readonly withdrawn: readonly number[]
  readonly refused: readonly { readonly document: string; readonly seq: number; readonly code: Code }[]
  readonly forked: boolean
}

export async function arrive(tx: WriteTransaction, context: ArrivalContext, entries: readonly Entry[]): Promise<Arrived> {
  const { space, bodies } = context
  const grown = new Set<string>()
  const missing = new Set<string>()
  const gone = new Set<string>()
  const settled: number[] = []
  const withdrawn: number[] = []
  const refused: { document: string; seq: number; code: Code }[] = []
  let forked = false

  const names = [...new Set(entries.map(entry => entry.document))]
  const values = await tx.getMany(
    'documents',
    names.map(document => keys.document(space, document)),
  )
  const recordsByDocument = new Map<string, DocumentRecord>()
  for (const [at, value] of values.entries()) {
    const stored = record<DocumentRecord>(value)
    if (stored !== undefined) recordsByDocument.set(names[at] ?? '', stored)
  }
  const lines: Promise<void>[] = []

  for (const entry of entries) {
    const { document, bytes } = entry
    if (entry.type !== 'update' && entry.type !== 'snapshot' && entry.type !== 'tombstone') continue
    if (!bodies && entry.type !== 'snapshot' && entry.device === context.device) {
      const own = await ownAgain(tx, space, entry)
      if (own === 'acked') settled.push(...(await settle(tx, space, [entry.n])))
      if (own === 'forked') forked = true
      // The log has an acked update already; an acked tombstone was wiped here when it was made.
      if (own === 'acked' || own === 'known') continue
    }
    let stored = recordsByDocument.get(document)
    if (stored?.body === 'gone') continue
    if (entry.type === 'tombstone') {
      await Promise.all(lines.splice(0))
      await putRecord(tx, space, document, stored ?? newRecord(entry, 'here'))
      const refusal = { code: 'GONE', now: context.now, shelfId: context.newId() } as const
      withdrawn.push(...((await wipeDocument(tx, context.shape, { space, document }, refusal))?.entries ?? []))
      gone.add(document)
      grown.delete(document)
      missing.delete(document)
      const after = record<DocumentRecord>(await tx.get('documents', keys.document(space, document)))
      if (after !== undefined) recordsByDocument.set(document, after)
      continue
    }
    const code = context.check(entry.engine, bytes) ?? mismatch(stored, entry)
    if (code !== undefined) {
      refused.push({ document, seq: entry.seq, code })
      // A body that is refused would be refused again: it stays as it is here.
      if (!bodies && code === 'BAD_UPDATE') missing.add(document)
      continue
    }
    if (stored === undefined) {
      stored = newRecord(entry, bodies || context.complete ? 'here' : 'partial')
    } else if (bodies && stored.body !== 'here') {
      stored = { ...stored, body: 'here' }
    }
    if (stored.body !== 'here') missing.add(document)
    stored = { ...stored, made: Math.min(stored.made, entry.at), edited: Math.max(stored.edited, entry.at) }
    if (stored.body !== 'evicted') {
      const line: LogRecord = { bytes }
      const tail = stored.tail + 1
      lines.push(tx.put('log', keys.line(space, document, tail), line))
      stored = { ...stored, tail, bytes: stored.bytes + bytes.length }
      grown.add(document)
    }
    recordsByDocument.set(document, stored)
  }

  for (const document of grown) lines.push(tx.put('index', keys.stale(space, document), null))
  for (const document of [...grown, ...missing]) {
    const stored = recordsByDocument.get(document)
    if (stored !== undefined) lines.push(putRecord(tx, space, document, stored))
  }
  await Promise.all(lines)
  const tails = [...grown].map(document => ({ document, tail: recordsByDocument.get(document)?.tail ?? 0 }))
  return { grown: tails, missing, gone, settled, withdrawn, refused, forked }
}

/** What an entry under this device's name is to it. */
async function ownAgain(
  tx: WriteTransaction,
  space: string,
  entry: Entry,
): Promise<'acked' | 'known' | 'forked' | 'news'> {
  const waiting = record<OutboxRecord>(await tx.get('outbox', keys.outbox(space, entry.n)))
  if (waiting !== undefined) {
    const line = record<LogRecord>(await tx.get('log', keys.line(space, waiting.document, waiting.at)))
    const bytes = waiting.resupply ?? line?.bytes ?? NOTHING
    return sameBytes(entryDigest({ ...waiting, bytes }), entryDigest(entry)) ? 'acked' : 'forked'
  }
  if (entry.n > (await lastN(tx, space))) return 'forked'
  const orphans = ((await tx.get('meta', keys.orphans(space))) ?? []) as readonly number[]
  return orphans.includes(entry.n) ? 'news' : 'known'
}

function mismatch(stored: DocumentRecord | undefined, entry: Entry): Code | undefined {
  if (stored === undefined || (stored.kind === entry.kind && stored.engine === entry.engine)) return undefined
  return 'KIND_MISMATCH'
}

function newRecord({ kind, engine, at }: Entry, body: DocumentRecord['body']): DocumentRecord {
  return { kind, engine, body, tail: 0, folded: 0, life: 0, bytes: 0, used: at, made: at, edited: at, why: null }
}

function putRecord(tx: WriteTransaction, space: string, document: string, stored: DocumentRecord): Promise<void> {
  return tx.put('documents', keys.document(space, document), stored)
}

const NOTHING = new Uint8Array(0)
