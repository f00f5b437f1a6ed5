/**
 * A subscription is a cursor: behind, it reads the log; at the head, it is handed what is committed. Laws:
 * - R2: a reader gets everything after its cursor, in order, once; what it is handed begins exactly where it stands, or it reads.
 * - R3: a cursor at the head is answered by one small message.
 * - R4: a cursor that does not fit the log is answered by `reset` and the head.
 * - T3: a reader who lags is handed nothing and costs nothing; he reads on from his cursor when there is room.
 */
import {
  JoineryError,
  sameBytes,
  type Clock,
  type Code,
  type Cursor,
  type LogPage,
  type SpaceHead,
  type Store,
} from '@joinery/core'
import { encodeMessage } from '@joinery/core/protocol'
import { Arrivals } from './arrivals.ts'
import type { RelayLimits } from './limits.ts'
import { reasonOf, type Log } from './log.ts'
import type { News } from './news.ts'

const AGAIN_MS = 1_000

/** What the pump needs of a connection. */
export interface Reader {
  readonly session: string
  send(frame: Uint8Array): void
  /** Whether it has as much to read as it may (T3). */
  full(): boolean
  /** Resolves when there is room again, or the connection is gone. */
  room(): Promise<void>
}

export type SubscriptionState = 'reading' | 'live' | 'ended'

export interface Subscription {
  readonly state: () => SubscriptionState
  /** What does not follow where the reader stands makes him read. */
  offer(news: News): void
  /** What does not follow where the reader stands is passed over: it will be offered again. */
  take(news: News): void
  /** The log may go further than what was offered. */
  catchUp(): void
  /** Resolves once the reader was sent everything up to this seq, or all there is, or the subscription has ended. */
  reached(seq: number): Promise<void>
  end(): void
}

export interface PumpOptions {
  readonly store: Pick<Store, 'head' | 'markAt' | 'read'>
  readonly clock: Clock
  readonly limits: Pick<RelayLimits, 'pageBytes'>
  readonly log: Log
  /** Runs a read when it is its turn. */
  readonly reading: <T>(read: () => Promise<T>) => Promise<T>
  /** Lets others have their turn. */
  readonly turn: () => Promise<void>
}

/** How far a log goes, as far as this node was told. */
export interface Known {
  seq(): number
  /** It ends at `seq`, though it was `told` to go further: by a hint that was wrong, or of what the store has lost since. */
  disproved(seq: number, told: number): void
}

export interface SubscribeOptions extends PumpOptions {
  readonly space: string
  readonly reader: Reader
  readonly cursor: Cursor | undefined
  readonly known: Known
  /** After the first answer: whether the cursor fitted. */
  readonly begun: (reset: boolean) => void
  /** The log lacks an entry of this document: it can no longer be trusted. */
  readonly damaged: (document: string) => void
  /** The subscription could not begin. */
  readonly failed: (code: Code) => void
}

export function subscribe(options: SubscribeOptions): Subscription {
  const { store, clock, limits, log, space, reader, cursor, known } = options
  let state: SubscriptionState = 'reading'
  let seq = 0
  let epoch = ''
  /** Whether the reader was last told that nothing more is there. */
  let isLive = false
  const arrivals = new Arrivals()
  const isEnded = (): boolean => state === 'ended'

  const end = (): void => {
    state = 'ended'
    arrivals.end()
  }

  const send = (to: Cursor, live: boolean, reset: boolean, entries: LogPage['entries']): void => {
    seq = to.seq
    epoch = to.epoch
    isLive = live
    reader.send(encodeMessage({ type: 'changes', space, cursor: to, live, reset, entries }))
    arrivals.told(seq)
  }

  const begin = async (): Promise<void> => {
    const head = await store.head(space)
    if (head === undefined) throw new JoineryError('UNAVAILABLE', { reason: 'the space has no log' })
    const fits = cursor === undefined || (await isOf(store, space, cursor, head))
    if (isEnded()) return
    if (cursor === undefined || !fits || cursor.seq === head.seq) send(cursorOf(head), true, !fits, [])
    else {
      seq = cursor.seq
      epoch = cursor.epoch
    }
    options.begun(!fits)
    if (isLive && known.seq() <= seq && !arrivals.isAwaited()) state = 'live'
    else attempt()
  }

  const read = async (): Promise<void> => {
    while (!isEnded()) {
      await reader.room()
      if (isEnded()) return
      const told = known.seq()
      const mine = arrivals.reading()
      const page = await options.reading(() => store.read(space, seq, limits.pageBytes))
      if (isEnded()) return
      for (const document of page.damaged) options.damaged(document)
      if (page.epoch !== epoch) {
        send(cursorOf(page), page.end, true, [])
        options.begun(true)
      } else if (page.seq > seq || page.end !== isLive) {
        send(cursorOf(page), page.end, false, page.entries)
      }
      if (page.end) arrivals.told(seq, mine)
      if (page.end && !arrivals.isAwaited() && (known.seq() <= seq || known.seq() === told)) {
        known.disproved(seq, told)
        state = 'live'
        return
      }
      await options.turn()
    }
  }

  /** Reads until the head, however often the store fails meanwhile. */
  const attempt = (): void => {
    read().catch((error: unknown) => {
      log.warn('read-failed', { session: reader.session, space, ...reasonOf(error) })
      if (!isEnded()) clock.after(AGAIN_MS, attempt)
    })
  }

  const readOn = (): void => {
    if (state !== 'live') return
    state = 'reading'
    attempt()
  }

  begin().catch((error: unknown) => {
    log.warn('watch-failed', { session: reader.session, space, ...reasonOf(error) })
    if (isEnded()) return
    end()
    options.failed(error instanceof JoineryError ? error.code : 'UNAVAILABLE')
  })

  /** Whether that is all there is to do about it. */
  const take = (news: News): boolean => {
    const { after, cursor: to, live } = news
    if (state !== 'live' || (to.seq <= seq && to.epoch === epoch)) return true
    if (after !== seq || to.epoch !== epoch || reader.full()) return false
    seq = to.seq
    isLive = live
    reader.send(news.frame())
    arrivals.told(seq)
    return true
  }

  return {
    state: () => state,
    offer(news) {
      if (!take(news)) readOn()
    },
    take: news => void take(news),
    catchUp: readOn,
    reached(wanted) {
      if (isEnded() || seq >= wanted) return Promise.resolve()
      const there = arrivals.at(wanted)
      readOn()
      return there
    },
    end,
  }
}

async function isOf(store: PumpOptions['store'], space: string, cursor: Cursor, head: SpaceHead): Promise<boolean> {
  if (cursor.epoch !== head.epoch || cursor.seq > head.seq) return false
  const mark = cursor.seq === head.seq ? head.mark : await store.markAt(space, cursor.seq)
  return mark !== undefined && sameBytes(mark, cursor.mark)
}

function cursorOf({ epoch, seq, mark }: Cursor): Cursor {
  return { epoch, seq, mark }
}
