/** What is done about what came from the relay. */
import type { InflowEffect, InflowEvent, InflowPosition, OutboxHead, OutflowEvent } from '@joinery/core/sync'
import type { HeldDocument, WantedDocument } from '@joinery/core/protocol'
import type { WriteTransaction } from '@joinery/core'
import { appendToOutbox } from '../replica/append.ts'
import { arrive } from '../replica/arrive.ts'
import { readAcked, readRecord } from '../replica/body.ts'
import { keys, positionRecord, type DocumentRecord } from '../replica/layout.ts'
import type { Replica } from '../replica/replica.ts'
import { scratch } from '../replica/scratch.ts'
import { wipeDocument, wipeSpace } from '../replica/wipe.ts'
import type { SpaceContext } from './space-sync.ts'

export interface Feeds {
  feedIn(event: InflowEvent): void
  feedOut(event: OutflowEvent): void
}

/** Documents told in one `have`. */
const PAGE = 64

export async function performInflow(context: SpaceContext, feeds: Feeds, effect: InflowEffect): Promise<void> {
  const { replica, space } = context
  switch (effect.do) {
    case 'store':
      return store(context, feeds, effect)
    case 'fetch':
      return context.send({ type: 'fetch', space: context.wireName(), document: effect.document, before: effect.before })
    case 'absent': {
      const { document, code } = effect
      return replica.news.tell({ type: 'absent', space, document, code })
    }
    case 'tell':
      return tell(context, feeds, effect.after)
    case 'resupply':
      return resupply(context, feeds, effect.documents, effect.position)
    case 'report':
      context.report({ type: effect.what })
      // The relay is to judge the cursor that it seems to have forgotten.
      if (effect.what === 'cursor-back') context.distrust()
      return
    case 'wipe-document':
      return wipe(context, feeds, effect.document)
    case 'wipe-space': {
      const { code } = effect
      const entries = await replica.write(tx => wipeSpace(tx, space, code, replica.clock.now(), replica.newId))
      feeds.feedOut({ type: 'dropped', entries })
      replica.news.tell({ type: 'settled', space, entries, code })
      replica.news.tell({ type: 'shelf' })
      context.report({ type: 'space-lost', code })
    }
  }
}

async function store(
  context: SpaceContext,
  feeds: Feeds,
  { entries, position, bodies }: Extract<InflowEffect, { do: 'store' }>,
): Promise<void> {
  const { replica, space, background } = context
  const { news } = replica
  const arrived = await replica.write(async tx => {
    const now = replica.clock.now()
    const outcome = await arrive(
      tx,
      {
        space,
        device: replica.device(),
        shape: replica.shape,
        now,
        bodies,
        complete: position.fill === undefined,
        // An engine that this app does not bring checks nothing: the bytes are kept as they are, for an app that does (D5).
        check: (engine, bytes) => replica.engine(engine)?.check(bytes)?.code,
        newId: replica.newId,
      },
      entries,
    )
    await tx.put('meta', keys.position(space), positionRecord(position))
    await tx.put('meta', keys.lastSync, now)
    return outcome
  })
  const dropped = [...arrived.settled, ...arrived.withdrawn]
  if (dropped.length > 0) feeds.feedOut({ type: 'dropped', entries: dropped })
  if (arrived.settled.length > 0) news.tell({ type: 'settled', space, entries: arrived.settled, code: null })
  if (arrived.withdrawn.length > 0) news.tell({ type: 'settled', space, entries: arrived.withdrawn, code: 'GONE' })
  if (arrived.grown.length > 0) {
    news.tell({ type: 'grown', space, documents: arrived.grown })
    background.note(space, arrived.grown.map(({ document }) => document), true)
  }
  if (arrived.gone.size > 0) tellGone(context, arrived.gone)
  for (const { document, code } of arrived.refused) context.report({ type: 'refused-update', document, code })
  if (arrived.missing.size > 0) feeds.feedIn({ type: 'need', documents: [...arrived.missing], urgent: false })
  if (arrived.forked) context.fork()
  context.changed()
}

function tellGone({ replica, space }: SpaceContext, documents: Iterable<string>): void {
  replica.news.tell({ type: 'rebuilt', space, documents: [...documents] })
  replica.news.tell({ type: 'gone', space, documents: [...documents] })
  replica.news.tell({ type: 'shelf' })
}

