/** Edits that the relay refused for good, until the person decides what becomes of them (C2). */
import { JoineryError, type Code } from '@joinery/core'
import { reapply } from '@joinery/core/kinds'
import type { OpenDocuments } from './documents/open-documents.ts'
import type { Receipt } from './documents/receipts.ts'
import type { Replica } from './replica/replica.ts'
import type { ShelfRecord } from './replica/layout.ts'
import { readRecord } from './replica/body.ts'
import { repeated } from './repeated.ts'
import { signal } from './signal.ts'

export interface ShelvedEdits {
  readonly id: string
  readonly space: string
  readonly document: string
  readonly kind: string
  /** Why: `sentenceOf` says it to a person. */
  readonly code: Code
  /** When, in ms since 1970. */
  readonly shelved: number
  /** How many edits. */
  readonly edits: number
}

export interface Shelf {
  list(): Promise<readonly ShelvedEdits[]>
  /** Writes them once more, as new edits of the document as it is now. GONE when there is no such document any more. */
  applyAgain(id: string): Promise<Receipt>
  discard(id: string): Promise<void>
  /** Calls at once and whenever the shelf changes. Returns what stops it. */
  subscribe(listener: (edits: readonly ShelvedEdits[]) => void): () => void
}

export function shelfOf(replica: Replica, documents: OpenDocuments): Shelf {
  const { news } = replica

  const list = async (): Promise<ShelvedEdits[]> => {
    const rows = await replica.read(tx => tx.range('shelf', {}))
    return rows.map(({ key, value }) => {
      const { updates, space, document, kind, code, shelved } = value as unknown as ShelfRecord
      return { id: String(key[0]), space, document, kind, code, shelved, edits: updates.length }
    })
  }

  const discard = async (id: string): Promise<void> => {
    await replica.write(async tx => tx.delete('shelf', [id]))
    news.tell({ type: 'shelf' })
  }

  return {
    list,
    discard,
    async applyAgain(id) {
      const entry = (await replica.read(tx => tx.get('shelf', [id]))) as ShelfRecord | undefined
      if (!entry) throw new JoineryError('NOT_FOUND', { shelf: id })
      const { space, document, kind } = entry
      const place = { space, document }
      const stored = await replica.read(tx => readRecord(tx, place))
      const nowhere = !stored || stored.body === 'partial'
      const live = nowhere ? documents.make(place, kind, () => undefined) : await documents.open(place)
      try {
        // As the document is now, without these edits and with them: what differs is what they meant.
        const now = [live.doc().encode()]
        const [base, theirs] = [now, [...now, ...entry.updates]].map(
          updates => replica.build(entry.engine, updates)?.doc,
        )
        if (!base || !theirs) throw new JoineryError('BAD_INPUT', { engine: entry.engine })
        const receipt = live.change(doc => reapply(replica.kind(kind), base, theirs, doc, replica.writeContext()))
        base.close()
        theirs.close()
        await receipt.saved
        await discard(id)
        return receipt
      } finally {
        documents.release(live)
      }
    },
    subscribe(listener) {
      const shown = signal<readonly ShelvedEdits[]>()
      const look = repeated(async () => shown.emit(await list()))
      const stops = [shown.listen(listener), news.listen({ shelf: look })]
      void look()
      return () => stops.forEach(stop => stop())
    },
  }
}
