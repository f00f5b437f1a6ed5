/**
 * One stock client at work in one document. Laws:
 * - Nothing it says is read before it is known who it is and the document's head is.
 * - Every SyncStep1 is answered by one SyncStep2, and never before the document is loaded (S3).
 */
import { JoineryError, type Clock, type Code, type Role, type Store } from '@joinery/core'
import type { CommitLanes } from '../commit-lanes.ts'
import type { Scanned } from '../gate/gate.ts'
import type { Heads } from '../heads.ts'
import { createIntake } from '../intake.ts'
import type { RelayLimits } from '../limits.ts'
import { reasonOf, type Counters, type Log } from '../log.ts'
import { createOutlet } from '../outlet.ts'
import { sharedFrame, type SharedFrame, type Socket } from '../socket.ts'
import type { States } from '../state/states.ts'
import type { Channel } from './channel.ts'
import { closeOf, DOOR_CLOSE } from './close.ts'
import { createEdits, type Edits } from './edits.ts'
import {
  awarenessFrame,
  decodeDoorMessage,
  deniedFrame,
  EMPTY_UPDATE,
  stateVectorOf,
  step1Frame,
  step2Pieces,
  STILL_HERE,
} from './messages.ts'
import { Reader } from './reader.ts'

/** What may arrive before it is known who speaks. */
const EARLY_BYTES = 256 * 1_024
/** A stock client asks at once. */
const SILENT_MS = 5_000
/** y-websocket gives a connection up after 30 s without a message. */
const STILL_HERE_MS = 20_000
const SAID_STILL_HERE = sharedFrame(STILL_HERE)
const REPAIR_MS = 60_000
/** Answers to QueryAwareness are so far apart. */
const QUERY_MS = 1_000
/** SyncStep1s of one connection that wait for their answer; above it nothing more is read. */
const JOINS = 8

/** Who it is, and what of. */
export interface Admitted {
  readonly space: string
  readonly document: string
  readonly subject: string
  readonly role: Role
  /** What the document is, undefined while it is nothing. */
  readonly kind: string | undefined
  /** When its token ends, by the monotonic clock. */
  readonly until: number
  readonly channel: Channel
}

export interface DoorConnection {
  readonly id: string
  frame(bytes: Uint8Array): void
  closed(): void
  /** What was found out about it; it begins to be read. */
  admitted(admitted: Admitted): void
  end(close: number, reason: string): void
  /** A commit that moved the document to `seq`. */
  show(seq: number, frames: readonly SharedFrame[]): void
  /** Awareness. */
  tell(frame: SharedFrame): void
  /** As of now; undefined when it may not be here any more. */
  heardRole(role: Role | undefined): void
  tick(now: number): void
  /** Reads nothing more. */
  hold(): void
  /** Resolves when what it sent is answered. */
  idle(): Promise<void>
  who(): Admitted | undefined
  /** Whether it is read to from the store, behind others. */
  isLagging(): boolean
}

/** Of one connection. */
export interface ConnectionOwn {
  readonly id: string
  readonly socket: Socket
  readonly gone: (connection: DoorConnection) => void
}

/** The same for all of them. */
export interface ConnectionOptions {
  readonly clock: Clock
  readonly limits: RelayLimits
  /** The same, but that a frame may be of any size. */
  readonly unsplit: RelayLimits
  readonly store: Pick<Store, 'body'>
  readonly states: States
  readonly heads: Pick<Heads, 'load'>
  readonly committers: Pick<CommitLanes, 'of'>
  readonly scan: (bytes: Uint8Array) => Promise<Scanned>
  /** Runs a read of a body when it is its turn. */
  readonly reading: <T>(read: () => Promise<T>) => Promise<T>
  readonly log: Log
  readonly counters: Counters
}

