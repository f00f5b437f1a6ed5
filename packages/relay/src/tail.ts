/**
 * The end of a space's log, read in this process by whoever needs entries and not frames. Laws:
 * - R2: from where it began, every entry, in order, once: what is offered begins exactly where it stands, or it reads.
 * - R5: a hint or a poll makes it read what another node wrote. One reading, however many follow.
 */
import type { Clock, CommittedSpace, Entry } from '@joinery/core'
import { reasonOf } from './log.ts'
import type { PumpOptions } from './pump.ts'

const AGAIN_MS = 1_000

/** Called in order. */
export interface Follower {
  /** Entries of the log, the last of them at `seq`. */
  entries(seq: number, entries: readonly Entry[]): void
  /** The log is another one now (R4), or has no beginning: what was told is worth nothing. */
  lost(): void
}

export interface Tail {
  /** Resolves when everything that is committed from now on will be told; rejects when the log cannot be read. */
  readonly ready: Promise<void>
  offer(after: number, committed: CommittedSpace, entries: readonly Entry[]): void
  /** The log may go further than what was offered. */
  catchUp(): void
  /** Resolves once everything up to this seq was told, or when it has ended. */
  reached(seq: number): Promise<void>
  end(): void
}

export interface TailOptions extends PumpOptions {
  readonly clock: Clock
  readonly space: string
  /** How far the log is known to go on this node. */
  readonly known: () => number
  readonly told: Follower
  readonly damaged: (document: string) => void
}

export function createTail(options: TailOptions): Tail {
  const { store, clock, limits, log, space, known, told } = options
  let state: 'reading' | 'live' | 'ended' = 'reading'
  let seq = 0
  let epoch = ''
  let waiting: { readonly seq: number; readonly then: () => void }[] = []
  const isEnded = (): boolean => state === 'ended'

  const arrived = (): void => {
    if (waiting.length === 0) return
    const due = waiting.filter(one => isEnded() || one.seq <= seq)
    waiting = waiting.filter(one => !due.includes(one))
    for (const { then } of due) then()
  }

  const begin = async (): Promise<void> => {
    const head = await store.head(space)
    seq = head?.seq ?? 0
    epoch = head?.epoch ?? ''
    if (isEnded()) return
    if (known() > seq) attempt()
    else state = 'live'
  }

  const read = async (): Promise<void> => {
    while (!isEnded()) {
      const page = await options.reading(() => store.read(space, seq, limits.pageBytes))
      if (isEnded()) return
      for (const document of page.damaged) options.damaged(document)
      const isOther = page.epoch !== epoch && epoch !== ''
      epoch = page.epoch
      if (isOther || page.seq < seq) {
        seq = page.seq
        told.lost()
      } else if (page.seq > seq) {
        seq = page.seq
        told.entries(seq, page.entries)
      }
      arrived()
      if (page.end && known() <= seq) {
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
    offer(after, { head }, entries) {
      if (state !== 'live' || head.seq <= seq) return
      if (after === seq && (epoch === '' || epoch === head.epoch)) {
        seq = head.seq
        epoch = head.epoch
        told.entries(seq, entries)
        arrived()
      } else readOn()
    },
    catchUp: readOn,
    reached: wanted =>
      isEnded() || seq >= wanted ? Promise.resolve() : new Promise(then => waiting.push({ seq: wanted, then })),
    end() {
      state = 'ended'
      arrived()
    },
  }
}
