/**
 * Edits of one connection on their way into the log. Laws:
 * - In order; the next need not wait for the one before, unless that has to be tried again, and then it is tried again behind it.
 * - What a SyncStep2 brings is stored without what is stored already, and nothing when nothing is left (D3): a reconnect adds nothing.
 * - CR-04: the first gap asks for what is missing, by one SyncStep1; what has a gap is dropped until that is answered. The client has it.
 * - Weather keeps an edit and tries again for a while; then the connection ends and the client comes back with it.
 */
import { JoineryError, type Clock, type Code } from '@joinery/core'
import type { Committer } from '../committer.ts'
import type { Scanned } from '../gate/gate.ts'
import type { Heads } from '../heads.ts'
import type { Intake } from '../intake.ts'
import type { Answer } from '../job.ts'
import type { State } from '../state/states.ts'

const WEATHER_MS = 1_000
/** How long an edit is kept in bad weather. */
const PATIENCE_MS = 20_000
/** A gap that nobody closes is asked about again. */
const GAP_MS = 10_000
const MENDS = 5
/** The kind of a document that begins at the door. */
const RAW = 'raw'

export interface Edits {
  /** An update, or with `isAnswer` what a SyncStep2 brought, which may be known in part. */
  take(bytes: Uint8Array, isAnswer: boolean): void
  /** Resolves when nothing waits any more but for better weather. */
  idle(): Promise<void>
  end(): void
}

export interface EditsOptions {
  readonly space: string
  readonly document: string
  readonly subject: string
  /** The name under which this connection writes. */
  readonly device: string
  /** What the document is, undefined while it is nothing. */
  readonly kind: string | undefined
  readonly clock: Clock
  readonly committer: Pick<Committer, 'take'>
  readonly heads: Pick<Heads, 'load'>
  readonly intake: Pick<Intake, 'owes' | 'paid'>
  readonly scan: (bytes: Uint8Array) => Promise<Scanned>
  readonly state: () => Promise<State>
  /** Something is missing before an edit. */
  readonly gap: () => void
  /** It may not write, now or ever. */
  readonly denied: (code: Code) => void
  /** The connection cannot go on. */
  readonly failed: (code: Code, detail: string) => void
}

interface Edit {
  n: number
  bytes: Uint8Array
  /** What the intake counts, whatever becomes of the bytes. */
  readonly owed: number
  readonly isAnswer: boolean
  /** What is stored has to be taken away first. */
  mustMend: boolean
  mends: number
  /** It was answered, and not for good. */
  again: boolean
}

