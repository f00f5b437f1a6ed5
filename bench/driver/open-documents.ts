// What a document costs in memory while it is open: it is filled, and later opened by one client each, on a server that was started anew. The
// first ones are opened before it counts, so that what the process takes for itself is there.
import { setTimeout as pause } from 'node:timers/promises'
import type { Dialect, Seat } from './dialect.ts'
import { costsOf } from './process-costs.ts'
import { inHerds } from './socket.ts'
import { writeEach } from './write-each.ts'

export interface FillJob {
  readonly url: string
  readonly documents: number
  /** How many edits of the B4 trace each holds; all of them when left out. */
  readonly typed?: number
}

export async function fill(dialect: Dialect, { url, documents, typed }: FillJob): Promise<{ readonly bytes: number }> {
  const edit = dialect.typed(typed)
  const edits = Array.from({ length: documents }, (_, at) => ({ document: documentAt(at), edit }))
  await writeEach(dialect, url, edits)
  return { bytes: edit.length }
}

export interface OpenJob {
  readonly url: string
  readonly pid: number
  readonly warm: number
  readonly documents: number
  readonly settleMs: number
}

export async function openDocuments(dialect: Dialect, job: OpenJob): Promise<{ readonly bytesPerDocument: number }> {
  const seats: Seat[] = []
  const open = async (from: number, to: number): Promise<number> => {
    const range = Array.from({ length: to - from }, (_, more) => from + more)
    await inHerds(range, async at => {
      seats.push(
        await dialect.join({ url: job.url, document: documentAt(at), name: `opener-${at}`, heard: () => undefined }),
      )
    })
    await pause(job.settleMs)
    return costsOf(job.pid).rss
  }
  const warm = await open(0, job.warm)
  const full = await open(job.warm, job.warm + job.documents)
  for (const seat of seats) seat.close()
  return { bytesPerDocument: (full - warm) / job.documents }
}

export interface LoadJob {
  readonly url: string
  readonly pid: number
  /** It has come when so much of it was heard. */
  readonly bytes: number
  readonly settleMs: number
}

/** The first document, loaded by one client. */
export async function coldLoad(
  dialect: Dialect,
  job: LoadJob,
): Promise<{ readonly cpuMs: number; readonly ms: number }> {
  const before = costsOf(job.pid)
  const began = performance.now()
  let heard = 0
  let done = (): void => undefined
  const loaded = new Promise<void>(resolve => (done = resolve))
  const seat = await dialect.join({
    url: job.url,
    document: documentAt(0),
    name: 'loader',
    heard(frame) {
      heard += frame.length
      if (heard >= job.bytes) done()
    },
  })
  await loaded
  const ms = performance.now() - began
  await pause(job.settleMs)
  const after = costsOf(job.pid)
  seat.close()
  return { cpuMs: (after.cpu - before.cpu) * 1_000, ms }
}

function documentAt(at: number): string {
  return `held-${at}`
}
