// Many documents with two clients each: one writes at a steady pace, the other reads. What an update costs the server, and how long it takes.
import { setTimeout as pause } from 'node:timers/promises'
import { percentile } from '../figure.ts'
import type { Dialect, Seat } from './dialect.ts'
import { lastNumber } from './numbered.ts'
import { costsOf } from './process-costs.ts'
import { inHerds } from './socket.ts'

export interface ManyDocumentsJob {
  /** Of the nodes: authors are at all of them in turn, and each one's reader at the next. */
  readonly urls: readonly string[]
  readonly pids: readonly number[]
  readonly documents: number
  /** Each document gets one edit a second, for so many seconds; the first ones are not measured. */
  readonly seconds: number
  readonly warmSeconds: number
}

export interface ManyDocuments {
  readonly cpuMsPerUpdate: number
  readonly p50: number
  readonly p99: number
}

interface Pair {
  readonly author: Seat
  readonly frames: readonly Uint8Array[]
  readonly sentAt: number[]
}

const PATIENCE_MS = 20_000

export async function manyDocuments(dialect: Dialect, job: ManyDocumentsJob): Promise<ManyDocuments> {
  const { urls, documents, seconds, warmSeconds } = job
  const urlOf = (at: number): string => urls[at % urls.length] ?? ''
  const edits = dialect.edits(seconds)
  const pairs: Pair[] = []
  let shown = 0
  let latencies: number[] = []
  const seats: Seat[] = []
  await inHerds(Array.from({ length: documents }).keys().toArray(), async at => {
    const document = `many-${at}`
    const sentAt: number[] = []
    let last = 0
    const heard = (frame: Buffer): void => {
      const now = performance.now()
      for (const to = lastNumber(frame); last < to; last++) {
        shown += 1
        latencies.push(now - (sentAt[last] ?? now))
      }
    }
    const author = await dialect.join({ url: urlOf(at), document, name: `author-${at}`, heard: () => undefined })
    seats.push(author, await dialect.join({ url: urlOf(at + 1), document, name: `reader-${at}`, heard }))
    pairs.push({ author, frames: dialect.frames(document, edits), sentAt })
  })

  const start = performance.now()
  const playFrom = async (from: number, to: number): Promise<void> => {
    for (let tick = from * documents; tick < to * documents; tick++) {
      const wait = start + (tick * 1_000) / documents - performance.now()
      if (wait > 0) await pause(wait)
      const pair = pairs[tick % documents]
      const frame = pair?.frames[Math.floor(tick / documents)]
      if (pair === undefined || frame === undefined) continue
      pair.sentAt.push(performance.now())
      pair.author.send(frame)
    }
    const end = performance.now() + PATIENCE_MS
    while (shown < to * documents && performance.now() < end) await pause(10)
    if (shown < to * documents) throw new Error(`stalled: ${shown} of ${to * documents} updates were shown`)
  }
  await playFrom(0, warmSeconds)
  latencies = []
  const before = costsOf(...job.pids)
  await playFrom(warmSeconds, seconds)
  const after = costsOf(...job.pids)
  for (const seat of seats) seat.close()
  return {
    cpuMsPerUpdate: ((after.cpu - before.cpu) * 1_000) / ((seconds - warmSeconds) * documents),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  }
}
