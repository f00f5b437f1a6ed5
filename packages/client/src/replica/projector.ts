/**
 * Bringing rows and words up to date with bodies, in the background and in small slices: for what came from elsewhere, and the words of
 * what was edited here. Laws:
 * - A document keeps its `stale` mark until its row and words are stored, so a crash forgets none.
 * - A long log is folded on the way: never what is unacked (C5), and only into a snapshot that was read back (S3).
 */
import { sameBytes, type Cancel, type EngineDocument } from '@joinery/core'
import { wordsOf } from '../queries/words.ts'
import { readBody, readMarked, readRecord, readUnacked, type Place } from './body.ts'
import { keys, type DocumentRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { putRow, putWords, shownOf } from './rows.ts'
import type { Tx } from './tx.ts'

/** Documents at once, so that an edit never waits long. */
const SLICE = 16
/** Whoever opens what has just come goes first. */
const SOON_MS = 10
/** Words wait until the person pauses. */
const PAUSE_MS = 400
/** Lines after which folding is worth its while. */
const LONG_LOG = 64

export interface Projector {
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
      const slice: Promise<void>[] = []
      for (const [name, place] of waiting) {
        waiting.delete(name)
        if (slice.push(project(place)) >= SLICE) break
      }
      // What storage fails is still marked: the next note, or the next start, tries again.
      await Promise.allSettled(slice)
    }
  }

  const project = async (place: Place): Promise<void> => {
    const body = await replica.read(tx => readBody(tx, place))
    // Without its beginning a document would show what it is not: the mark stays until it is here. An earlier life may have died asking.
    if (body?.record.body !== 'here') {
      if (body) replica.news.tell({ type: 'wanted', space: place.space, documents: [place.document] })
      return
    }
    if (!replica.kindOf(body.record.kind)) return
    const { kind, engine, life, tail } = body.record
    const built = replica.build(engine, body.updates)
    if (!built) return
    const { doc, whole } = built
    const work = replica.write(async tx => {
      const now = await readRecord(tx, place)
      if (now?.life !== life || now.tail !== tail) return
      const shown = shownOf(replica, place, now, doc)
      await putRow(tx, replica, place, kind, shown?.row)
      await putWords(tx, place, kind, wordsOf(shown?.texts ?? []))
      tx.delete('index', keys.mark('stale', place))
      if (whole) await fold(tx, place, now, doc)
    })
    await work.finally(() => doc.close())
  }

  const note = (space: string, document: string, soon: boolean): void => {
    if (closed) return
    waiting.set(`${space} ${document}`, { space, document })
    if (soon) soonest ??= replica.clock.after(SOON_MS, start)
    else pause ??= replica.clock.after(PAUSE_MS, start)
  }
  const stop = replica.news.listen({ stale: ({ space, document, soon }) => note(space, document, soon) })

  return {
    async recover(space) {
      for (const document of await replica.read(tx => readMarked(tx, space, 'stale'))) note(space, document, true)
    },
    async settled() {
      while (!closed && (waiting.size > 0 || running)) {
        start()
        await running
      }
    },
    busy: () => !!running || !!soonest,
    close() {
      closed = true
      stop()
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
  tx.put('snapshots', key, bytes)
  const kept = (await tx.get('snapshots', key)) as Uint8Array | undefined
  if (!kept || !sameBytes(kept, bytes)) throw new Error('snapshots')
  tx.deleteRange('log', { prefix: key })
  tx.put('documents', key, { ...stored, folded: tail, bytes: bytes.length })
}
