// People who write for a long time, each in a document of his own with somebody who reads: as fast as is said, in turn.
import { setTimeout as pause } from 'node:timers/promises'
import type { Dialect, Seat } from './dialect.ts'
import { lastNumber } from './numbered.ts'

export interface SoakJob {
  readonly url: string
  readonly documents: number
  readonly perSecond: number
  readonly seconds: number
}

const PATIENCE_MS = 20_000

/** How many edits were written, how many of them were shown, and how often an author was asked again for what he has. */
export async function soak(
  dialect: Dialect,
  { url, documents, perSecond, seconds }: SoakJob,
): Promise<{ written: number; shown: number; askedAgain: number }> {
  const edits = dialect.edits(Math.ceil((perSecond * seconds) / documents))
  const reached: number[] = Array.from({ length: documents }, () => 0)
  const authors: Seat[] = []
  const seats: Seat[] = []
  let asked = 0
  const askedAgain = (): void => void (asked += 1)
  for (const at of reached.keys()) {
    const document = `soak-${at}`
    const heard = (frame: Buffer): void => void (reached[at] = Math.max(reached[at] ?? 0, lastNumber(frame)))
    authors.push(await dialect.join({ url, document, name: `author-${at}`, heard: () => undefined, askedAgain }))
    seats.push(await dialect.join({ url, document, name: `reader-${at}`, heard }))
  }
  const start = performance.now()
  const count = perSecond * seconds
  for (let n = 0; n < count; n++) {
    const wait = start + (n * 1_000) / perSecond - performance.now()
    if (wait > 0) await pause(wait)
    const at = n % documents
    const [frame] = dialect.frames(`soak-${at}`, edits.slice(Math.floor(n / documents), Math.floor(n / documents) + 1))
    if (frame !== undefined) authors[at]?.send(frame)
  }
  const shown = (): number => reached.reduce((sum, to) => sum + to, 0)
  const end = performance.now() + PATIENCE_MS
  while (shown() < count && performance.now() < end) await pause(50)
  for (const seat of [...authors, ...seats]) seat.close()
  return { written: count, shown: shown(), askedAgain: asked }
}
