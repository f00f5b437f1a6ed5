/** The documents of one kind in one space. */
import type { Fields, Init, Kind, StandardColumns } from '@joinery/core/kinds'
import { createDocument, documentIdOf, seedOf } from '@joinery/core/kinds'
import { checkId, JoineryError } from '@joinery/core'
import { handleOf, type Handle } from './documents/handle.ts'
import type { OpenDocuments } from './documents/open-documents.ts'
import { NOTHING_TO_SAVE, type Receipt } from './documents/receipts.ts'
import { queryOf, type Found, type Query } from './queries/query.ts'
import type { ListContext } from './queries/live-list.ts'
import type { PresenceDesk } from './presence.ts'
import type { Replica } from './replica/replica.ts'

/** As many as a person looks through. */
const FOUND = 100

/** What lists show of a document. */
export type RowOf<R> = R & StandardColumns

export interface Created extends Receipt {
  readonly id: string
}

export interface Collection<F extends Fields, R> extends Query<RowOf<R>> {
  /**
   * Makes a document, at once. Its id is fresh, or follows from the first values where the kind says so: then two devices that make the
   * same one make it once. BAD_INPUT for values that do not fit.
   */
  create(init: Init<F>): Created
  /** Opens a document for editing; whoever opens it shares it. NOT_FOUND, GONE; UNAVAILABLE when its body is not here and there is no link. */
  open(id: string): Promise<Handle<F>>
  /** Documents with a word that begins with each word of the question, the last edited first. */
  search(question: string): Found<RowOf<R>>
}

export interface CollectionContext extends ListContext {
  readonly replica: Replica
  readonly documents: OpenDocuments
  readonly presence: PresenceDesk
}

export function collectionOf<F extends Fields, R>(
  context: CollectionContext,
  space: string,
  kind: Kind<string, F, R>,
): Collection<F, R> {
  const { replica, documents, presence } = context
  return {
    ...queryOf<RowOf<R>>(context, space, kind),
    create(init) {
      const write = replica.writeContext()
      const id = documentIdOf(kind, init, write)
      const engine = replica.engine(kind.engine)
      const seed = engine && seedOf(kind, engine, id, init)
      let receipt = NOTHING_TO_SAVE
      const live = documents.make({ space, document: id }, kind.name, made => {
        if (seed) made.adopt(seed.update)
        receipt = made.change(doc => createDocument(kind, doc, write, init))
      })
      documents.release(live)
      const { saved, acked } = receipt
      return { id, saved, acked }
    },
    async open(id) {
      const live = await documents.open({ space, document: checkId('document', id) })
      if (live.kind !== kind.name) {
        documents.release(live)
        throw new JoineryError('KIND_MISMATCH', { document: id, kind: live.kind })
      }
      return handleOf(replica, presence, kind, live, () => documents.release(live))
    },
    search: question => queryOf(context, space, kind, { question, limit: FOUND }),
  }
}
