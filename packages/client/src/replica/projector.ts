/**
 * Bringing rows and words up to date with bodies, in the background and in small slices: for what came from elsewhere, and the words of
 * what was edited here. Laws: a document keeps its `stale` mark until its row and words are stored, so a crash forgets none; a long log is
 * folded on the way.
 */
import type { Cancel, Engine, EngineDocument } from '@joinery/core'
import type { RowNews } from '../news.ts'
import { wordsOf } from '../queries/words.ts'
import type { Place } from './append.ts'
import { readBody, readRecord } from './body.ts'
import { readFoldable, writeFold } from './fold.ts'
import { keys, type DocumentRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { putRow, putWords } from './rows.ts'
import { scratch } from './scratch.ts'

/** Documents in one transaction, so that an edit never waits long. */
const SLICE = 16
/** Words wait until the person pauses. */
const PAUSE_MS = 400

export interface Projector {
  /** These have a stale mark. `soon`: somebody may be looking at them. */
  note(space: string, documents: readonly string[], soon: boolean): void
  /** Finds marks that an earlier life left behind. */
  recover(space: string): Promise<void>
  /** Resolves when nothing that was noted is stale. */
  settled(): Promise<void>
  busy(space: string): boolean
  close(): void
}

interface Work {
  readonly place: Place
  readonly stored: DocumentRecord
  readonly doc: EngineDocument
}

export function projector(replica: Replica, onIdle: () => void): Projector {
  const waiting = new Map<string, Place>()
  let running: Promise<void> | undefined
  let pause: Cancel | undefined
  let closed = false

  const start = (): void => {
    pause?.()
    pause = undefined
    running ??= run().finally(() => {
      running = undefined
      if (!closed) onIdle()
    })
  }

  const run = async (): Promise<void> => {
    while (waiting.size > 0 && !closed) {
      const slice = [...waiting].slice(0, SLICE)
      for (const [name] of slice) waiting.delete(name)
      try {
        await project(slice.map(([, place]) => place))
      } catch {
        // The marks are still there: the next note, or the next start, tries again.
        return
      }
    }
  }

  const project = async (places: readonly Place[]): Promise<void> => {
    const works: Work[] = []
    for (const place of places) {
      const body = await replica.read(tx => readBody(tx, place.space, place.document))
      const engine = body && replica.engine(body.record.engine)
      if (body === undefined || engine === undefined || !replica.hasKind(body.record.kind)) continue
      // Without its beginning a document would show what it is not; the mark stays until it is here.
      if (body.record.body !== 'here') continue
      const { doc } = scratch(engine, replica.random, body.updates)
      works.push({ place, stored: body.record, doc })
      await fold(engine, place)
    }
    if (works.length === 0) return
    const rows = await replica.write(async tx => {
      const news: { place: Place; kind: string; row: RowNews }[] = []
      for (const { place, stored, doc } of works) {
        const now = await readRecord(tx, place.space, place.document)
        if (now === undefined || now.life !== stored.life || now.tail !== stored.tail) continue
        const { space, document } = place
        const { kind, made, edited } = now
        const shown = replica.shape.show(kind, doc, { space, document, made, edited })
        const row = shown?.row
        if (await putRow(tx, replica.shape, place, kind, row)) news.push({ place, kind, row: { document, row: row ?? null } })
        await putWords(tx, place, kind, wordsOf(shown?.texts ?? []))
        await tx.delete('index', keys.stale(space, document))
      }
      return news
    })
    for (const { doc } of works) doc.close()
    tell(works, rows)
  }

  const tell = (works: readonly Work[], rows: readonly { place: Place; kind: string; row: RowNews }[]): void => {
    const rowsByList = new Map<string, { space: string; kind: string; rows: RowNews[] }>()
    for (const { place, stored } of works) {
      const { space } = place
      const { kind } = stored
      rowsByList.set(`${space} ${kind}`, { space, kind, rows: [] })
    }
    for (const { place, kind, row } of rows) rowsByList.get(`${place.space} ${kind}`)?.rows.push(row)
    for (const { space, kind, rows: changed } of rowsByList.values()) {
      if (changed.length > 0) replica.news.tell({ type: 'rows', space, kind, rows: changed })
      replica.news.tell({ type: 'words', space, kind })
    }
  }

  const fold = async (engine: Engine, place: Place): Promise<void> => {
    const foldable = await replica.read(tx => readFoldable(tx, place))
    if (foldable === undefined) return
    const { doc, whole } = scratch(engine, replica.random, foldable.updates)
    const snapshot = whole && !doc.waiting() ? doc.encode() : undefined
    doc.close()
    if (snapshot !== undefined) await replica.write(tx => writeFold(tx, place, foldable, snapshot))
  }

  return {
    note(space, documents, soon) {
      for (const document of documents) waiting.set(`${space} ${document}`, { space, document })
      if (waiting.size === 0 || closed) return
      if (soon) start()
      else pause ??= replica.clock.after(PAUSE_MS, start)
    },
    async recover(space) {
      const marks = await replica.read(tx => tx.range('index', { prefix: keys.stale(space) }))
      this.note(space, marks.map(({ key }) => key[2] as string), true)
    },
    async settled() {
      while (!closed && (waiting.size > 0 || running !== undefined)) {
        start()
        await running
      }
    },
    busy(space) {
      if (running !== undefined) return true
      for (const place of waiting.values()) if (place.space === space) return true
      return false
    },
    close() {
      closed = true
      pause?.()
    },
  }
}
