/**
 * Writing what came from the relay. Laws:
 * - Nothing is written that its engine has not checked; what it refuses is left out, told, and the document read anew (D2, CL-08).
 * - An own edit that comes back is its ack, if the ack was lost; when it is not what this device wrote under that n, another device goes
 *   by the same name (S4), and the edit is like anybody's.
 * - A tombstone beats every update, before and after (D6). A document of another kind or engine than its first write is not touched.
 */
import { sameBytes, type Code, type Entry } from '@joinery/core'
import type { Grown } from '../news.ts'
import { lastN } from './append.ts'
import { readRecord } from './body.ts'
import { keys, record, type DocumentRecord, type LogRecord, type OutboxRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { retire } from './retire.ts'
import { settle } from './settle.ts'
import type { Tx } from './tx.ts'

export interface Arrival {
  readonly entries: readonly Entry[]
  /** Whether these are bodies, each complete, and not changes after a cursor. */
  readonly bodies: boolean
  /** Whether everything up to the cursor was here before: then a document that is not here begins with what comes. */
  readonly complete: boolean
}

export interface Arrived {
  /** Documents whose log grew, up to where. */
  readonly grown: readonly Grown[]
  /** Documents of which more must be fetched before they are whole. */
  readonly missing: readonly string[]
  readonly gone: readonly string[]
  /** Own entries that turned out to be acked. */
  readonly settled: readonly number[]
  /** Own entries that left the outbox because their document is gone. */
  readonly withdrawn: readonly number[]
  readonly refused: readonly { readonly document: string; readonly code: Code }[]
  readonly forked: boolean
}

export async function arrive(tx: Tx, replica: Replica, space: string, arrival: Arrival): Promise<Arrived> {
  const { entries, bodies, complete } = arrival
  const grown = new Set<string>()
  const missing = new Set<string>()
  const gone = new Set<string>()
  const settled: number[] = []
  const withdrawn: number[] = []
  const refused: { document: string; code: Code }[] = []
  let forked = false
  const records = new Map<string, DocumentRecord | undefined>()

  for (const entry of entries) {
    const { document, type, bytes, at } = entry
    if (type !== 'update' && type !== 'snapshot' && type !== 'tombstone') continue
    const place = { space, document }
    // What is edited while bodies are filled in moves past the page that would have brought it, and what is here of it may be old (R4).
    if (!bodies && !complete && type !== 'tombstone') missing.add(document)
    if (!bodies && type !== 'snapshot' && entry.device === replica.device()) {
      const own = await ownAgain(tx, space, entry)
      if (own === 'acked') settled.push(...(await settle(tx, space, [entry.n])))
      forked ||= own === 'forked'
      // The log has an acked update already; an acked tombstone was wiped here when it was made.
      if (own === 'acked' || own === 'known') continue
    }
    if (!records.has(document)) records.set(document, await readRecord(tx, place))
    const before = records.get(document)
    if (before?.body === 'gone') continue
    let stored = before ?? newRecord(entry, bodies || complete ? 'here' : 'partial')
    if (type === 'tombstone') {
      tx.put('documents', keys.document(place), stored)
      withdrawn.push(...(await retire(tx, replica, place, 'GONE', 'wipe')).entries)
      records.delete(document)
      gone.add(document)
      grown.delete(document)
      missing.delete(document)
      continue
    }
    // An engine that this app does not bring checks nothing: the bytes are kept as they are, for an app that does (D5).
    const same = stored.kind === entry.kind && stored.engine === entry.engine
    const code = same ? replica.engine(entry.engine)?.check(bytes)?.code : 'KIND_MISMATCH'
    if (code !== undefined) {
      refused.push({ document, code })
      // A body that is refused would be refused again: it stays as it is here.
      if (!bodies && same) missing.add(document)
      continue
    }
    if (bodies) stored = { ...stored, body: 'here' }
    if (stored.body !== 'here') missing.add(document)
    stored = { ...stored, made: Math.min(stored.made, at), edited: Math.max(stored.edited, at) }
    if (stored.body !== 'evicted') {
      const tail = stored.tail + 1
      tx.put('log', keys.line(place, tail), { bytes })
      stored = { ...stored, tail, bytes: stored.bytes + bytes.length }
      grown.add(document)
    }
    records.set(document, stored)
  }

  const tails: Grown[] = []
  for (const [document, stored] of records) {
    if (stored === undefined || stored.body === 'gone') continue
    const place = { space, document }
    tx.put('documents', keys.document(place), stored)
    if (!grown.has(document)) continue
    tx.put('index', keys.stale(place), null)
    tails.push({ document, tail: stored.tail })
  }
  return { grown: tails, missing: [...missing], gone: [...gone], settled, withdrawn, refused, forked }
}

/** What an entry under this device's name is to it. */
async function ownAgain(tx: Tx, space: string, entry: Entry): Promise<'acked' | 'known' | 'forked' | 'news'> {
  const waiting = record<OutboxRecord>(await tx.get('outbox', keys.outbox(space, entry.n)))
  if (waiting !== undefined) {
    const { type, document, at, resupply } = waiting
    const line = record<LogRecord>(await tx.get('log', keys.line({ space, document }, at)))
    const bytes = resupply ?? line?.bytes ?? NOTHING
    return type === entry.type && document === entry.document && sameBytes(bytes, entry.bytes) ? 'acked' : 'forked'
  }
  if (entry.n > (await lastN(tx, space))) return 'forked'
  const orphans = record<readonly number[]>(await tx.get('meta', keys.orphans(space)))
  return orphans?.includes(entry.n) === true ? 'news' : 'known'
}

function newRecord({ kind, engine, at }: Entry, body: DocumentRecord['body']): DocumentRecord {
  return { kind, engine, body, tail: 0, folded: 0, life: 0, bytes: 0, used: at, made: at, edited: at, why: null }
}

const NOTHING = new Uint8Array(0)
