/**
 * One opened document: the engine's document, what of the log it has seen, and the edits that wait to be written. Laws:
 * - One per tab and document, shared by all who open it, with an author of its own: an author id is never used by two (S4, CL-06).
 * - An edit is visible at once, and written in one transaction with what the tab had not seen, its row and its place in the outbox (§3.1).
 * - An edit made through `raw` counts as any other.
 * - When the stored document began another life, this one starts over from it; edits that could not be written go to the shelf (C2).
 */
import { JoineryError, type Engine, type EngineDocument } from '@joinery/core'
import type { OutboxHead } from '@joinery/core/sync'
import { append, editOf } from '../replica/append.ts'
import { readBody, readRecord, readUpdates, type Place } from '../replica/body.ts'
import { newRecord, type DocumentRecord } from '../replica/layout.ts'
import type { Replica } from '../replica/replica.ts'
import { putRow, shownOf } from '../replica/rows.ts'
import { putOnShelf } from '../replica/retire.ts'
import type { RowValue } from '../replica/row.ts'
import { scratch } from '../replica/scratch.ts'
import { signal } from '../signal.ts'
import { editRun, type EditRun } from './edit-run.ts'
import { NOTHING_TO_SAVE, type Ledger, type Receipt, type Stub } from './receipts.ts'
import type { Tx } from '../replica/tx.ts'

export interface LiveDocument extends Place {
  readonly kind: string
  readonly engine: Engine
  /** To read. */
  doc(): EngineDocument
  /** The engine's own document, for editors. */
  raw(): unknown
  /** Runs an edit. What it throws is thrown; what it wrote before stays, as an edit like any other. */
  change(edit: (doc: EngineDocument) => void): Receipt
  /** Applies bytes that are no edit of this document's author, and writes them as one (a seed). */
  adopt(update: Uint8Array): void
  undo(): boolean
  redo(): boolean
  /** The receipt of what was edited last. */
  lastReceipt(): Receipt
  /** Up to where the log is in it. */
  seen(): number
  /** Called after anything changed, once for all that changed together. */
  listen(listener: () => void): () => void
  /** Reads what the log holds beyond what is seen here. */
  refresh(): Promise<void>
  /** Resolves when nothing waits to be written. */
  saved(): Promise<void>
  unsaved(): boolean
  /** The row that lists show of it as it is now. */
  row(): RowValue | undefined
  gone(): boolean
  close(): void
}

interface Stored {
  readonly seen: number
  readonly life: number
  readonly updates: readonly Uint8Array[]
}

/** What the live documents of a tab share. */
export interface LiveContext {
  readonly replica: Replica
  readonly receipts: Ledger
  /** Called when an edit of the document has been written. */
  written(place: Place): void
}

