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
import { readBody, type Place, type StoredBody } from '../replica/body.ts'
import { newRecord, type DocumentRecord } from '../replica/layout.ts'
import type { Replica } from '../replica/replica.ts'
import { putRow, shownOf } from '../replica/rows.ts'
import { putOnShelf } from '../replica/retire.ts'
import type { RowValue } from '../replica/row.ts'
import { scratch } from '../replica/scratch.ts'
import { repeated } from '../repeated.ts'
import { signal } from '../signal.ts'
import { editRun, type Waiting } from './edit-run.ts'
import { NOTHING_TO_SAVE, type Ledger, type Receipt } from './receipts.ts'
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
  /** Reads what the log holds beyond what is seen here, if it can be read. */
  refresh(): Promise<void>
  /** Resolves when nothing waits to be written. */
  saved(): Promise<void>
  unsaved(): boolean
  /** The row that lists show of it as it is now. */
  row(): RowValue | undefined
  gone(): boolean
  close(): void
}

/** What the live documents of a tab share. */
export interface LiveContext {
  readonly replica: Replica
  readonly receipts: Ledger
}

export function liveDocument(
  { replica, receipts }: LiveContext,
  about: Place & { readonly kind: string; readonly engine: Engine },
  /** What is stored; undefined for a document that is being made. */
  stored: StoredBody | undefined,
): LiveDocument {
  const { space, document, kind, engine } = about
  const changed = signal<void>()
  const edits = editRun(() => doc)
  let doc: EngineDocument
  let seen = 0
  let life: number | undefined
  let writing: Waiting | undefined
  let last: Receipt = NOTHING_TO_SAVE
  /** Counts the updates made here. */
  let made = 0
  let gone = false
  let closed = false
  /** The engine broke on something: `doc` cannot be asked any more (D2). */
  let broken = false
  /** What lists were shown last, for as long as that is so. */
  let row: RowValue | undefined
  let times = { made: 0, edited: 0 }

  /** Begins, or begins anew, with what is stored and what waits to be. */
  const begin = (body: StoredBody | undefined): void => {
    const old: EngineDocument | undefined = doc
    doc = scratch(engine, replica.random, [...(body?.updates ?? []), ...(writing?.updates ?? []), ...edits.rest()]).doc
    broken = false
    seen = body?.record.tail ?? 0
    life = body?.record.life
    doc.onUpdate(took)
    doc.onChange(announce)
    if (!old) return
    old.close()
    void announce()
  }

  const took = (update: Uint8Array): void => {
    edits.add(update)
    made += 1
    last = edits.stub()
    const now = replica.now()
    times = { made: times.made || now, edited: Math.max(times.edited, now) }
    void commit()
  }

  const announce = repeated(async () => {
    if (closed || broken) return
    if (unsaved()) show(rowNow())
    changed.emit()
  })

  const rowNow = (): RowValue | undefined =>
    broken ? row : (row = shownOf(replica, about, { kind, ...times }, doc)?.row)

  /** To the lists of this tab: what is stored is another row, or will be. */
  const show = (row: RowValue | undefined): void =>
    replica.news.tellHere({ type: 'rows', space, kind, rows: [{ document, row: row ?? null }] })

  const unsaved = (): boolean => !closed && (!!writing || !edits.empty())

  const commit = repeated(async () => {
    if (!unsaved()) return
    let taken: Waiting | undefined
    try {
      const { record, heads } = await replica.write(write)
      taken = writing
      writing = undefined
      if (!heads) {
        taken?.stub.fail(new JoineryError(record.why ?? 'GONE'))
        return await startOver()
      }
      seen = Math.max(seen, record.tail)
      life = record.life
      replica.news.tell({ type: 'grown', space, documents: [{ document, tail: record.tail }] })
      if (taken) receipts.written(space, heads, taken.stub)
    } catch (error) {
      // Not storage's weather, which is waited out: these edits cannot be written, ever, and nothing may build on them.
      taken ??= writing ?? edits.take()
      writing = undefined
      gone = true
      taken.stub.fail(error)
      show(undefined)
      changed.emit()
    }
  })

  interface Written {
    readonly record: DocumentRecord
    /** Undefined when the document began another life: the edits are on the shelf. */
    readonly heads?: readonly OutboxHead[]
  }

  /** The transaction of an edit. It may run again, then with the same edits. */
  const write = async (tx: Tx): Promise<Written> => {
    const news = await readBody(tx, about, seen)
    if (news) {
      const before = news.record
      if (before.body === 'gone' || (life !== undefined && before.life !== life)) {
        writing ??= edits.take()
        // What these edits build on is in the log no more: the shelf gets all of it.
        putOnShelf(tx, replica, about, before, before.why ?? 'GONE', broken ? writing.updates : [doc.encode()])
        return { record: before }
      }
      if (before.kind !== kind) throw new JoineryError('KIND_MISMATCH', { document })
      takeIn(news.updates)
      if (broken) {
        begin(await readBody(tx, about))
        // What this transaction reads is seen when it is written.
        seen = 0
      }
    }
    writing ??= edits.take()
    const base = news?.record ?? newRecord(kind, engine.name, 'here', times.edited)
    times = { made: base.made, edited: Math.max(base.edited, times.edited) }
    const row = rowNow()
    const written = await append(tx, about, base, writing.updates.map(editOf), times.edited)
    // A body without its beginning shows nothing that a list could trust.
    if (written.record.body === 'here') await putRow(tx, replica, about, kind, row)
    return written
  }

  /** Applies what came from elsewhere, between edits made here. */
  const takeIn = (updates: readonly Uint8Array[]): void => {
    if (updates.length === 0 || broken) return
    try {
      edits.apart(() => doc.applyAll(updates))
    } catch {
      // It passed every check and broke the engine: what is written here is kept, and the document begun anew without it (D2).
      broken = true
    }
  }

  const startOver = async (): Promise<void> => {
    const body = await replica.read(tx => readBody(tx, about))
    // Edits made meanwhile on what is over: the next transaction finds them, and this begins anew.
    if (closed || unsaved()) return
    begin(body)
    // Nothing of it is left when its very first edit was refused.
    gone = !body || (body.record.body !== 'here' && body.updates.length === 0)
    show(gone ? undefined : rowNow())
  }

  begin(stored)

  return {
    ...about,
    doc: () => doc,
    raw() {
      edits.begin()
      return doc.raw
    },
    change(edit) {
      if (closed || gone) throw new JoineryError(gone ? 'GONE' : 'CLOSED', { document })
      edits.begin()
      const before = made
      doc.change(() => edit(doc))
      return made === before ? NOTHING_TO_SAVE : last
    },
    adopt(update) {
      edits.apart(() => {
        // As it is, and alone: others write the very same.
        if (doc.apply(update)) took(update)
      })
    },
    undo: () => doc.undo(),
    redo: () => doc.redo(),
    lastReceipt: () => last,
    seen: () => seen,
    listen: listener => changed.listen(listener),
    refresh: repeated(async () => {
      if (unsaved()) return await commit()
      const news = await replica.read(tx => readBody(tx, about, seen))
      if (closed) return
      if (!news || news.record.life !== life || news.record.body === 'gone') {
        // Edits made meanwhile are found out by the transaction that would write them.
        if (!unsaved() && !gone) await startOver()
        return
      }
      const now = news.record
      takeIn(news.updates)
      seen = Math.max(seen, now.tail)
      times = { made: now.made, edited: Math.max(times.edited, now.edited) }
      if (broken && !unsaved()) await startOver()
    }),
    async saved() {
      while (unsaved()) await commit()
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
