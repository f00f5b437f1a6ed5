/**
 * What one connection is shown of its document. Laws:
 * - S2: it is shown what is in the log, its own edits too, each commit as one frame that all share.
 * - What is committed while it joins is shown behind the answer to that.
 * - T3: one that lags is sent nothing until it has read, and then what it lacks, from the store: a slow socket holds no memory.
 * A class, since there is one for each document that is open somewhere.
 */
import { JoineryError, type Store } from '@joinery/core'
import type { RelayLimits } from '../limits.ts'
import type { Counters } from '../log.ts'
import type { Outlet } from '../outlet.ts'
import type { SharedFrame } from '../socket.ts'
import { framesOf, pagesOf } from './frames.ts'

/** Commits that come while a document is loaded; with more, it is read from the store what came. */
const HELD_FRAMES = 256

type Phase =
  /** It has asked for nothing yet. */
  | 'new'
  /** What it lacks is being loaded. */
  | 'joining'
  | 'live'
  /** It has to read before it is sent more. */
  | 'lagging'
  | 'closed'

/** The document that is read. */
export interface ShownDocument {
  readonly space: string
  readonly document: string
  /** Its last seq that was shown to anybody. */
  readonly channel: { seq(): number }
}

/** What all readers share. */
export interface ReaderOptions {
  readonly store: Pick<Store, 'body'>
  readonly limits: Pick<RelayLimits, 'pageBytes'>
  readonly counters: Pick<Counters, 'add'>
  /** Runs a read of a body when it is its turn. */
  readonly reading: <T>(read: () => Promise<T>) => Promise<T>
}

interface HeldFrames {
  readonly seq: number
  readonly frames: readonly SharedFrame[]
}

export class Reader {
  readonly #options: ReaderOptions
  readonly #outlet: Outlet
  readonly #unreadable: (error: unknown) => void
  #phase: Phase = 'new'
  /** The last of the document's seqs that it was sent. */
  #seen = 0
  #held: HeldFrames[] | undefined

  constructor(options: ReaderOptions, outlet: Outlet, unreadable: (error: unknown) => void) {
    this.#options = options
    this.#outlet = outlet
    this.#unreadable = unreadable
  }

  get isNew(): boolean {
    return this.#phase === 'new'
  }

  get isLagging(): boolean {
    return this.#phase === 'lagging'
  }

  /** It asks for what it lacks. */
  joins(): void {
    if (this.#phase === 'new') this.#phase = 'joining'
  }

  /** It was answered with what the document was at `seq`. */
  joined(shown: ShownDocument, seq: number): void {
    if (this.#phase !== 'joining') return
    this.#seen = seq
    this.#phase = 'live'
    const held = this.#held ?? []
    this.#held = undefined
    for (const one of held) this.show(shown, one.seq, one.frames)
    if (this.#seen < shown.channel.seq()) this.#lag(shown)
  }

  /** A commit that moved the document to `seq`. */
  show(shown: ShownDocument, seq: number, frames: readonly SharedFrame[]): void {
    if (this.#phase === 'joining') {
      this.#held ??= []
      if (this.#held.length < HELD_FRAMES) this.#held.push({ seq, frames })
      return
    }
    if (this.#phase !== 'live' || seq <= this.#seen) return
    if (this.#outlet.full()) {
      this.#lag(shown)
      return
    }
    this.#seen = seq
    for (const frame of frames) this.#outlet.share(frame)
  }

  close(): void {
    this.#phase = 'closed'
    this.#held = undefined
  }

  #lag(shown: ShownDocument): void {
    this.#phase = 'lagging'
    this.#options.counters.add('door-lagged')
    this.#catchUp(shown).catch(this.#unreadable)
  }

  /** Sends what it lacks from what is stored, as it reads. */
  async #catchUp({ space, document, channel }: ShownDocument): Promise<void> {
    const { reading, store, limits } = this.#options
    while (this.isLagging && this.#seen < channel.seq()) {
      await this.#outlet.room()
      const entries = await reading(async () => (this.isLagging ? store.body(space, document) : []))
      const later = entries.filter(entry => entry.seq > this.#seen)
      for (const page of pagesOf(later, limits.pageBytes)) {
        await this.#outlet.room()
        if (!this.isLagging) return
        for (const frame of framesOf(page)) this.#outlet.send(frame)
        this.#seen = page.at(-1)?.seq ?? this.#seen
      }
      if (!this.isLagging) return
      if (later.length === 0) throw new JoineryError('UNAVAILABLE', { what: 'document', document })
    }
    if (this.isLagging) this.#phase = 'live'
  }
}
