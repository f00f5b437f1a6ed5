/**
 * Edits of one connection on their way into the log. Laws:
 * - In order, one entry at a time: what has arrived when a commit is put together is joined on bytes and is one entry of it, so who types
 *   quicker than the disk costs an entry a commit, and not one a keystroke.
 * - What was joined and is refused is tried again one by one: an edit is refused for what is in it alone.
 * - CR-08, CR-09: what somebody writes under the id that another goes by is refused; and where somebody else's writes stand under his own, he
 *   is told, and what he wrote is not taken for stored. What a SyncStep2 brings may be anybody's: after a loss each brings what all had.
 * - What a SyncStep2 brings is stored without what is stored already, and nothing when nothing is left (D3): a reconnect adds nothing.
 * - CR-04: the first gap asks for what is missing, by one SyncStep1; what has a gap is dropped until that is answered, and asked for once more
 *   after a while when no answer brought it. The client has it, and perhaps nothing else to say.
 *   Of an answer that brings what its client could not place either, what fits is stored: the rest is no more than pending there.
 * - Weather keeps an edit and tries again for a while; then the connection ends and the client comes back with it.
 */
import { JoineryError, type Clock, type Code } from '@joinery/core'
import { A_SKIP, joinUpdates, partsOf } from '@joinery/core/gate'
import type { Committer } from '../committer.ts'
import type { Scanned } from '../gate/gate.ts'
import type { Heads, HeldDocument } from '../heads.ts'
import type { Intake } from '../intake.ts'
import type { Answer } from '../job.ts'
import type { RelayLimits } from '../limits.ts'
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
  readonly committer: Pick<Committer, 'take' | 'soon' | 'came'>
  readonly heads: Pick<Heads, 'load'>
  readonly intake: Pick<Intake, 'owes' | 'paid'>
  readonly limits: Pick<RelayLimits, 'inlineScanBytes'>
  readonly scan: (bytes: Uint8Array) => Promise<Scanned>
  readonly state: () => Promise<State>
  /** Whether a client id is the one that this connection goes by. */
  readonly speaksFor: (client: number) => boolean
  /** Whether it is one that another subject goes by. */
  readonly isOthers: (client: number) => boolean
  /** Something is missing before an edit. */
  readonly gap: () => void
  /** It may not write, now or ever. */
  readonly denied: (code: Code) => void
  /** The connection cannot go on. */
  readonly failed: (code: Code, detail: string) => void
}

interface Edit {
  bytes: Uint8Array
  /** What the intake counts, whatever becomes of the bytes. */
  readonly owed: number
  readonly isAnswer: boolean
  /** What is stored has to be taken away first. */
  mustMend: boolean
  mends: number
  /** It brings more than fits: the rest is left out. */
  mustFit: boolean
  /** Not to be joined with others. */
  isAlone: boolean
}

/** What is one entry. */
interface Group {
  readonly n: number
  readonly edits: readonly Edit[]
  readonly bytes: Uint8Array
}

