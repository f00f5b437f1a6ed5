// An author at a steady pace and a reader, until the server is killed: how far what was shown or acked had come. Then what is there after
// it was started again.
import { setTimeout as pause } from 'node:timers/promises'
import type { Dialect } from './dialect.ts'
import { lastNumber } from './numbered.ts'

export interface WriteJob {
  readonly url: string
  readonly document: string
  readonly perSecond: number
  readonly edits: number
}

export interface Told {
  /** The highest number that anybody was shown, or that the author was told to be there. */
  readonly told: number
  readonly sent: number
}

export async function writeUntilKilled(dialect: Dialect, job: WriteJob): Promise<Told> {
  const { url, document } = job
  const frames = dialect.frames(document, dialect.edits(job.edits))
  let told = 0
  let acked = 0
  let isOver = false
  const heard = (frame: Buffer): void => void (told = Math.max(told, lastNumber(frame)))
  const closed = (): void => void (isOver = true)
  const author = await dialect.join({
    url,
    document,
    name: 'author',
    heard,
    closed,
    acked: count => void (acked += count),
  })
  await dialect.join({ url, document, name: 'reader', heard })
  process.send?.({ event: 'writing' })
  const start = performance.now()
  let sent = 0
  for (const frame of frames) {
    const wait = start + (sent * 1_000) / job.perSecond - performance.now()
    if (wait > 0) await pause(wait)
    if (isOver) break
    author.send(frame)
    sent += 1
  }
  while (!isOver) await pause(5)
  return { told: Math.max(told, acked), sent }
}

export interface ReadJob {
  readonly url: string
  readonly document: string
  readonly settleMs: number
}

/** How many edits a new client finds. */
export async function readBack(
  dialect: Dialect,
  { url, document, settleMs }: ReadJob,
): Promise<{ readonly found: number }> {
  const frames: Buffer[] = []
  const seat = await dialect.join({ url, document, name: 'finder', heard: frame => void frames.push(frame) })
  await pause(settleMs)
  seat.close()
  return { found: dialect.highest(frames) }
}
