/** What is done about what came from the relay. */
import type { HeldDocument, WantedDocument } from '@joinery/core/protocol'
import type { InflowEffect, InflowPosition, OutboxHead } from '@joinery/core/sync'
import { append } from '../replica/append.ts'
import { arrive } from '../replica/arrive.ts'
import { readAcked, readRecord, type Place } from '../replica/body.ts'
import { keys, positionRecord, type DocumentRecord, type OutboxRecord } from '../replica/layout.ts'
import type { Replica } from '../replica/replica.ts'
import { wipeSpace } from '../replica/retire.ts'
import { retireHere, tellEnd } from './mending.ts'
import type { SpaceContext } from './space-context.ts'
import type { Tx } from '../replica/tx.ts'

/** Documents told in one `have`. */
const PAGE = 64

export async function performInflow(context: SpaceContext, effect: InflowEffect): Promise<void> {
  const { replica, space } = context
  switch (effect.do) {
    case 'store':
      return store(context, effect)
    case 'fetch':
      return context.send({
        type: 'fetch',
        space: context.wireName(),
        document: effect.document,
        before: effect.before,
      })
    case 'absent':
      return replica.news.tell({ type: 'absent', space, document: effect.document, code: effect.code })
    case 'tell':
      return tell(context, effect.after)
    case 'resupply':
      return resupply(context, effect.documents, effect.position)
    case 'report':
      context.report({ type: effect.what })
      // The relay is to judge the cursor that it seems to have forgotten.
      if (effect.what === 'cursor-back') context.distrust()
      return
    case 'wipe-document':
      return retireHere(context, effect.document, 'GONE', 'wipe')
    case 'wipe-space': {
      const { code } = effect
      const entries = await replica.write(tx => wipeSpace(tx, replica, space, code))
      tellEnd(context, [], entries, code)
      context.report({ type: 'space-lost', code })
    }
  }
}

async function store(
  context: SpaceContext,
  { entries, position, bodies }: Extract<InflowEffect, { do: 'store' }>,
): Promise<void> {
  const { replica, space } = context
  const { news } = replica
  const arrived = await replica.write(async tx => {
    const outcome = await arrive(tx, replica, space, { entries, bodies, complete: position.fill === undefined })
    tx.put('meta', keys.position(space), positionRecord(position))
    tx.put('meta', keys.lastSync, replica.clock.now())
    return outcome
  })
  const { grown, missing, gone, settled, withdrawn, refused, forked } = arrived
  if (settled.length > 0) tellEnd(context, [], settled, null)
  if (grown.length > 0) {
    news.tell({ type: 'grown', space, documents: grown })
    context.background.note(
      space,
      grown.map(({ document }) => document),
      true,
    )
  }
  if (gone.length > 0) {
    tellEnd(context, gone, withdrawn, 'GONE')
    news.tell({ type: 'gone', space, documents: gone })
  }
  for (const { document, code } of refused) context.report({ type: 'refused-update', document, code })
  if (missing.length > 0) context.feedIn({ type: 'need', documents: missing, urgent: false })
  if (forked) context.fork()
}

/** Tells a page of what is held here; of a purge, that it was one: a relay that lost something may have lost it, too (D6). */
async function tell(context: SpaceContext, after: string): Promise<void> {
  const { replica, space } = context
  const documents: HeldDocument[] = []
  const heads: OutboxHead[] = []
  const last = await replica.write(async tx => {
    documents.length = heads.length = 0
    const page = await tx.range('documents', { prefix: [space], after: [space, after], limit: PAGE })
    for (const { key, value } of page) {
      const place = { space, document: key[1] as string }
      const stored = value as DocumentRecord
      const held = await heldAs(tx, replica, place, stored)
      if (held !== undefined) documents.push(held)
      if (stored.body === 'gone') heads.push(...(await supply(tx, place, stored, 'tombstone', NOTHING)))
    }
    return page.at(-1)?.key[1] as string | undefined
  })
  if (heads.length > 0) context.feedOut({ type: 'found', entries: heads })
  if (last !== undefined) context.send({ type: 'have', space: context.wireName(), documents })
  context.feedIn({ type: 'told', upTo: last })
}

/** What the relay should have of a document, as far as this device knows. */
export async function heldAs(
  tx: Tx,
  replica: Replica,
  place: Place,
  stored: DocumentRecord,
): Promise<HeldDocument | undefined> {
  if (stored.body !== 'here') return undefined
  const doc = replica.build(stored.engine, await readAcked(tx, place, stored))?.doc
  const held = doc && { document: place.document, engine: stored.engine, version: doc.version() }
  doc?.close()
  return held
}

/** Puts what the relay lacks into the outbox, together with how far that has come. */
async function resupply(
  context: SpaceContext,
  wanted: readonly WantedDocument[],
  position: InflowPosition,
): Promise<void> {
  const { replica, space } = context
  const heads = await replica.write(async tx => {
    const found: OutboxHead[] = []
    for (const { document, version } of wanted) {
      const place = { space, document }
      const stored = await readRecord(tx, place)
      if (stored?.body !== 'here') continue
      const doc = replica.build(stored.engine, await readAcked(tx, place, stored))?.doc
      const lacking = doc && (version.length === 0 ? doc.encode() : doc.encode(version))
      doc?.close()
      if (lacking !== undefined) found.push(...(await supply(tx, place, stored, 'update', lacking)))
    }
    tx.put('meta', keys.position(space), positionRecord(position))
    return found
  })
  context.feedOut({ type: 'found', entries: heads })
}

async function supply(
  tx: Tx,
  place: Place,
  stored: DocumentRecord,
  type: OutboxRecord['type'],
  resupplied: Uint8Array,
): Promise<OutboxHead[]> {
  return (await append(tx, place, stored, [{ type, resupply: resupplied }], stored.edited)).heads
}

const NOTHING = new Uint8Array(0)
