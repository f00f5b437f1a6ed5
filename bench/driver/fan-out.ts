// One author, many readers of one document. First as fast as it goes, with a window of edits on their way: deliveries for each second of
// the server's CPU. Then at a steady pace, or two: how long from sending to having it.
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { percentile } from '../figure.ts'
import type { Dialect, Seat } from './dialect.ts'
import { lastNumber } from './numbered.ts'
import { costsOf } from './process-costs.ts'
import { inHerds } from './socket.ts'

export interface FanOutJob {
  /** Of the nodes: the author is at the first, and the readers are at all of them in turn. */
  readonly urls: readonly string[]
  readonly pids: readonly number[]
  readonly document: string
  readonly readers: number
  readonly edits: number
  readonly window: number
  /** How long the window is kept full, before and while it is measured. */
  readonly warmMs: number
  readonly measureMs: number
  readonly perSecond: number
  readonly paceMs: number
  /** A steady pace before that one, at which CPU is measured too: as many edits share a commit, whatever the servers. */
  readonly busy?: { readonly perSecond: number; readonly ms: number }
}

export interface FanOut {
  readonly deliveriesPerCpuSecond: number
  readonly deliveriesPerSecond: number
  /** At the steady pace; NaN where there was none. */
  readonly busyCpuPerMillion: number
  /** How many edits a frame brought, at the steady pace. */
  readonly busyEditsAFrame: number
  readonly p50: number
  readonly p99: number
  /** Of the readers of each node alone. */
  readonly p50ByNode: readonly number[]
}

const STALLED_MS = 30_000

export async function fanOut(dialect: Dialect, job: FanOutJob): Promise<FanOut> {
  const frames = dialect.frames(job.document, dialect.edits(job.edits))
  const crowd = await gather(dialect, job)
  const { position, author } = crowd

  const fill = (): void => {
    while (sent < limit && sent - position.ofAll() < job.window) {
      const frame = frames[sent]
      if (frame === undefined) return
      sent += 1
      author.send(frame)
    }
  }
  let sent = 0
  const paced = job.perSecond * job.paceMs + (job.busy === undefined ? 0 : job.busy.perSecond * job.busy.ms)
  let limit = frames.length - Math.ceil(paced / 1_000)
  crowd.onAdvance = fill
  fill()
  await pause(job.warmMs)
  const [began, costs, delivered] = [performance.now(), costsOf(...job.pids), position.sum()]
  const end = began + job.measureMs
  while (performance.now() < end && position.ofAll() < limit) await pause(5)
  const [took, after, deliveries] = [performance.now() - began, costsOf(...job.pids), position.sum() - delivered]
  limit = sent
  await caughtUp(position, sent)

  crowd.onAdvance = () => undefined
  /** Sends at a steady pace. */
  const play = async (perSecond: number, ms: number): Promise<Played> => {
    let steps = 0
    const first = sent
    const sentAt: number[] = []
    const latencies: number[][] = job.urls.map(() => [])
    position.onStep = (reader, from, to, now) => {
      steps += 1
      for (let n = from; n < to; n++) latencies[reader % job.urls.length]?.push(now - (sentAt[n - first] ?? now))
    }
    const [start, costsBefore, sumBefore] = [performance.now(), costsOf(...job.pids), position.sum()]
    for (const frame of frames.slice(first, first + Math.floor((perSecond * ms) / 1_000))) {
      const due = start + ((sent - first) * 1_000) / perSecond
      const wait = due - performance.now()
      await (wait > 0 ? pause(wait) : turn())
      sentAt.push(performance.now())
      sent += 1
      author.send(frame)
    }
    await caughtUp(position, sent)
    const cpu = costsOf(...job.pids).cpu - costsBefore.cpu
    const played = position.sum() - sumBefore
    return { latencies, cpuPerMillion: (cpu * 1e6) / played, editsAFrame: played / steps }
  }
  const busy = job.busy && (await play(job.busy.perSecond, job.busy.ms))
  const { latencies } = await play(job.perSecond, job.paceMs)
  crowd.close()
  return {
    deliveriesPerCpuSecond: deliveries / (after.cpu - costs.cpu),
    deliveriesPerSecond: (deliveries / took) * 1_000,
    busyCpuPerMillion: busy?.cpuPerMillion ?? Number.NaN,
    busyEditsAFrame: busy?.editsAFrame ?? Number.NaN,
    p50: percentile(latencies.flat(), 0.5),
    p99: percentile(latencies.flat(), 0.99),
    p50ByNode: latencies.map(ofNode => percentile(ofNode, 0.5)),
  }
}

interface Played {
  /** How long each edit took, to each reader of each node, in ms. */
  readonly latencies: number[][]
  /** What a million deliveries cost, in seconds. */
  readonly cpuPerMillion: number
  readonly editsAFrame: number
}

interface Crowd {
  readonly author: Seat
  readonly position: Position
  onAdvance: () => void
  close(): void
}

async function gather(dialect: Dialect, { urls, document, readers }: FanOutJob): Promise<Crowd> {
  const position = createPosition(readers)
  const urlOf = (at: number): string => urls[at % urls.length] ?? ''
  const author = await dialect.join({ url: urlOf(0), document, name: 'author', heard: () => undefined })
  const seats: Seat[] = [author]
  const crowd: Crowd = {
    author,
    position,
    onAdvance: () => undefined,
    close: () => seats.forEach(seat => seat.close()),
  }
  const enter = async (reader: number): Promise<void> => {
    const heard = (frame: Buffer): void => {
      if (position.step(reader, lastNumber(frame))) crowd.onAdvance()
    }
    seats.push(await dialect.join({ url: urlOf(reader), document, name: `reader-${reader}`, heard }))
  }
  await inHerds(Array.from({ length: readers }).keys().toArray(), enter)
  return crowd
}

interface Position {
  /** True when everybody is further for it. */
  step(reader: number, to: number): boolean
  /** What everybody has. */
  ofAll(): number
  /** What all have, together. */
  sum(): number
  onStep: (reader: number, from: number, to: number, now: number) => void
}

export function createPosition(readers: number): Position {
  const at: number[] = Array.from({ length: readers }, () => 0)
  /** How many readers have got so far, for each number behind the last that all have. */
  const readersByNumber: number[] = []
  let all = 0
  let sum = 0
  const position: Position = {
    step(reader, to) {
      const from = at[reader] ?? 0
      if (to <= from) return false
      at[reader] = to
      sum += to - from
      position.onStep(reader, from, to, performance.now())
      for (let n = from; n < to; n++) readersByNumber[n] = (readersByNumber[n] ?? 0) + 1
      const before = all
      while (readersByNumber[all] === readers) all += 1
      return all > before
    },
    ofAll: () => all,
    sum: () => sum,
    onStep: () => undefined,
  }
  return position
}

async function caughtUp(position: Position, to: number): Promise<void> {
  const end = performance.now() + STALLED_MS
  while (position.ofAll() < to) {
    if (performance.now() > end) throw new Error(`stalled: ${position.ofAll()} of ${to} edits reached everybody`)
    await pause(2)
  }
}