export function liveDocument(
  { replica, receipts, written }: LiveContext,
  about: Place & { readonly kind: string; readonly engine: Engine },
  /** What is stored; undefined for a document that is being made. */
  stored: Stored | undefined,
): LiveDocument {
  const { space, document, kind, engine } = about
  const changed = signal<void>()
  let doc: EngineDocument
  let edits: EditRun
  let seen = 0
  let life: number | undefined
  let writing: { readonly updates: readonly Uint8Array[]; readonly stub: Stub } | undefined
  let committing: Promise<void> | undefined
  let last: Receipt = NOTHING_TO_SAVE
  let toldChange = false
  let gone = false
  let closed = false
  let broken = false
  let times = { made: 0, edited: 0 }

  const mount = (next: EngineDocument): void => {
    doc = next
    edits = editRun(doc)
    doc.onUpdate(update => took(update))
    doc.onChange(() => announce())
  }

  const took = (update: Uint8Array): void => {
    edits.add(update)
    last = edits.stub()
    const now = Math.round(replica.stamps.now())
    times = { made: times.made === 0 ? now : times.made, edited: Math.max(times.edited, now) }
    schedule()
  }

  const announce = (): void => {
    if (toldChange || closed) return
    toldChange = true
    queueMicrotask(() => {
      toldChange = false
      if (closed) return
      if (unsaved()) show(rowNow())
      changed.emit()
    })
  }

  const rowNow = (): RowValue | undefined => shownOf(replica, about, { kind, ...times }, doc)?.row

  /** To the lists of this tab: what is stored is another row, or will be. */
  const show = (row: RowValue | undefined): void =>
    replica.news.tellHere({ type: 'rows', space, kind, rows: [{ document, row: row ?? null }] })

  const unsaved = (): boolean => writing !== undefined || !edits.empty()

  const schedule = (): void => {
    committing ??= commit().finally(() => {
      committing = undefined
      if (!edits.empty() && !closed) schedule()
    })
  }

  const commit = async (): Promise<void> => {
    let taken = writing
    try {
      const outcome = await replica.write(tx => write(tx))
      taken = writing
      writing = undefined
      if (outcome === undefined) return
      if (outcome.stored.life !== life && life !== undefined) {
        return startOver(outcome.stored.why ?? 'GONE', taken?.stub)
      }
      seen = Math.max(seen, outcome.stored.tail)
      life = outcome.stored.life
      written(about)
      if (taken !== undefined) {
        receipts.expect(
          space,
          outcome.heads.map(({ n }) => n),
          taken.stub.onAcked,
        )
        taken.stub.onSaved.resolve()
      }
      const { news } = replica
      news.tell({ type: 'grown', space, documents: [{ document, tail: outcome.stored.tail }] })
      if (outcome.heads.length > 0) news.tell({ type: 'outbox', space, heads: outcome.heads })
      if (broken) await startOver()
    } catch (error) {
      // Not storage's weather, which is waited out: these edits cannot be written, ever, and nothing may build on them.
      taken ??= writing ?? edits.take()
      writing = undefined
      gone = true
      taken?.stub.onSaved.reject(error)
      taken?.stub.onAcked.reject(error)
      show(undefined)
      changed.emit()
    }
  }

  interface Written {
    readonly stored: DocumentRecord
    readonly heads: readonly OutboxHead[]
  }

  /** The transaction of an edit. It may run again, then with the same edits. */
  const write = async (tx: Tx): Promise<Written | undefined> => {
    // It was closed before its first edit was whole.
    if (closed) return undefined
    const before = await readRecord(tx, about)
    if (before !== undefined && (before.body === 'gone' || (life !== undefined && before.life !== life))) {
      writing ??= edits.take()
      if (writing === undefined) return { stored: before, heads: [] }
      // What these edits build on is in the log no more: the shelf gets all of it.
      putOnShelf(tx, replica, about, before, before.why ?? 'GONE', [doc.encode()])
      life ??= -1
      return { stored: before, heads: [] }
    }
    if (before !== undefined && before.kind !== kind) throw new JoineryError('KIND_MISMATCH', { document })
    takeIn(before === undefined ? [] : await readUpdates(tx, about, before, seen))
    writing ??= edits.take()
    if (writing === undefined) return undefined
    const base = before ?? newRecord(kind, engine.name, 'here', times.edited)
    times = { made: base.made, edited: Math.max(base.edited, times.edited) }
    const row = rowNow()
    const { record: stored, heads } = await append(tx, about, base, writing.updates.map(editOf), times.edited)
    // A body without its beginning shows nothing that a list could trust.
    if (stored.body === 'here') await putRow(tx, replica, about, kind, row)
    return { stored, heads }
  }

  /** Applies what came from elsewhere, between edits made here. */
  const takeIn = (updates: readonly Uint8Array[]): void => {
    if (updates.length === 0 || broken) return
    edits.interrupt()
    try {
      doc.applyAll(updates)
    } catch {
      // It passed every check and broke the engine: what is written here is kept, and the document begun anew without it (D2).
      broken = true
    }
    edits.resume()
  }

  const startOver = async (code: NonNullable<DocumentRecord['why']> = 'GONE', lost?: Stub): Promise<void> => {
    lost?.onSaved.reject(new JoineryError(code))
    lost?.onAcked.reject(new JoineryError(code))
    const body = await replica.read(tx => readBody(tx, about))
    // Edits made meanwhile on what is over: the next transaction finds them, and this begins anew.
    if (closed || !edits.empty()) return
    const old = doc
    mount(scratch(engine, replica.random, body?.updates ?? []).doc)
    old.close()
    broken = false
    // Nothing of it is left when its very first edit was refused.
    gone =
      body === undefined || body.record.body === 'gone' || (body.record.body === 'partial' && body.updates.length === 0)
    life = body?.record.life
    seen = body?.record.tail ?? 0
    show(gone ? undefined : rowNow())
    announce()
  }

  mount(scratch(engine, replica.random, stored?.updates ?? []).doc)
  if (stored !== undefined) ({ seen, life } = stored)

  return {
    space,
    document,
    kind,
    engine,
    doc: () => doc,
    raw() {
      edits.begin()
      return doc.raw
    },
    change(edit) {
      if (closed || gone) throw new JoineryError(gone ? 'GONE' : 'CLOSED', { document })
      edits.begin()
      let receipt: Receipt = NOTHING_TO_SAVE
      const stop = doc.onUpdate(() => {
        receipt = edits.stub()
      })
      try {
        doc.change(() => edit(doc))
      } finally {
        stop()
      }
      return receipt
    },
    adopt(update) {
      edits.interrupt()
      const isNew = doc.apply(update)
      // As it is, and alone: others write the very same.
      if (isNew) took(update)
      edits.interrupt()
      edits.resume()
    },
    undo: () => doc.undo(),
    redo: () => doc.redo(),
    lastReceipt: () => last,
    seen: () => seen,
    listen: listener => changed.listen(listener),
    async refresh() {
      if (closed) return
      if (unsaved()) {
        schedule()
        return
      }
      const news = await replica.read(async tx => {
        const now = await readRecord(tx, about)
        return { now, updates: now === undefined ? [] : await readUpdates(tx, about, now, seen) }
      })
      if (closed) return
      const { now } = news
      if (now === undefined || now.life !== life || now.body === 'gone') {
        // Edits made meanwhile are found out by the transaction that would write them.
        if (!unsaved() && !gone) await startOver(now?.why ?? 'GONE')
        return
      }
      takeIn(news.updates)
      seen = Math.max(seen, now.tail)
      times = { made: now.made, edited: Math.max(times.edited, now.edited) }
      if (broken && !unsaved()) await startOver()
    },
    async saved() {
      while (committing !== undefined) await committing
    },
    unsaved,
    row: rowNow,
    gone: () => gone,
    close() {
      closed = true
      doc.close()
    },
  }
}
