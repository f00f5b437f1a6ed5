/**
 * Writing what came from the relay. Laws:
 * - What may meet a document that is open was checked by its engine; what that refuses is left out, told, and the document read anew (D2,
 *   CL-08). The body of one that is not here yet is built in scratch first, wherever it is used.
 * - An own edit that comes back is its ack, if the ack was lost; when it is not what this device wrote under that n, another device goes
 *   by the same name (S4), and the edit is like anybody's.
 * - A void leaves nothing here of a document but what is not acked: it is fetched anew, and begins its next life when it is here. An own edit
 *   that was voided goes to the shelf (C2).
 * - A tombstone beats every update, before and after (D6). A document of another kind or engine than its first write is not touched.
 */
import { sameBytes, type Entry } from '@joinery/core'
import { decodeVoided } from '@joinery/core/protocol'
import type { InflowEffect } from '@joinery/core/sync'
import { lastN } from './append.ts'
import { readRecord, readWaiting } from './body.ts'
import { keys, newRecord, positionRecord, type DocumentRecord, type OutboxRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { eraseBody, putOnShelf, retire } from './retire.ts'
import { markStale } from './rows.ts'
import { hear, settle } from './settle.ts'
import type { Tx } from './tx.ts'

/** True when another device goes by this one's name. `acked`: what this link has acked, n by seq. */
export async function arrive(
  tx: Tx,
  replica: Replica,
  space: string,
  { entries, bodies, position, lost }: Extract<InflowEffect, { do: 'store' }>,
  acked: ReadonlyMap<number, number>,
): Promise<boolean> {
  /** Whether everything up to the cursor was here before: then a document that is not here begins with what comes. */
  const complete = position.fill === undefined
  /** Of documents whose log grew. */
  const records = new Map<string, DocumentRecord>()
  /** Documents of which more must be fetched before they are whole. */
  const missing = new Set<string>()
  let forked = false
  if (lost) tx.put('meta', keys.heard(space), lost.seq)
  if (bodies) await hear(tx, space, entries)

  for (const entry of entries) {
    const { document, type, bytes, at } = entry
    // What is `moved`, who is a `member` and what is `other-…` is for later.
    if (/^[mo]/.test(type)) continue
    const place = { space, document }
    // What is edited while bodies are filled in moves past the page that would have brought it, and what is here of it may be old (R4).
    if (!bodies && !complete) missing.add(document)
    if (!bodies && type !== 'snapshot' && entry.device === replica.device()) {
      const own = await isOwn(tx, space, entry, acked)
      // The log has an own update already; what an own tombstone wiped was wiped here when it was made.
      if (own === true) continue
      forked ||= own === false
    }
    const before = records.get(document) ?? (await readRecord(tx, place))
    if (before?.body === 'gone') continue
    let stored = before ?? newRecord(entry.kind, entry.engine, bodies || complete ? 'here' : 'partial', at)
    if (type === 'tombstone' || type === 'void') {
      for (const about of [records, missing]) about.delete(document)
      if (type === 'void') {
        const voided = decodeVoided(bytes)
        if (voided.device === replica.device()) {
          await settle(tx, space, [voided])
          putOnShelf(tx, replica, place, stored, 'BAD_UPDATE', [voided.bytes])
        }
        await eraseBody(tx, place, { ...stored, why: 'BAD_UPDATE' }, 'evicted')
        // So it is fetched.
        markStale(tx, place, true)
      } else {
        tx.put('documents', keys.document(place), stored)
        await retire(tx, replica, place, 'GONE', 'wipe')
      }
      continue
    }
    // An engine that this app does not bring checks nothing: the bytes are kept as they are, for an app that does (D5).
    const same = stored.kind === entry.kind && stored.engine === entry.engine
    const inScratch = bodies && before?.body !== 'here'
    const code = same ? !inScratch && replica.engine(entry.engine)?.check(bytes)?.code : 'KIND_MISMATCH'
    if (code) {
      tx.tellHere({ type: 'report', report: { type: 'refused-update', space, document, code } })
      // A body that is refused would be refused again: it stays as it is here.
      if (!bodies && same) missing.add(document)
      continue
    }
    // Whoever has it open holds what was voided since: the document's next life begins.
    if (bodies) {
      stored = { ...stored, body: 'here', life: stored.life + Number(stored.body === 'evicted') }
      tx.delete('index', keys.mark('lacking', place))
    }
    if (stored.body !== 'here') missing.add(document)
    stored = { ...stored, made: Math.min(stored.made, at), edited: Math.max(stored.edited, at) }
    // Also of what is evicted: the body that is on its way may have been read before.
    const tail = stored.tail + 1
    tx.put('log', keys.line(place, tail), bytes)
    records.set(document, { ...stored, tail, bytes: stored.bytes + bytes.length })
  }

  for (const [document, stored] of records) {
    const place = { space, document }
    tx.put('documents', keys.document(place), stored)
    markStale(tx, place, true)
  }
  tx.put('meta', keys.position(space), positionRecord(position))
  tx.put('meta', keys.lastSync, replica.clock.now())
  const grown = Array.from(records, ([document, { tail }]) => ({ document, tail }))
  if (grown.length > 0) tx.tell({ type: 'grown', space, documents: grown })
  for (const document of missing) {
    // Whoever asks for it now may die with what he asked.
    tx.put('index', keys.mark('lacking', { space, document }), null)
    tx.tellHere({ type: 'wanted', space, documents: [document] })
  }
  return forked
}

/**
 * Whether an entry under this device's name is what the device wrote; it is acked then. False: another device goes by this name. Undefined:
 * that cannot be told, and it is taken as news. A name alone says nothing: an ack may stand for no entry, and a log that lost an entry gives
 * its name away, to a clone too, also where the cursor fits because somebody gave the entry back.
 */
async function isOwn(
  tx: Tx,
  space: string,
  entry: Entry,
  acked: ReadonlyMap<number, number>,
): Promise<boolean | undefined> {
  const { n, seq } = entry
  const waiting = (await tx.get('outbox', keys.outbox(space, n))) as OutboxRecord | undefined
  if (!waiting) return n <= (await lastN(tx, space)) && (acked.get(seq) === n || undefined)
  const isSame = waiting.type === entry.type && waiting.document === entry.document
  if (!isSame || !sameBytes(await readWaiting(tx, space, waiting), entry.bytes)) return false
  await settle(tx, space, [entry])
  return true
}
