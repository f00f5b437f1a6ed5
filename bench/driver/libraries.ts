// Libraries as devices have them: spaces with as many documents each, one device that writes and one that reads in each. What an edit costs
// the server, of some documents or of any, wherever in all that is stored they may be.
import { setTimeout as pause } from 'node:timers/promises'
import { percentile } from '../figure.ts'
import { entry, openLink, WINDOW } from './joinery.ts'
import { lastNumber, numberedYjs } from './numbered.ts'
import { costsOf } from './process-costs.ts'
import { inHerds } from './socket.ts'
import { encodeMessage } from '@joinery/core/protocol'
import type { Seat } from './dialect.ts'

export interface FillLibrariesJob {
  readonly url: string
  readonly spaces: number
  /** In each of them. */
  readonly documents: number
}

export interface LibrariesJob extends FillLibrariesJob {
  readonly pid: number
  /** So many documents of each, evenly spread over it, are written in: each edit in one of them that is chosen at random. */
  readonly among: number
  /** In all of them together. */
  readonly perSecond: number
  readonly seconds: number
  readonly warmSeconds: number
}

export interface Libraries {
  readonly cpuMsPerUpdate: number
  readonly p50: number
  readonly p99: number
}

const PATIENCE_MS = 60_000
const FRAME = 32

function spaceOf(at: number): string {
  return `library-${at}`
}

function documentOf(at: number): string {
  return `document-${at}`
}

/** One edit in each document, acked. */
export async function fillLibraries({ url, spaces, documents }: FillLibrariesJob): Promise<number> {
  await inHerds(Array.from({ length: spaces }).keys().toArray(), async at => {
    const space = spaceOf(at)
    const link = await openLink({ url, name: `filler-${at}`, heard: () => undefined })
    for (let sent = 0; sent < documents;) {
      const count = Math.min(FRAME, documents - sent)
      await link.ackedAtLeast(sent - WINDOW + count)
      const entries = Array.from({ length: count }, (_, more) =>
        entry(sent + more + 1, documentOf(sent + more), numberedYjs(1)[0] ?? new Uint8Array()),
      )
      link.seat.send(encodeMessage({ type: 'push', space, entries }))
      sent += count
    }
    await link.ackedAtLeast(documents)
    link.seat.close()
  })
  return spaces * documents
}

export async function writeLibraries(job: LibrariesJob): Promise<Libraries> {
  const { url, spaces, documents, among, perSecond, seconds, warmSeconds } = job
  const seats: Seat[] = []
  const authors: Seat[] = []
  const sentAt: number[] = []
  let shown = 0
  let latencies: number[] = []
  await inHerds(Array.from({ length: spaces }).keys().toArray(), async at => {
    const space = spaceOf(at)
    // The numbers of one space stand in the order in which they were sent, so whoever has one has those before it in that space, too.
    let last = at + 1 - spaces
    const heard = (frame: Buffer): void => {
      const now = performance.now()
      for (const to = lastNumber(frame); last + spaces <= to;) {
        last += spaces
        shown += 1
        latencies.push(now - (sentAt[last - 1] ?? now))
      }
    }
    const reader = await openLink({ url, name: `reader-${at}`, heard: frame => reading && heard(frame) })
    let reading = false
    reader.seat.send(encodeMessage({ type: 'watch', space, cursor: undefined }))
    await reader.changes
    reading = true
    const author = await openLink({ url, name: `author-${at}`, heard: () => undefined })
    authors[at] = author.seat
    seats.push(reader.seat, author.seat)
  })

  const start = performance.now()
  const playFrom = async (from: number, to: number): Promise<void> => {
    for (let tick = from * perSecond; tick < to * perSecond; tick++) {
      const wait = start + (tick * 1_000) / perSecond - performance.now()
      if (wait > 0) await pause(wait)
      const [at, n] = [tick % spaces, Math.floor(tick / spaces) + 1]
      const document = documentOf(Math.floor((Math.floor(Math.random() * among) * documents) / among))
      const [bytes = new Uint8Array()] = numberedYjs(1, tick + 1)
      sentAt.push(performance.now())
      authors[at]?.send(encodeMessage({ type: 'push', space: spaceOf(at), entries: [entry(n, document, bytes)] }))
    }
    const end = performance.now() + PATIENCE_MS
    while (shown < to * perSecond && performance.now() < end) await pause(10)
    if (shown < to * perSecond) throw new Error(`stalled: ${shown} of ${to * perSecond} updates were shown`)
  }
  await playFrom(0, warmSeconds)
  latencies = []
  const before = costsOf(job.pid)
  await playFrom(warmSeconds, seconds)
  const after = costsOf(job.pid)
  for (const seat of seats) seat.close()
  return {
    cpuMsPerUpdate: ((after.cpu - before.cpu) * 1_000) / ((seconds - warmSeconds) * perSecond),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  }
}
