/**
 * What was deleted and can come back, and what is purged for good (D6). Laws: moving to the trash is an edit like any other, so that an
 * edit made elsewhere meanwhile is kept; a purge outlives the bytes and beats every update.
 */
import { JoineryError } from '@joinery/core'
import { setTrashed, type AnyKind } from '@joinery/core/kinds'
import type { OpenDocuments } from './documents/open-documents.ts'
import { stub, type Ledger, type Receipt } from './documents/receipts.ts'
import { append } from './replica/append.ts'
import { readRecord } from './replica/body.ts'
import { retire } from './replica/retire.ts'
import type { ListContext } from './queries/live-list.ts'
import { queryOf } from './queries/query.ts'

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

export interface TrashContext extends ListContext {
  readonly kinds: readonly AnyKind[]
  readonly documents: OpenDocuments
  readonly receipts: Ledger
}

export function trashOf(context: TrashContext, space: string): Trash {
  const { replica, kinds, documents, receipts } = context
  return {
    async list() {
      const lists = kinds.map(kind =>
        queryOf<TrashedRow>(context, space, kind)
          .where({ trashed: { from: 0 } })
          .get(),
      )
      const rows = (await Promise.all(lists)).flatMap(list => list.rows)
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
      const receipt = stub()
      const heads = await replica.write(async tx => {
        if (!(await readRecord(tx, place))) throw new JoineryError('NOT_FOUND', { document: id })
        const stored = await retire(tx, replica, place, 'GONE', 'purge')
        if (!stored) throw new JoineryError('GONE', { document: id })
        return (await append(tx, place, stored, [{ type: 'tombstone', resupply: null }], replica.now())).heads
      })
      receipts.written(space, heads, receipt)
      return receipt
    },
  }
}
