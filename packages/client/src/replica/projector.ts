/**
 * Bringing rows and words up to date with bodies, in the background and in small slices: for what came from elsewhere, and the words of
 * what was edited here. Laws:
 * - A document keeps its `stale` mark until its row and words are stored, so a crash forgets none.
 * - A long log is folded on the way: never what is unacked (C5), and only into a snapshot that was read back (S3).
 */
import { sameBytes, type Cancel, type EngineDocument } from '@joinery/core'
import type { RowNews } from '../news.ts'
import { wordsOf } from '../queries/words.ts'
import { readBody, readRecord, readUnacked, type Place } from './body.ts'
import { keys, record, type DocumentRecord, type SnapshotRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { putRow, putWords } from './rows.ts'
import type { Tx } from './tx.ts'

/** Documents in one transaction, so that an edit never waits long. */
const SLICE = 16
/** Whoever opens what has just come goes first. */
const SOON_MS = 10
/** Words wait until the person pauses. */
const PAUSE_MS = 400
/** Lines after which folding is worth its while. */
const LONG_LOG = 64

export interface Projector {
  /** These have a stale mark. `soon`: somebody may be looking at them. */
  note(space: string, documents: Iterable<string>, soon: boolean): void
  /** Finds marks that an earlier life left behind. */
  recover(space: string): Promise<void>
  /** Resolves when nothing that was noted is stale. */
  settled(): Promise<void>
  busy(): boolean
  close(): void
}

export function projector(replica: Replica, onIdle: () => void): Projector {
  const waiting = new Map<string, Place>()
  let running: Promise<void> | undefined
  let soonest: Cancel | undefined
  let pause: Cancel | undefined
  let closed = false

  const start = (): void => {
    soonest?.()
    pause?.()
    soonest = pause = undefined
    running ??= run().finally(() => {
      running = undefined
      if (!closed) onIdle()
    })
  }

  const run = async (): Promise<void> => {
    while (waiting.size > 0 && !closed) {
      const slice = [...waiting].slice(0, SLICE)
      for (const [name] of slice) waiting.delete(name)
      // When storage fails the marks are still there: the next note, or the next start, tries again.
      await project(slice.map(([, place]) => place)).catch(() => undefined)
    }
  }

  const project = async (places: readonly Place[]): Promise<void> => {
    const works: { place: Place; stored: DocumentRecord; doc: EngineDocument; whole: boolean }[] = []
    for (const place of places) {
      const body = await replica.read(tx => readBody(tx, place))
      // Without its beginning a document would show what it is not: the mark stays until it is here.
      const ready = body?.record.body === 'here' && replica.hasKind(body.record.kind)
      const built = ready ? replica.build(body.record.engine, body.updates) : undefined
      if (body !== undefined && built !== undefined) works.push({ place, stored: body.record, ...built })
    }
    const rowsByList = new Map<string, { space: string; kind: string; rows: RowNews[] }>()
    await replica.write(async tx => {
      rowsByList.clear()
      for (const { place, stored, doc, whole } of works) {
        const { space, document } = place
        const { kind, made, edited } = stored
        const now = await readRecord(tx, place)
        if (now?.life !== stored.life || now.tail !== stored.tail) continue
        const shown = replica.shape.show(kind, doc, { ...place, made, edited })
        const row = shown?.row
        const changed = await putRow(tx, replica.shape, place, kind, row)
        await putWords(tx, place, kind, wordsOf(shown?.texts ?? []))
        tx.delete('index', keys.stale(place))
        if (whole) await fold(tx, place, now, doc)
        const list = rowsByList.get(space + kind) ?? { space, kind, rows: [] }
        rowsByList.set(space + kind, list)
        if (changed) list.rows.push({ document, row: row ?? null })
      }
    })
    for (const { doc } of works) doc.close()
    for (const { space, kind, rows } of rowsByList.values()) {
      if (rows.length > 0) replica.news.tell({ type: 'rows', space, kind, rows })
      replica.news.tell({ type: 'words', space, kind })
    }
  }

  return {
    note(space, documents, soon) {
      for (const document of documents) waiting.set(`${space} ${document}`, { space, document })
      if (waiting.size === 0 || closed) return
      if (soon) soonest ??= replica.clock.after(SOON_MS, start)
      else pause ??= replica.clock.after(PAUSE_MS, start)
    },
    async recover(space) {
      const marks = await replica.read(tx => tx.range('index', { prefix: keys.staleOf(space) }))
      this.note(
        space,
        marks.map(({ key }) => key[2] as string),
        true,
      )
    },
    async settled() {
      while (!closed && (waiting.size > 0 || running !== undefined)) {
        start()
        await running
      }
    },
    busy: () => running !== undefined || soonest !== undefined,
    close() {
      closed = true
      soonest?.()
      pause?.()
    },
  }
}

async function fold(tx: Tx, place: Place, stored: DocumentRecord, doc: EngineDocument): Promise<void> {
  const { tail, folded } = stored
  if (tail - folded < LONG_LOG || doc.waiting() || (await readUnacked(tx, place)).length > 0) return
  const key = keys.document(place)
  const bytes = doc.encode()
  tx.put('snapshots', key, { bytes })
  const kept = record<SnapshotRecord>(await tx.get('snapshots', key))
  if (kept === undefined || !sameBytes(kept.bytes, bytes)) throw new Error('a snapshot was not read back as written')
  tx.deleteRange('log', { prefix: key })
  tx.put('documents', key, { ...stored, folded: tail, bytes: bytes.length })
}
