/**
 * Who may come in, and when: every connection, however it comes, asks here first. Laws (WS-13, WS-17, T4):
 * - So many a second and no more, whatever the clients do: after a restart, or of a proxy in front, they all come at once.
 * - Who comes while there are more waits, and how many may wait is bounded. When too many do, one of the address that most of them have is
 *   told to come back, at a time that chance says, so that they do not all come back together.
 * - Addresses take turns. Those who have not said who they are may hold only so many places of one address.
 * - Nobody who is in is put out for anybody.
 */
import type { Clock, Random } from '@joinery/core'
import type { RelayLimits } from '../limits.ts'
import type { Counters } from '../log.ts'

const TURN_MS = 10
/** A turn that comes late, since there is much to do, brings no more than so many times its share. */
const LATE_TURNS = 2
const COME_BACK_S = 5

/** Of one connection, from its beginning to its end. */
export interface Place {
  /** Whoever it is has been found out. */
  known(): void
  leave(): void
}

/** Seconds to stay away. */
export type Later = number

export interface Admission {
  /**
   * Answers once, now or when it is its turn, but not after what it gives was called. Addresses are compared as they are.
   */
  ask(address: string, answer: (place: Place | Later) => void): () => void
  /** Whoever waits, and asks from now on, is told to come back. */
  close(): void
}

interface Waiting {
  readonly address: string
  readonly answer: (place: Place | Later) => void
}

export function createAdmission(options: {
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly limits: Pick<
    RelayLimits,
    'connections' | 'strangersPerAddress' | 'admissionsPerSecond' | 'admissionBurst' | 'waitingConnections'
  >
}): Admission {
  const { clock, random, counters, limits } = options
  const queuesByAddress = new Map<string, Waiting[]>()
  const strangersByAddress = new Map<string, number>()
  let waiting = 0
  let taken = 0
  let tokens = limits.admissionBurst
  let filledAt = clock.monotonic()
  let stopTurns: (() => void) | undefined
  let isOpen = true

  const later = (): Later => 1 + Math.floor(random.number() * COME_BACK_S)

  const count = (address: string, by: number): void => {
    const strangers = (strangersByAddress.get(address) ?? 0) + by
    if (strangers === 0) strangersByAddress.delete(address)
    else strangersByAddress.set(address, strangers)
  }

  const place = (address: string): Place => {
    taken += 1
    count(address, 1)
    return new Taken(address, known, leave)
  }

  const known = (one: Taken): void => {
    if (one.isStranger) count(one.address, -1)
    one.isStranger = false
  }

  const leave = (one: Taken): void => {
    known(one)
    if (one.isTaken) taken -= 1
    one.isTaken = false
  }

  const isFull = (address: string): boolean =>
    taken >= limits.connections || (strangersByAddress.get(address) ?? 0) >= limits.strangersPerAddress

  const fill = (): void => {
    const now = clock.monotonic()
    tokens = Math.min(limits.admissionBurst, tokens + ((now - filledAt) * limits.admissionsPerSecond) / 1_000)
    filledAt = now
  }

  const decide = (address: string): Place | Later => {
    if (isFull(address)) {
      counters.add('not-admitted', 'full')
      return later()
    }
    tokens -= 1
    return place(address)
  }

  /** Of an address: its oldest, or its newest. */
  const takeFrom = (address: string, end: 'oldest' | 'newest'): Waiting | undefined => {
    const queue = queuesByAddress.get(address) ?? []
    const one = end === 'oldest' ? queue.shift() : queue.pop()
    if (one !== undefined) waiting -= 1
    queuesByAddress.delete(address)
    if (queue.length > 0) queuesByAddress.set(address, queue)
    return one
  }

  const turn = (): void => {
    stopTurns = undefined
    fill()
    const most = Math.max(1, (LATE_TURNS * TURN_MS * limits.admissionsPerSecond) / 1_000)
    for (let admitted = 0; admitted < most && tokens >= 1 && waiting > 0; admitted++) {
      const [address] = queuesByAddress.keys()
      const one = address === undefined ? undefined : takeFrom(address, 'oldest')
      one?.answer(decide(one.address))
    }
    turnLater()
  }
  const turnLater = (): void => {
    if (waiting > 0) stopTurns ??= clock.after(TURN_MS, turn)
  }

  const longest = (): string | undefined => {
    let most: { readonly address: string; readonly length: number } | undefined
    for (const [address, { length }] of queuesByAddress) if (length > (most?.length ?? 0)) most = { address, length }
    return most?.address
  }

  const giveWay = (): void => {
    const address = longest()
    counters.add('not-admitted', 'queue')
    if (address !== undefined) takeFrom(address, 'newest')?.answer(later())
  }

  return {
    ask(address, answer) {
      fill()
      if (!isOpen || isFull(address)) {
        counters.add('not-admitted', isOpen ? 'full' : 'stopping')
        answer(later())
        return nothing
      }
      if (waiting === 0 && tokens >= 1) {
        answer(decide(address))
        return nothing
      }
      const one: Waiting = { address, answer }
      const queue = queuesByAddress.get(address)
      if (queue === undefined) queuesByAddress.set(address, [one])
      else queue.push(one)
      waiting += 1
      turnLater()
      if (waiting > limits.waitingConnections) giveWay()
      return () => {
        const others = queuesByAddress.get(address) ?? []
        const at = others.indexOf(one)
        if (at < 0) return
        others.splice(at, 1)
        waiting -= 1
        if (others.length === 0) queuesByAddress.delete(address)
      }
    },
    close() {
      isOpen = false
      stopTurns?.()
      const left = [...queuesByAddress.values()].flat()
      queuesByAddress.clear()
      waiting = 0
      counters.add('not-admitted', 'stopping', left.length)
      for (const { answer } of left) answer(later())
    },
  }
}

/** A class, since there is one for each connection, for as long as that lasts. */
class Taken implements Place {
  readonly address: string
  readonly #known: (one: Taken) => void
  readonly #leave: (one: Taken) => void
  isStranger = true
  isTaken = true

  constructor(address: string, known: (one: Taken) => void, leave: (one: Taken) => void) {
    this.address = address
    this.#known = known
    this.#leave = leave
  }

  known(): void {
    this.#known(this)
  }

  leave(): void {
    this.#leave(this)
  }
}

function nothing(): void {
  // It was answered: there is nothing to forget.
}
