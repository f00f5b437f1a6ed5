/**
 * One connection at work: feeds its session what happens and performs what the session says. Laws:
 * - The session decides, this does; the table of effects is total.
 * - S1: acks are sent in the order of their commits, one message for a batch; what was refused in it goes out with them.
 * - After its end nothing is sent, and what comes back from elsewhere for it is dropped.
 */
import { hex, JoineryError, type Clock, type Code, type Random } from '@joinery/core'
import { CLOSE, encodeMessage, type PushedEntry, type RelayMessage } from '@joinery/core/protocol'
import { session, type Access, type SessionEffect, type SessionEvent } from '@joinery/core/sync'
import type { Spaces } from './access/spaces.ts'
import { personalSpaceOf } from './access/personal.ts'
import type { Verify } from './access/tokens.ts'
import { bodiesFor, type BodiesOptions } from './bodies.ts'
import type { CommitLanes } from './commit-lanes.ts'
import type { Hub } from './hub.ts'
import { createIntake } from './intake.ts'
import type { RelayLimits } from './limits.ts'
import { reasonOf, withFields, type Counters, type Log } from './log.ts'
import { createOutlet } from './outlet.ts'
import type { Reader } from './pump.ts'
import type { Socket } from './socket.ts'
import type { Wants } from './wants.ts'

const SESSION_BYTES = 12

export interface Link {
  readonly id: string
  frame(bytes: Uint8Array): void
  closed(): void
  end(code: Code, close: number, retryAfter: number): void
  /** Reads no more; what is committed meanwhile is still answered. */
  hold(): void
  /** Sends the answers that have gathered. */
  flush(): void
  /** Spaces in use, by the name that the client gave them. */
  accesses(): ReadonlyMap<string, Access>
  subject(): string | undefined
  heardAccess(name: string, access: Access | Code): void
}

export interface LinkOptions {
  readonly socket: Socket
  readonly clock: Clock
  readonly random: Random
  readonly limits: RelayLimits
  readonly verify: Verify
  readonly spaces: Spaces
  readonly committers: Pick<CommitLanes, 'of'>
  readonly hub: Hub
  readonly wants: Wants
  readonly bodies: BodiesOptions
  readonly log: Log
  readonly counters: Counters
  readonly clockId: string
  /** Whether it is looked at when frames come. */
  readonly isTraced: boolean
  /** The session has a device now: an older one of the same device ends. */
  readonly greeted: (link: Link, subject: string, device: string) => void
  /** Answers are waiting for `flush`. */
  readonly dirty: (link: Link) => void
  readonly gone: (link: Link) => void
}