export function createEdits(options: EditsOptions): Edits {
  const { space, document, subject, device, clock, committer, heads, intake } = options
  const owner = `y:${subject}`
  let queue: Edit[] = []
  let inFlight: Edit[] = []
  let nextN = 1
  let isOpen = true
  let isWaiting = false
  let isStormy = false
  let kind: string | undefined = options.kind ?? RAW
  let idlers: (() => void)[] = []
  let gapAskedAt: number | undefined
  let badSince: number | undefined
  let stopTimer = (): void => undefined

  const done = (edit: Edit): void => intake.paid(edit.owed)

  const isIdle = (): boolean => !isOpen || isStormy || (queue.length === 0 && inFlight.length === 0)

  const look = (): void => {
    if (!isIdle()) return
    for (const idler of idlers) idler()
    idlers = []
  }

  const run = async (): Promise<void> => {
    if (isWaiting) return
    isWaiting = true
    try {
      for (let edit = queue[0]; isOpen && edit !== undefined; edit = queue[0]) {
        if (inFlight.some(({ again }) => again)) break
        kind ??= (await heads.load(space, document)).head?.kind ?? RAW
        // Against what all before it leave behind.
        if (edit.mustMend && inFlight.length > 0) break
        if (edit.mustMend && !(await mend(edit))) {
          queue.shift()
          if (edit.isAnswer) gapAskedAt = undefined
          done(edit)
          continue
        }
        if (!isOpen) break
        queue.shift()
        inFlight.push(edit)
        hand(edit, kind)
      }
    } catch (error) {
      weather(error instanceof JoineryError ? error.code : 'UNAVAILABLE', WEATHER_MS)
      return
    } finally {
      isWaiting = false
      look()
    }
  }

  /** Leaves what is not stored yet; false when nothing is left, or it is no update. */
  const mend = async (edit: Edit): Promise<boolean> => {
    const scanned = await options.scan(edit.bytes)
    if (!scanned.ok) {
      if (scanned.code === 'UNAVAILABLE') throw new JoineryError('UNAVAILABLE')
      options.failed(scanned.code, scanned.detail)
      return false
    }
    const state = await options.state()
    if (state.seq > 0) {
      const lacking = await state.lackingOf(edit.bytes)
      if (lacking === undefined) return false
      edit.bytes = lacking
      edit.n = nextN++
    }
    edit.mustMend = false
    edit.mends += 1
    return true
  }

  const hand = (edit: Edit, kind: string): void => {
    edit.again = false
    committer.take({
      space,
      device,
      subject,
      owner,
      granted: false,
      entry: {
        n: edit.n,
        type: 'update',
        resupply: false,
        document,
        kind,
        engine: 'yjs',
        at: Math.floor(clock.now()),
        bytes: edit.bytes,
      },
      answer: answer => answered(edit, answer),
    })
  }

  const answered = (edit: Edit, answer: Answer): void => {
    if (!isOpen) return
    const isOver = answer.answer === 'acked' ? accepted(edit) : refused(edit, answer)
    if (isOver) {
      inFlight = inFlight.filter(one => one !== edit)
      done(edit)
    }
    settle()
    look()
  }

  const accepted = ({ isAnswer }: Edit): boolean => {
    badSince = undefined
    if (isAnswer) gapAskedAt = undefined
    return true
  }

  /** Whether that was the last word on it. */
  const refused = (edit: Edit, { code, detail, retryAfter }: Extract<Answer, { answer: 'refused' }>): boolean => {
    const isBehind = inFlight.some(one => one.again)
    switch (code) {
      case 'UNAVAILABLE':
      case 'QUOTA':
        edit.again = true
        weather(code, retryAfter)
        return false
      case 'GAP':
      case 'DELETES_UNKNOWN':
        if (isBehind) {
          edit.again = true
          return false
        }
        if (code === 'DELETES_UNKNOWN' && edit.isAnswer) options.failed(code, detail)
        else ask()
        return true
      case 'CONFLICTING_AUTHORSHIP':
        // Its own clocks again, in part perhaps; or another's, and then that is what is left.
        if (edit.mends >= MENDS || (edit.mends > 0 && detail.endsWith("another owner's"))) {
          options.failed(code, detail)
          return true
        }
        edit.again = true
        edit.mustMend = true
        return false
      case 'KIND_MISMATCH':
        // Begun elsewhere meanwhile, as another kind.
        if (edit.mends++ >= MENDS) {
          options.failed(code, detail)
          return true
        }
        kind = undefined
        edit.again = true
        return false
      case 'FORBIDDEN':
      case 'QUARANTINED':
        options.denied(code)
        return true
      case 'DEVICE_FORKED':
        // Nobody else has this name: what happened is unknown, and a new connection knows.
        options.failed('UNAVAILABLE', detail)
        return true
      default:
        options.failed(code, detail)
        return true
    }
  }

  const ask = (): void => {
    const now = clock.monotonic()
    if (gapAskedAt !== undefined && now - gapAskedAt < GAP_MS) return
    gapAskedAt = now
    options.gap()
  }

  /** Nothing is handed on for a while, and then all of it again. */
  const weather = (code: Code, retryAfter: number): void => {
    const now = clock.monotonic()
    badSince ??= now
    if (now - badSince > PATIENCE_MS || code === 'QUARANTINED' || code === 'GONE' || code === 'KIND_MISMATCH') {
      options.failed(code, 'cannot be saved now')
      return
    }
    stopTimer()
    stopTimer = clock.after(Math.max(retryAfter, WEATHER_MS), () => {
      stopTimer = () => undefined
      isStormy = false
      settle()
    })
    isStormy = true
    look()
  }

  /** Goes on with what has to be tried again, once all that was handed on is answered. */
  const settle = (): void => {
    if (!isOpen || isStormy) return
    if (inFlight.some(({ again }) => again)) {
      if (inFlight.some(({ again }) => !again)) return
      queue = [...inFlight, ...queue]
      inFlight = []
      for (const edit of queue) edit.again = false
    }
    void run()
  }

  return {
    take(bytes, isAnswer) {
      if (!isOpen) return
      const owed = bytes.length
      intake.owes(owed)
      const edit = { n: nextN++, bytes, owed, isAnswer, mustMend: isAnswer, mends: 0, again: false }
      if (kind !== undefined && !edit.mustMend && queue.length === 0 && !isWaiting && !isStormy) {
        if (!inFlight.some(({ again }) => again)) {
          inFlight.push(edit)
          hand(edit, kind)
          return
        }
      }
      queue.push(edit)
      if (!isStormy) void run()
    },
    idle: () => (isIdle() ? Promise.resolve() : new Promise(resolve => idlers.push(resolve))),
    end() {
      isOpen = false
      stopTimer()
      look()
      queue = []
      inFlight = []
    },
  }
}
