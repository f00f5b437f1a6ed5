/**
 * The end of a space's log, read once in this process for all who follow it. Laws:
 * - R2: from where it began, every entry, in order, once: what is offered begins exactly where it stands, or it reads.
 * - R5: a hint or a poll makes it read what another node wrote, unless the hint brings it. One reading, however many follow.
 */
import { NO_MARK, sameBytes, type Clock } from '@joinery/core'
import { Arrivals } from './arrivals.ts'
import { reasonOf } from './log.ts'
import { newsOf, type News } from './news.ts'
import type { Known, PumpOptions } from './pump.ts'

const AGAIN_MS = 1_000

/** Whom a tail tells, in order. */
export interface Audience {
  /** `whole`: no entry is missing from it because it is damaged. */
  news(news: News, whole: boolean): void
  /** The log is another one now (R4), or has no beginning: what was told is worth nothing. */
  lost(): void
}

export interface Tail {
  /** Resolves to the seq behind which everything will be told; rejects when the log cannot be read. */
  readonly ready: Promise<number>
  /** How far it has told, or read at first. */
  at(): { readonly seq: number; readonly mark: Uint8Array }
  /** `before`: the mark that the log must have before what another node says to have written. */
  offer(news: News, before?: Uint8Array): void
  /** The log may go further than what was offered. */
  catchUp(): void
  /** Resolves once everything up to this seq was told, or all there is, or when it has ended. */
  reached(seq: number): Promise<void>
  end(): void
}

export interface TailOptions extends PumpOptions {
  readonly clock: Clock
  readonly space: string
  readonly known: Known
  readonly told: Audience
  readonly damaged: (document: string) => void
}

export function createTail(options: TailOptions): Tail {
  const { store, clock, limits, log, space, known, told } = options
  let state: 'reading' | 'live' | 'ended' = 'reading'
  let seq = 0
  let epoch = ''
  let mark: Uint8Array = NO_MARK
  const arrivals = new Arrivals()
  const isEnded = (): boolean => state === 'ended'

  const begin = async (): Promise<number> => {
    const head = await store.head(space)
    seq = head?.seq ?? 0
    epoch = head?.epoch ?? ''
    mark = head?.mark ?? NO_MARK
    const from = seq
    if (isEnded()) return from
    if (known.seq() > seq || arrivals.isAwaited()) attempt()
    else state = 'live'
    return from
  }

  const read = async (): Promise<void> => {
    while (!isEnded()) {
      const asked = known.seq()
      const mine = arrivals.reading()
      const page = await options.reading(() => store.read(space, seq, limits.pageBytes))
      if (isEnded()) return
      for (const document of page.damaged) options.damaged(document)
      const isOther = page.epoch !== epoch && epoch !== ''
      epoch = page.epoch
      mark = page.mark
      if (isOther || page.seq < seq) {
        seq = page.seq
        told.lost()
      } else if (page.seq > seq) {
        const news = newsOf(space, seq, page, page.entries, page.end)
        seq = page.seq
        told.news(news, page.damaged.length === 0)
      }
      arrivals.told(seq, page.end ? mine : 0)
      if (page.end && !arrivals.isAwaited() && (known.seq() <= seq || known.seq() === asked)) {
        known.disproved(seq, asked)
        state = 'live'
        return
      }
      await options.turn()
    }
  }

  /** Reads until the head, however often the store fails meanwhile. */
  const attempt = (): void => {
    read().catch((error: unknown) => {
      log.warn('read-failed', { space, ...reasonOf(error) })
      if (!isEnded()) clock.after(AGAIN_MS, attempt)
    })
  }

  const readOn = (): void => {
    if (state !== 'live') return
    state = 'reading'
    attempt()
  }

  return {
    ready: begin(),
    at: () => ({ seq, mark }),
    offer(news, before = mark) {
      const { after, cursor } = news
      const isSame = epoch === '' || epoch === cursor.epoch
      if (state !== 'live' || (cursor.seq <= seq && isSame)) return
      if (after === seq && isSame && sameBytes(before, mark)) {
        seq = cursor.seq
        epoch = cursor.epoch
        mark = cursor.mark
        told.news(news, true)
        arrivals.told(seq)
      } else readOn()
    },
    catchUp: readOn,
    reached(wanted) {
      if (isEnded() || seq >= wanted) return Promise.resolve()
      const there = arrivals.at(wanted)
      readOn()
      return there
    },
    end() {
      state = 'ended'
      arrivals.end()
    },
  }
}