export function createLink(options: LinkOptions): Link {
  const { socket, clock, limits, hub, committers, counters } = options
  const id = hex(options.random.bytes(SESSION_BYTES))
  const log = withFields(options.log, { session: id })
  const machine = session(limits, clock.monotonic())
  const accessByName = new Map<string, Access>()
  const acksBySpace = new Map<string, { n: number; seq: number }[]>()
  let refusals: RelayMessage[] = []
  const said = new Set<string>()
  /** Spaces in which the device's newest cursor was compared with the log. */
  const comparedIn = new Set<string>()
  /** Whether a space could not be opened, or its watch not begun, since the store failed. */
  let hasFailed = false
  /** Of spaces whose watch has not begun. */
  const pushesBySpace = new Map<string, PushedEntry[]>()
  let subject: string | undefined
  let device = ''
  let isOpen = true
  let receivedAt: number | undefined
  let queries = 0
  let query: Promise<void> = Promise.resolve()
  let stopTick = (): void => undefined

  const handle = (event: SessionEvent): void => {
    if (!isOpen) return
    for (const effect of machine.handle(event, clock.monotonic())) perform(effect)
    stopTick()
    const wakeAt = isOpen ? machine.wakeAt() : undefined
    if (wakeAt !== undefined)
      stopTick = clock.after(Math.max(0, wakeAt - clock.monotonic()), () => handle({ type: 'tick' }))
    intake.look()
  }

  const end = (code: Code, close: number, retryAfter: number): void => handle({ type: 'end', code, close, retryAfter })

  const outlet = createOutlet({
    socket,
    clock,
    limits,
    counters,
    stuck(buffered) {
      counters.add('stuck')
      log.warn('stuck', { subject, buffered })
      end('UNAVAILABLE', CLOSE.TRY_LATER, 1_000)
    },
  })
  const reader: Reader = { session: id, send: outlet.send, full: outlet.full, room: outlet.room }
  const send = (message: RelayMessage): void => outlet.send(encodeMessage(message))

  const intake = createIntake({
    socket,
    clock,
    limits,
    counters,
    waiting: () => isOpen && machine.waiting(),
    throttled(isFirst) {
      counters.add('throttled')
      if (isFirst) log.info('throttled', { session: id, subject, reason: 'RATE_LIMITED' })
    },
  })

  const verify = async (token: string): Promise<void> => {
    try {
      const identity = await options.verify(token)
      const wall = Math.floor(clock.now())
      handle({ type: 'verified', ...identity, session: id, personal: personalSpaceOf(identity.subject), wall })
    } catch (error) {
      const code = error instanceof JoineryError && error.code === 'UNAUTHENTICATED' ? error.code : 'UNAVAILABLE'
      counters.add('unverified', code)
      log.warn('unverified', { ...reasonOf(error), code })
      handle({ type: 'unverified', code })
    }
  }

  const admit = async (name: string): Promise<void> => {
    let access: Access | Code
    try {
      access = (await options.spaces.open(subject ?? '', name)) ?? 'NOT_FOUND'
    } catch (error) {
      log.warn('admit-failed', reasonOf(error))
      hasFailed = true
      access = 'UNAVAILABLE'
    }
    heardAccess(name, access)
  }

  const heardAccess = (name: string, access: Access | Code): void => {
    if (typeof access === 'string') accessByName.delete(name)
    else accessByName.set(name, access)
    handle({ type: 'access', name, access })
  }

  const push = (space: string, entry: PushedEntry): void => {
    const { n, document, bytes } = entry
    const who = { device, subject: subject ?? '' }
    committers.of(space).take({
      space,
      entry,
      session: id,
      receivedAt,
      ...who,
      granted: options.wants.granted(space, who.subject, device),
      isUnsure: hasFailed && !comparedIn.has(space),
      answer(answer) {
        if (answer.answer === 'acked') {
          const acks = acksBySpace.get(space)
          if (acks === undefined) acksBySpace.set(space, [{ n, seq: answer.seq }])
          else acks.push({ n, seq: answer.seq })
          options.dirty(link)
        } else {
          const { code, retryAfter, detail } = answer
          logRefusal(code, detail, space, document)
          refusals.push({ type: 'refused', space, document, n, code, retryAfter })
          options.dirty(link)
        }
        intake.paid(bytes.length)
      },
    })
  }

  const release = (space: string): void => {
    const waiting = pushesBySpace.get(space) ?? []
    pushesBySpace.delete(space)
    if (isOpen) for (const entry of waiting) push(space, entry)
  }

  /** Once a session, code and document: whoever is refused a thousand times is counted a thousand times and logged once. */
  const logRefusal = (code: Code, detail: string, space: string, document: string | undefined): void => {
    const key = `${code} ${space} ${document}`
    if (said.has(key) || said.size >= 100) return
    said.add(key)
    log.info('refused', { subject, device, code, detail, space, document })
  }

  /** Questions of one connection are answered one after the other, when it has room for the answer. */
  const ask = (space: string, document: string | undefined, answers: () => Promise<readonly RelayMessage[]>): void => {
    const no = (code: Code): void => send({ type: 'refused', space, document, n: undefined, code, retryAfter: 1_000 })
    if (queries >= limits.fetchesPerSession) {
      no('RATE_LIMITED')
      return
    }
    queries += 1
    query = query.then(async () => {
      await outlet.room()
      try {
        if (isOpen) for (const message of await answers()) send(message)
      } catch (error) {
        log.warn('load-failed', { space, document, ...reasonOf(error) })
        no(error instanceof JoineryError ? error.code : 'UNAVAILABLE')
      }
      queries -= 1
    })
  }

  const effects: { readonly [D in SessionEffect['do']]: (effect: Extract<SessionEffect, { do: D }>) => void } = {
    'verify': ({ token }) => void verify(token),
    'greet': effect => {
      subject = effect.subject
      device = effect.device
      counters.add('welcomed', `${effect.version}`)
      log.info('linked', { subject, device, version: effect.version })
      socket.known?.()
      options.greeted(link, subject, device)
    },
    'send': ({ message }) => {
      if (message.type === 'refused') counters.add('answered', message.code)
      send(message)
    },
    'close': ({ code, reason }) => {
      counters.add('closed', reason)
      log.info('closing', { subject, code, reason })
      finish()
      socket.close(code, reason)
    },
    'admit': ({ name }) => void admit(name),
    'watch': ({ space, cursor }) => {
      // What is pushed behind it is judged by whether the cursor fits, so it waits until that is known (R4).
      pushesBySpace.set(space, pushesBySpace.get(space) ?? [])
      comparedIn.delete(space)
      hub.watch(reader, space, cursor, {
        begun(reset) {
          comparedIn.add(space)
          if (reset) {
            counters.add('unfit')
            log.warn('cursor-unfit', { subject, device, space, epoch: cursor?.epoch, seq: cursor?.seq })
            options.wants.grant(space, subject ?? '', device)
          }
          release(space)
        },
        damaged: document =>
          send({ type: 'refused', space, document, n: undefined, code: 'QUARANTINED', retryAfter: 60_000 }),
        failed(code) {
          hasFailed = true
          send({ type: 'refused', space, document: undefined, n: undefined, code, retryAfter: 1_000 })
          release(space)
        },
      })
    },
    'leave': ({ space }) => {
      hub.leave(reader, space)
      release(space)
    },
    'push': ({ space, entries }) => {
      const waiting = pushesBySpace.get(space)
      for (const entry of entries) {
        intake.owes(entry.bytes.length)
        if (waiting === undefined) push(space, entry)
        else waiting.push(entry)
      }
    },
    'fetch': ({ space, document, before }) =>
      ask(space, document, async () => {
        const answers = await bodiesFor(options.bodies, space, document, before)
        if (document === undefined) await hub.inStep(reader, space)
        return answers
      }),
    'have': ({ space, documents }) =>
      ask(space, undefined, () => options.wants.answer(space, subject ?? '', device, documents)),
    'presence': ({ space, document, clock: at, state }) => {
      const isTaken = hub.present(reader, subject ?? '', space, document, at, state)
      counters.add(isTaken ? 'presence' : 'presence-dropped')
    },
    'tell-time': ({ id: question }) =>
      send({
        type: 'clock',
        id: question,
        monotonic: Math.floor(clock.monotonic() * 1_000),
        wall: Math.floor(clock.now()),
        clockId: options.clockId,
      }),
  }

  const perform = (effect: SessionEffect): void => {
    const row: (effect: never) => void = effects[effect.do]
    row(effect as never)
  }

  const finish = (): void => {
    if (!isOpen) return
    isOpen = false
    stopTick()
    outlet.close()
    hub.gone(reader)
    options.gone(link)
  }

  const link: Link = {
    id,
    frame(bytes) {
      if (!isOpen) return
      intake.took(bytes.length)
      if (options.isTraced) receivedAt = clock.monotonic()
      handle({ type: 'frame', bytes })
    },
    closed: finish,
    end,
    hold: () => intake.stop(),
    flush() {
      for (const [space, entries] of acksBySpace) send({ type: 'ack', space, entries })
      acksBySpace.clear()
      const [only, ...others] = refusals
      if (only === undefined) return
      refusals = []
      const sendAll = (): void => [only, ...others].forEach(send)
      if (others.length === 0 || socket.together === undefined) sendAll()
      else socket.together(sendAll)
    },
    accesses: () => accessByName,
    subject: () => subject,
    heardAccess,
  }
  handle({ type: 'tick' })
  return link
}
