/** What is done about what goes to the relay, and about its answers. */
import type { OutflowEffect } from '@joinery/core/sync'
import type { PushedEntry } from '@joinery/core/protocol'
import { readRecord } from '../replica/body.ts'
import { keys, record, type LogRecord, type OutboxRecord } from '../replica/layout.ts'
import { reissueDocument } from '../replica/reissue.ts'
import { settle } from '../replica/settle.ts'
import { shelveDocument } from '../replica/shelve.ts'
import { heldAs, performInflow, type Feeds } from './perform-inflow.ts'
import type { SpaceContext } from './space-sync.ts'

/** Entries of one message, in bytes: small ones travel together. */
const MESSAGE_BYTES = 48 * 1024

export async function performOutflow(
  context: SpaceContext,
  feeds: Feeds,
  effect: Exclude<OutflowEffect, { do: 'distrust' }>,
): Promise<void> {
  const { replica, space, background } = context
  const { news } = replica
  switch (effect.do) {
    case 'push':
      return push(context, feeds, effect.entries)
    case 'settle': {
      const entries = effect.entries.map(({ n }) => n)
      const settled = await replica.write(async tx => {
        await tx.put('meta', keys.lastSync, replica.clock.now())
        return settle(tx, space, entries)
      })
      return news.tell({ type: 'settled', space, entries: settled, code: null })
    }
    case 'shelve': {
      const { document, code } = effect
      const refusal = { code, now: replica.clock.now(), shelfId: replica.newId() }
      const withdrawn = await replica.write(tx => shelveDocument(tx, replica.shape, { space, document }, refusal))
      const entries = withdrawn?.entries ?? []
      feeds.feedOut({ type: 'dropped', entries })
      news.tell({ type: 'settled', space, entries, code })
      news.tell({ type: 'rebuilt', space, documents: [document] })
      news.tell({ type: 'shelf' })
      background.note(space, [document], true)
      // A purge that was refused leaves nothing here of what the relay still has.
      if (withdrawn?.purge === true) feeds.feedIn({ type: 'need', documents: [document], urgent: false })
      return
    }
    case 'restamp': {
      const { document } = effect
      replica.stamps.restart()
      const now = Math.round(replica.stamps.now())
      const reissued = await replica.write(tx => reissueDocument(tx, replica, { space, document }, 'STAMP_AHEAD', now))
      if (reissued === undefined) return
      feeds.feedOut({ type: 'dropped', entries: reissued.from })
      tellReissued(context, [reissued])
      feeds.feedOut({ type: 'found', entries: reissued.heads })
      return
    }
    case 'fork':
      return context.fork()
    case 'wipe-document':
      return performInflow(context, feeds, effect)
    case 'wipe-space':
      return performInflow(context, feeds, effect)
    case 'have': {
      const { document } = effect
      const stored = await replica.read(tx => readRecord(tx, space, document))
      const held = stored && (await heldAs(replica, space, document, stored))
      if (held !== undefined) context.send({ type: 'have', space: context.wireName(), documents: [held] })
      return
    }
    case 'give-up':
      return context.giveUp(effect.code)
  }
}

export function tellReissued(
  { replica, space, background }: Pick<SpaceContext, 'replica' | 'space' | 'background'>,
  reissued: readonly NonNullable<Awaited<ReturnType<typeof reissueDocument>>>[],
): void {
  const { news } = replica
  for (const { from, heads, code } of reissued) {
    if (code !== undefined) news.tell({ type: 'settled', space, entries: from, code })
    else news.tell({ type: 'renamed', space, from, to: heads.map(({ n }) => n) })
  }
  const documents = reissued.map(({ document }) => document)
  news.tell({ type: 'rebuilt', space, documents })
  if (reissued.some(({ code }) => code !== undefined)) news.tell({ type: 'shelf' })
  background.note(space, documents, true)
}

async function push(context: SpaceContext, feeds: Feeds, entries: readonly number[]): Promise<void> {
  const { replica, space } = context
  const missing: number[] = []
  const ready: PushedEntry[] = []
  await replica.read(async tx => {
    const waiting = await tx.getMany('outbox', entries.map(n => keys.outbox(space, n)))
    for (const [index, n] of entries.entries()) {
      const entry = record<OutboxRecord>(waiting[index])
      if (entry === undefined) {
        missing.push(n)
        continue
      }
      const { document, kind, engine, type, at, resupply } = entry
      const line = at === 0 ? undefined : record<LogRecord>(await tx.get('log', keys.line(space, document, at)))
      const bytes = resupply ?? line?.bytes ?? NOTHING
      ready.push({ n, type, resupply: resupply !== null, document, kind, engine, at: Math.round(entry.edited), bytes })
    }
  })
  const most = Math.min(MESSAGE_BYTES, context.frameBytes() / 2)
  let batch: PushedEntry[] = []
  let size = 0
  const sendBatch = (): void => {
    if (batch.length > 0) context.send({ type: 'push', space: context.wireName(), entries: batch })
    batch = []
    size = 0
  }
  for (const entry of ready) {
    if (size > 0 && size + entry.bytes.length > most) sendBatch()
    batch.push(entry)
    size += entry.bytes.length + ENTRY_BYTES
  }
  sendBatch()
  // Withdrawn meanwhile: whoever did it has told what became of them.
  if (missing.length > 0) feeds.feedOut({ type: 'dropped', entries: missing })
}

/** What an entry takes beside its bytes, about. */
const ENTRY_BYTES = 100
const NOTHING = new Uint8Array(0)