async function wipe(context: SpaceContext, feeds: Feeds, document: string): Promise<void> {
  const { replica, space } = context
  const refusal = { code: 'GONE', now: replica.clock.now(), shelfId: replica.newId() } as const
  const withdrawn = await replica.write(tx => wipeDocument(tx, replica.shape, { space, document }, refusal))
  const entries = withdrawn?.entries ?? []
  feeds.feedOut({ type: 'dropped', entries })
  // A purge of what is gone has arrived.
  replica.news.tell({ type: 'settled', space, entries, code: withdrawn?.purge === true ? null : 'GONE' })
  tellGone(context, [document])
}

/** Tells a page of what is held here, purged documents as such. */
async function tell(context: SpaceContext, feeds: Feeds, after: string): Promise<void> {
  const { replica, space } = context
  const rows = await replica.read(tx =>
    tx.range('documents', {
      prefix: keys.documents(space),
      limit: PAGE,
      ...(after !== '' && { after: keys.document(space, after) }),
    }),
  )
  const documents: HeldDocument[] = []
  const purged: string[] = []
  for (const { key, value } of rows) {
    const document = key[1] as string
    const stored = value as DocumentRecord
    if (stored.body === 'gone') purged.push(document)
    const held = stored.body === 'here' ? await heldAs(replica, space, document, stored) : undefined
    if (held !== undefined) documents.push(held)
  }
  if (purged.length > 0) feeds.feedOut({ type: 'found', entries: await repurge(replica, space, purged) })
  const last = rows.at(-1)?.key[1] as string | undefined
  if (last !== undefined) context.send({ type: 'have', space: context.wireName(), documents })
  feeds.feedIn({ type: 'told', upTo: last })
}

export async function heldAs(
  replica: Replica,
  space: string,
  document: string,
  stored: DocumentRecord,
): Promise<HeldDocument | undefined> {
  const engine = replica.engine(stored.engine)
  if (engine === undefined) return undefined
  const { doc } = scratch(engine, replica.random, await replica.read(tx => readAcked(tx, space, document, stored)))
  const held = { document, engine: stored.engine, version: doc.version() }
  doc.close()
  return held
}

/** A relay that lost something may have lost a purge: devices bring it back (D6). */
function repurge(replica: Replica, space: string, documents: readonly string[]): Promise<OutboxHead[]> {
  return replica.write(async tx => {
    const heads: OutboxHead[] = []
    for (const document of documents) {
      const stored = await readRecord(tx, space, document)
      if (stored?.body !== 'gone') continue
      const entry = { type: 'tombstone', edited: stored.edited, resupply: NOTHING } as const
      heads.push(await appendToOutbox(tx, { space, document }, stored, entry))
    }
    return heads
  })
}

async function resupply(
  context: SpaceContext,
  feeds: Feeds,
  wanted: readonly WantedDocument[],
  position: InflowPosition,
): Promise<void> {
  const { replica, space } = context
  const heads = await replica.write(async tx => {
    const found: OutboxHead[] = []
    for (const one of wanted) {
      const head = await supply(tx, replica, space, one)
      if (head !== undefined) found.push(head)
    }
    await tx.put('meta', keys.position(space), positionRecord(position))
    return found
  })
  if (heads.length > 0) feeds.feedOut({ type: 'found', entries: heads })
  context.changed()
}

async function supply(
  tx: WriteTransaction,
  replica: Replica,
  space: string,
  { document, version }: WantedDocument,
): Promise<OutboxHead | undefined> {
  const stored = await readRecord(tx, space, document)
  const engine = stored && replica.engine(stored.engine)
  if (stored === undefined || engine === undefined || stored.body !== 'here') return undefined
  const { doc } = scratch(engine, replica.random, await readAcked(tx, space, document, stored))
  let bytes: Uint8Array | undefined
  try {
    bytes = version.length === 0 ? doc.encode() : doc.encode(version)
  } catch {
    // A version that is none: everything, then.
    bytes = doc.encode()
  }
  doc.close()
  if (bytes === undefined) return undefined
  return appendToOutbox(tx, { space, document }, stored, { type: 'update', edited: stored.edited, resupply: bytes })
}

const NOTHING = new Uint8Array(0)