export function createEdits(options: EditsOptions): Edits {
  const { space, document, subject, device, clock, committer, heads, intake, limits } = options
  const owner = `y:${subject}`
  let queue: Edit[] = []
  let inFlight: Group | undefined
  let nextN = 1
  let isOpen = true
  let isRunning = false
  let isStormy = false
  let kind: string | undefined = options.kind ?? RAW
  let idlers: (() => void)[] = []
  let gapAskedAt: number | undefined
  let badSince: number | undefined
  let stopTimer = (): void => undefined
  /** While it is to be asked again. */
  let stopAsking: (() => void) | undefined

  const done = (edit: Edit): void => intake.paid(edit.owed)

  const isIdle = (): boolean => !isOpen || isStormy || (queue.length === 0 && inFlight === undefined)

  const look = (): void => {
    if (!isIdle()) return
    for (const idler of idlers) idler()
    idlers = []
  }

  const run = async (): Promise<void> => {
    if (isRunning) return
    isRunning = true
    try {
      for (let edit = queue[0]; isOpen && inFlight === undefined && edit !== undefined; edit = queue[0]) {
        kind ??= (await heads.load(space, document)).head?.kind ?? RAW
        if (edit.mustMend && !(await mend(edit))) {
          queue.shift()
          if (edit.isAnswer && !edit.mustFit) gapAskedAt = undefined
          done(edit)
          continue
        }
        const known = kind
        await new Promise<void>(given =>
          committer.soon(() => {
            if (isOpen) hand((inFlight = nextGroup()), known)
            given()
          }),
        )
      }
    } catch (error) {
      weather(error instanceof JoineryError ? error.code : 'UNAVAILABLE', WEATHER_MS)
    } finally {
      isRunning = false
      look()
    }
  }

  /** Takes from the queue what can be one entry, small enough to be scanned at once. */
  const nextGroup = (): Group => {
    let count = 0
    let size = 0
    for (const edit of queue) {
      size += edit.bytes.length
      const isJoined = count === 0 || !(edit.isAlone || edit.mustMend || size > limits.inlineScanBytes)
      if (!isJoined) break
      count += 1
      if (edit.isAlone) break
    }
    const bytes = joinUpdates(queue.slice(0, count).map(edit => edit.bytes))
    const edits = queue.splice(0, bytes === undefined ? 1 : count)
    return { n: nextN++, edits, bytes: bytes ?? (edits[0] as Edit).bytes }
  }

  /** Leaves what is not stored yet; false when nothing is left, or it is no update. */
  const mend = async (edit: Edit): Promise<boolean> => {
    const scanned = await options.scan(edit.bytes)
    if (!scanned.ok && scanned.detail === A_SKIP) edit.mustFit = true
    else if (!scanned.ok) {
      if (scanned.code === 'UNAVAILABLE') throw new JoineryError('UNAVAILABLE')
      options.failed(scanned.code, scanned.detail)
      return false
    }
    const taken = await takenName(edit.bytes)
    if (taken !== undefined) {
      options.failed('CONFLICTING_AUTHORSHIP', `author ${taken} is another owner's`)
      return false
    }
    const state = await options.state()
    if (state.seq > 0 || edit.mustFit) {
      const clocks = edit.mustFit ? clocksOf(await heads.load(space, document)) : undefined
      const lacking = await state.lackingOf(edit.bytes, clocks)
      if (lacking === undefined) return false
      edit.bytes = lacking
    }
    edit.mustMend = false
    edit.mends += 1
    return true
  }

  /** The id that this connection goes by, of something in an update, when somebody else has written under it. Not looked for in what is large. */
  const takenName = async (bytes: Uint8Array): Promise<number | undefined> => {
    if (bytes.length > limits.inlineScanBytes) return undefined
    const own = partsOf(bytes)?.runs.find(({ author }) => options.speaksFor(author))?.author
    if (own === undefined) return undefined
    const { authors } = await heads.load(space, document)
    const bound = authors.get(String(own))?.owner ?? ''
    return bound === '' || bound === owner ? undefined : own
  }

  const hand = (group: Group, kind: string): void => {
    const isAnswer = group.edits.some(edit => edit.isAnswer)
    committer.take({
      space,
      device,
      subject,
      owner,
      granted: false,
      // What a client has may be others', who come with more of it: only the name that he goes by here is his.
      isGiven: true,
      binds: isAnswer ? options.speaksFor : undefined,
      isOthers: isAnswer ? undefined : options.isOthers,
      entry: {
        n: group.n,
        type: 'update',
        resupply: false,
        document,
        kind,
        engine: 'yjs',
        at: Math.floor(clock.now()),
        bytes: group.bytes,
      },
      answer: answer => answered(group, answer),
    })
  }

  const answered = (group: Group, answer: Answer): void => {
    if (!isOpen) return
    const [only, ...others] = group.edits
    if (answer.answer === 'acked') {
      badSince = undefined
      if (group.edits.some(({ isAnswer, mustFit }) => isAnswer && !mustFit)) gapAskedAt = undefined
    } else if (isWeather(answer.code)) {
      weather(answer.code, answer.retryAfter)
      return
    } else if (others.length > 0) {
      for (const edit of group.edits) edit.isAlone = true
      again(group)
      return
    } else if (only !== undefined && !refused(only, answer)) {
      again(group)
      return
    }
    inFlight = undefined
    for (const edit of group.edits) done(edit)
    next()
    look()
  }

  /** As if it had not been handed on. */
  const again = (group: Group): void => {
    queue = [...group.edits, ...queue]
    inFlight = undefined
    next()
  }

  /** Whether that was the last word on it. */
  const refused = (edit: Edit, { code, detail }: Extract<Answer, { answer: 'refused' }>): boolean => {
    switch (code) {
      case 'GAP':
      case 'DELETES_UNKNOWN':
        if (!edit.isAnswer || edit.mends >= MENDS) {
          ask()
          return true
        }
        edit.mustFit = true
        edit.mustMend = true
        return false
      case 'BAD_UPDATE':
        if (detail === A_SKIP) ask()
        else options.failed(code, detail)
        return true
      case 'CONFLICTING_AUTHORSHIP':
        // Its own clocks again, in part perhaps; or another's, and then that is what is left.
        if (edit.mends >= MENDS || (edit.mends > 0 && detail.endsWith("another owner's"))) {
          options.failed(code, detail)
          return true
        }
        edit.mustMend = true
        return false
      case 'KIND_MISMATCH':
        // Begun elsewhere meanwhile, as another kind.
        if (edit.mends++ >= MENDS) {
          options.failed(code, detail)
          return true
        }
        kind = undefined
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
    const left = gapAskedAt === undefined ? 0 : gapAskedAt + GAP_MS - now
    if (left <= 0) {
      gapAskedAt = now
      options.gap()
      return
    }
    stopAsking ??= clock.after(left, () => {
      stopAsking = undefined
      if (gapAskedAt !== undefined) ask()
    })
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
      // Under the same name, so that what was written after all is found by it.
      if (inFlight === undefined) next()
      else hand(inFlight, kind ?? RAW)
    })
    isStormy = true
    look()
  }

  const next = (): void => {
    if (isOpen && !isStormy && inFlight === undefined && queue.length > 0) void run()
  }

  return {
    take(bytes, isAnswer) {
      if (!isOpen) return
      const owed = bytes.length
      intake.owes(owed)
      committer.came()
      queue.push({ bytes, owed, isAnswer, mustMend: isAnswer, mends: 0, mustFit: false, isAlone: isAnswer })
      next()
    },
    idle: () => (isIdle() ? Promise.resolve() : new Promise(resolve => idlers.push(resolve))),
    end() {
      isOpen = false
      stopTimer()
      stopAsking?.()
      look()
      queue = []
      inFlight = undefined
    },
  }
}

function clocksOf({ authors }: HeldDocument): ReadonlyMap<number, number> {
  return new Map(Array.from(authors.values(), ({ author, clock }) => [Number(author), clock]))
}

function isWeather(code: Code): boolean {
  return code === 'UNAVAILABLE' || code === 'QUOTA'
}
