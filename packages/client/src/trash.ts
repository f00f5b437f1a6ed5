/**
 * What was deleted and can come back, and what is purged for good (D6). Laws: moving to the trash is an edit like any other, so that an
 * edit made elsewhere meanwhile is kept; a purge outlives the bytes and beats every update.
 */
import { JoineryError } from '@joinery/core'
import { setTrashed } from '@joinery/core/kinds'
import type { OpenDocuments } from './documents/open-documents.ts'
import { stub, type Ledger, type Receipt } from './documents/receipts.ts'
import { append } from './replica/append.ts'
import { readRecord } from './replica/body.ts'
import { retire } from './replica/retire.ts'
import { readList, type ListContext } from './queries/live-list.ts'
import type { RowValue } from './replica/shape.ts'

export interface TrashedRow {
  readonly id: string
  readonly space: string
  readonly kind: string
  /** When it went to the trash, in ms since 1970. */
  readonly trashed: number
  readonly [column: string]: unknown
}

export interface Trash {
  /** What is in the trash of this space, the last deleted first. */
  list(): Promise<readonly TrashedRow[]>
  restore(id: string): Promise<Receipt>
  /** Deletes for good, on every device. Edits that others make meanwhile go to their shelf. NOT_FOUND. */
  purge(id: string): Promise<Receipt>
}

export function trashOf(
  context: ListContext,
  documents: OpenDocuments,
  receipts: Ledger,
  kinds: readonly string[],
  space: string,
): Trash {
  const { replica } = context
  const { news } = replica
  return {
    async list() {
      const order = { column: 'trashed', direction: 'desc' } as const
      const lists = await Promise.all(
        kinds.map(name =>
          readList(context, { space, kind: replica.kind(name), conditions: {}, trashed: true, order, limit: Infinity }),
        ),
      )
      const rows = lists.flatMap(({ rows: found }) => found) as readonly RowValue[] as unknown as TrashedRow[]
      return rows.sort((a, b) => b.trashed - a.trashed)
    },
    async restore(id) {
      const live = await documents.open({ space, document: id })
      try {
        return live.change(doc => setTrashed(doc, replica.writeContext(), false))
      } finally {
        documents.release(live)
      }
    },
    async purge(id) {
      const place = { space, document: id }
      // What is being typed is part of what is deleted, and its receipts are settled first.
      await documents.get(place)?.saved()
      const { onSaved, onAcked, saved, acked } = stub()
      const { entries, head } = await replica.write(async tx => {
        if ((await readRecord(tx, place)) === undefined) throw new JoineryError('NOT_FOUND', { document: id })
        const retired = await retire(tx, replica, place, 'GONE', 'purge')
        const stored = await readRecord(tx, place)
        if (stored === undefined || retired.gone === undefined) throw new JoineryError('GONE', { document: id })
        const { heads } = await append(tx, place, stored, [{ type: 'tombstone', resupply: null }], replica.now())
        return { entries: retired.entries, head: heads }
      })
      receipts.expect(
        space,
        head.map(({ n }) => n),
        onAcked,
      )
      onSaved.resolve()
      news.tell({ type: 'settled', space, entries, code: 'GONE' })
      news.tell({ type: 'rebuilt', space, documents: [id] })
      news.tell({ type: 'gone', space, documents: [id] })
      news.tell({ type: 'outbox', space, heads: head })
      return { saved, acked }
    },
  }
}