export function createConnection(options: ConnectionOptions, own: ConnectionOwn): DoorConnection {
  const { clock, limits, states, log, counters } = options
  const { id, socket } = own
  const beganAt = clock.monotonic()
  let who: Admitted | undefined
  let role: Role | undefined
  let edits: Edits | undefined
  let early: Uint8Array[] = []
  let earlyBytes = 0
  let isOpen = true
  let joins = 0
  let joining: Promise<void> = Promise.resolve()
  /** As of the last tick. */
  let saidAt = beganAt
  let isDenied = false
  let askAgainAt: number | undefined
  let isQueried = false
  let isQueriedAgain = false

  const finish = (): void => {
    if (!isOpen) return
    isOpen = false
    early = []
    reader.close()
    edits?.end()
    outlet.close()
    own.gone(connection)
  }

  const end = (close: number, reason: string): void => {
    if (!isOpen) return
    counters.add('door-closed', reason)
    log.info('closing', { session: id, subject: who?.subject, code: close, reason })
    finish()
    socket.close(close, reason)
  }

  const failed = (code: Code, detail: string): void => {
    if (isOpen) log.info('refused', { session: id, subject: who?.subject, code, detail, space: who?.space })
    end(closeOf(code), code)
  }

  const outlet = createOutlet({
    socket,
    clock,
    limits: options.unsplit,
    counters,
    stuck(buffered) {
      counters.add('stuck')
      log.warn('stuck', { session: id, subject: who?.subject, buffered })
      end(DOOR_CLOSE.TRY_LATER, 'UNAVAILABLE')
    },
  })

  const intake = createIntake({
    socket,
    clock,
    limits,
    counters,
    waiting: () => isOpen && (who === undefined || joins > JOINS),
    throttled(isFirst) {
      counters.add('throttled')
      if (isFirst) log.info('throttled', { session: id, subject: who?.subject, reason: 'RATE_LIMITED' })
    },
  })
  intake.look()

  /** Asks the client for what is not stored. */
  const askForMissing = async ({ space, document }: Admitted): Promise<void> => {
    try {
      const { authors } = await options.heads.load(space, document)
      if (isOpen) outlet.send(step1Frame(stateVectorOf(authors.values())))
    } catch (error) {
      unreadable(error)
    }
  }

  const unreadable = (error: unknown): void => {
    const code = error instanceof JoineryError ? error.code : 'UNAVAILABLE'
    if (isOpen) log.warn('load-failed', { session: id, space: who?.space, ...reasonOf(error) })
    end(closeOf(code), code)
  }

  /** Said once: a stock client writes it on the console and goes on reading. */
  const denied = (code: Code): void => {
    if (code === 'QUARANTINED') askAgainAt ??= clock.monotonic() + REPAIR_MS
    if (isDenied) return
    isDenied = true
    counters.add('door-denied', code)
    outlet.send(
      deniedFrame(code === 'QUARANTINED' ? 'permission denied: the document is being repaired' : 'permission denied'),
    )
  }

  const reader = new Reader(options, outlet, unreadable)

  const answerStep1 = (stateVector: Uint8Array, admitted: Admitted): void => {
    joins += 1
    joining = joining.then(async () => {
      await outlet.room()
      reader.joins()
      try {
        if (isOpen) await answer(stateVector, admitted)
      } catch (error) {
        unreadable(error)
      }
      joins -= 1
      intake.look()
    })
  }

  const answer = async (stateVector: Uint8Array, admitted: Admitted): Promise<void> => {
    const state = await states.at(admitted.space, admitted.document)
    const missing = await state.missing(stateVector)
    if (!isOpen) return
    outlet.pieces(step2Pieces(missing))
    reader.joined(admitted, state.seq)
  }

  /** Made for the first edit: most who are here only read. */
  const editing = (admitted: Admitted): Edits =>
    createEdits({
      ...options,
      ...admitted,
      committer: options.committers.of(admitted.space),
      device: id,
      intake,
      state: () => states.at(admitted.space, admitted.document),
      speaksFor: client => admitted.channel.speaksFor(connection, client),
      isOthers: client => admitted.channel.isOthers(admitted.subject, client),
      gap: () => void askForMissing(admitted),
      denied(code) {
        if (code === 'FORBIDDEN') role = 'viewer'
        denied(code)
      },
      failed,
    })

  /** At once, and then as often as it is of use: the question has a byte, and the answer may have many. */
  const tellEverybody = (admitted: Admitted): void => {
    if (isQueried) {
      isQueriedAgain = true
      return
    }
    isQueried = true
    if (isOpen && !outlet.full()) outlet.send(awarenessFrame(admitted.channel.everybody() ?? Uint8Array.of(0)))
    clock.after(QUERY_MS, () => {
      isQueried = false
      if (!isQueriedAgain) return
      isQueriedAgain = false
      tellEverybody(admitted)
    })
  }

  const takeUpdate = (update: Uint8Array, isAnswer: boolean, admitted: Admitted): void => {
    if (update.length === EMPTY_UPDATE.length && update.every(byte => byte === 0)) return
    if (role !== 'viewer') {
      // The frame may be a piece of something larger, which would stay for as long as the edit does.
      edits ??= editing(admitted)
      edits.take(update.length > limits.inlineScanBytes ? update : pooled(update), isAnswer)
      return
    }
    // A stock client answers every SyncStep1 by itself; what it writes is another matter.
    if (!isAnswer) denied('FORBIDDEN')
  }

  const read = (bytes: Uint8Array, admitted: Admitted): void => {
    const message = decodeDoorMessage(bytes)
    if (message === undefined) {
      end(DOOR_CLOSE.BAD_FRAME, 'BAD_FRAME')
      return
    }
    switch (message.type) {
      case 'step1':
        answerStep1(message.stateVector.slice(), admitted)
        return
      case 'step2':
        takeUpdate(message.update, true, admitted)
        return
      case 'update':
        takeUpdate(message.update, false, admitted)
        return
      case 'awareness':
        counters.add('presence')
        if (!admitted.channel.heard(connection, admitted.subject, message.states)) {
          end(DOOR_CLOSE.BAD_FRAME, 'BAD_FRAME')
        }
        return
      case 'query-awareness':
        tellEverybody(admitted)
    }
  }

  const connection: DoorConnection = {
    id,
    who: () => who,
    isLagging: () => reader.isLagging,
    frame(bytes) {
      if (!isOpen) return
      intake.took(bytes.length)
      if (who !== undefined) {
        read(bytes, who)
        intake.look()
        return
      }
      early.push(bytes)
      earlyBytes += bytes.length
      if (earlyBytes > EARLY_BYTES) end(DOOR_CLOSE.TRY_LATER, 'RATE_LIMITED')
    },
    closed: finish,
    admitted(admitted) {
      if (!isOpen) return
      who = admitted
      role = admitted.role
      if (role !== 'viewer') void askForMissing(admitted)
      const everybody = admitted.channel.everybody()
      if (everybody !== undefined) outlet.send(awarenessFrame(everybody))
      const frames = early
      early = []
      for (const bytes of frames) if (isOpen) read(bytes, admitted)
      intake.look()
    },
    end,
    show(seq, frames) {
      if (who !== undefined) reader.show(who, seq, frames)
    },
    tell(frame) {
      // Goodbyes are forgotten by a stock client after 30 s by itself, and states are said again every 15.
      if (isOpen && !outlet.full()) outlet.share(frame)
    },
    heardRole(now) {
      if (!isOpen || who === undefined || now === role) return
      if (now === undefined) {
        end(DOOR_CLOSE.NOT_FOUND, 'NOT_FOUND')
        return
      }
      const mayWrite = role === 'viewer'
      role = now
      isDenied = false
      if (mayWrite && now !== 'viewer') void askForMissing(who)
    },
    tick(now) {
      if (outlet.hasSent()) saidAt = now
      // It may have a newer token by now: a stock client takes it from its `params` when it comes back.
      if (who !== undefined && now >= who.until) end(DOOR_CLOSE.TRY_LATER, 'UNAUTHENTICATED')
      else if (reader.isNew && joins === 0 && who !== undefined && now - beganAt > SILENT_MS)
        end(DOOR_CLOSE.TRY_LATER, 'UNAVAILABLE')
      else if (who !== undefined && askAgainAt !== undefined && now >= askAgainAt) {
        askAgainAt = undefined
        isDenied = false
        void askForMissing(who)
      } else if (now - saidAt >= STILL_HERE_MS) outlet.share(SAID_STILL_HERE)
    },
    hold: () => intake.stop(),
    idle: () => edits?.idle() ?? Promise.resolve(),
  }
  return connection
}

/** A copy in a slab that many share: a buffer for each costs more than all else that is done with a keystroke. */
function pooled(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(bytes)
  return new Uint8Array(buffer, byteOffset, length)
}
