/** What is done about what goes to the relay, and about its answers. */
import type { PushedEntry } from '@joinery/core/protocol'
import type { OutflowEffect } from '@joinery/core/sync'
import { readRecord } from '../replica/body.ts'
import { keys, record, type LogRecord, type OutboxRecord } from '../replica/layout.ts'
import { settle } from '../replica/settle.ts'
import { heldAs, performInflow } from './incoming.ts'
import { restamp, retireHere, tellEnd } from './mending.ts'
import type { SpaceContext } from './space-context.ts'

/** Entries of one message, in bytes: small ones travel together. */
const MESSAGE_BYTES = 48 * 1024
/** What an entry takes beside its bytes, about. */
const ENTRY_BYTES = 100

export async function performOutflow(context: SpaceContext, effect: OutflowEffect): Promise<void> {
  const { replica, space } = context
  switch (effect.do) {
    case 'push':
      return push(context, effect.entries)
    case 'settle': {
      const entries = effect.entries.map(({ n }) => n)
      await replica.write(async tx => {
        await settle(tx, space, entries)
        tx.put('meta', keys.lastSync, replica.clock.now())
      })
      return tellEnd(context, [], entries, null)
    }
    case 'shelve':
      return retireHere(context, effect.document, effect.code, 'shelve')
    case 'restamp':
      return restamp(context, effect.document)
    case 'fork':
      return context.fork()
    case 'wipe-document':
    case 'wipe-space':
      return performInflow(context, effect)
    case 'have': {
      const place = { space, document: effect.document }
      const held = await replica.write(async tx => {
        const stored = await readRecord(tx, place)
        return stored && heldAs(tx, replica, place, stored)
      })
      if (held !== undefined) context.send({ type: 'have', space: context.wireName(), documents: [held] })
      return
    }
    case 'give-up':
      return context.giveUp(effect.code)
    case 'distrust':
      return context.distrust()
  }
}

async function push(context: SpaceContext, entries: readonly number[]): Promise<void> {
  const { replica, space } = context
  const missing: number[] = []
  const ready: PushedEntry[] = []
  await replica.read(async tx => {
    const waiting = await tx.getMany(
      'outbox',
      entries.map(n => keys.outbox(space, n)),
    )
    for (const [index, n] of entries.entries()) {
      const entry = record<OutboxRecord>(waiting[index])
      if (entry === undefined) {
        missing.push(n)
        continue
      }
      const { document, kind, engine, type, at, edited, resupply } = entry
      const line = record<LogRecord>(at === 0 ? undefined : await tx.get('log', keys.line({ space, document }, at)))
      const bytes = resupply ?? line?.bytes ?? NOTHING
      ready.push({ n, type, resupply: resupply !== null, document, kind, engine, at: edited, bytes })
    }
  })
  const most = Math.min(MESSAGE_BYTES, context.frameBytes() / 2)
  let batch: PushedEntry[] = []
  let size = 0
  for (const [index, entry] of ready.entries()) {
    batch.push(entry)
    size += entry.bytes.length + ENTRY_BYTES
    const next = ready[index + 1]
    if (next !== undefined && size + next.bytes.length <= most) continue
    context.send({ type: 'push', space: context.wireName(), entries: batch })
    batch = []
    size = 0
  }
  // Withdrawn meanwhile: whoever did it has told what became of them.
  if (missing.length > 0) context.feedOut({ type: 'dropped', entries: missing })
}

const NOTHING = new Uint8Array(0)
