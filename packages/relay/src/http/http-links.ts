/**
 * Links over HTTP: what stands in for a socket between one request and the next. Laws:
 * - A frame to the device is kept until it says that it has got it, and counts as not yet sent until then: who does not ask lags, and is
 *   read to from the log (T3).
 * - A frame from the device is taken once, whichever request brings it, and only while frames are taken: others it brings again.
 * - A newer request of a link ends the waiting of older ones. What was said last is said for a while, so a lost goodbye can be asked for.
 * - Nobody learns of a link but who opened it: its key is chance, and a wrong one is the same as none.
 * - Requests of one link have a rate of their own: what comes quicker waits, and what comes while some wait is told to come later.
 */
import { hex, type Clock, type Random } from '@joinery/core'
import type { Exchange } from '@joinery/core/protocol'
import { bucket, type Bucket } from '../bucket.ts'
import type { RelayLimits } from '../limits.ts'
import type { Counters } from '../log.ts'
import type { Socket } from '../socket.ts'
import type { Soon } from '../soon.ts'
import type { Place } from './admission.ts'

const KEY_BYTES = 24
const BEAT_MS = 5_000
/** With the beat, at most a minute without a request. */
const DEAD_MS = 55_000
/** How long a goodbye waits for a request that takes it. */
const GOODBYE_MS = 10_000
/** Frames of one answer, but always one. */
const ANSWER_BYTES = 1_048_576
/** Requests of one link that wait since they came too quickly. An honest client makes two at a time. */
const PACED = 4

export interface HttpEnd {
  readonly id?: string
  frame(bytes: Uint8Array): void
  /** The device ended it, or nobody asks any more. */
  closed(how: { readonly code: number; readonly reason: string }): void
}

export interface HttpLinks {
  /** The key of a new link. */
  open(place: Place): string
  /** Links now. */
  count(): number
  /** By what the lines of a link are found in the log. */
  session(key: string): string | undefined
  /**
   * Whether a link has been told something; undefined when there is none by this key, RATE_LIMITED when whoever is at this address asked for
   * too many.
   */
  greeted(key: string, from: string): Soon<boolean | undefined | 'RATE_LIMITED'>
  /** Takes what a request brings; answers as soon as there is something to say, and after `wait` ms at most. */
  exchange(key: string, asked: Exchange, wait: number): Promise<Exchange | 'NOT_FOUND' | 'RATE_LIMITED' | 'TOO_LARGE'>
}

interface HttpLink {
  readonly place: Place
  readonly rate: Bucket
  end: HttpEnd
  /** Frames for the device, and how many there were before these. */
  frames: Uint8Array[]
  before: number
  bytes: number
  taken: number
  requests: number
  paced: number
  isHeld: boolean
  closing: { readonly code: number; readonly reason: string } | undefined
  deadAt: number
  waiting: Set<() => void>
}

export function createHttpLinks(options: {
  readonly accept: (socket: Socket) => HttpEnd
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly limits: Pick<RelayLimits, 'requestsPerSecond' | 'burstRequests'>
}): HttpLinks {
  const { clock, counters, limits } = options
  const links = new Map<string, HttpLink>()

  const wake = (link: HttpLink): void => {
    for (const look of [...link.waiting]) look()
  }

  /** Resolves when something about the link is another, or the time is up. */
  const changed = (link: HttpLink, until: number): Promise<void> =>
    new Promise(resolve => {
      const look = (): void => {
        stop()
        link.waiting.delete(look)
        resolve()
      }
      const stop = clock.after(Math.max(0, until - clock.monotonic()), look)
      link.waiting.add(look)
    })

  const open = (place: Place): string => {
    const key = hex(options.random.bytes(KEY_BYTES))
    const link: HttpLink = {
      place,
      rate: bucket(limits.requestsPerSecond, limits.burstRequests, clock.monotonic()),
      end: { frame: () => {}, closed: () => {} },
      frames: [],
      before: 0,
      bytes: 0,
      taken: 0,
      requests: 0,
      paced: 0,
      isHeld: false,
      closing: undefined,
      deadAt: clock.monotonic() + DEAD_MS,
      waiting: new Set(),
    }
    links.set(key, link)
    link.end = options.accept({
      send(frame) {
        if (link.closing !== undefined) return
        link.frames.push(frame)
        link.bytes += frame.length
        wake(link)
      },
      close(code, reason) {
        link.closing ??= { code, reason }
        link.deadAt = clock.monotonic() + GOODBYE_MS
        wake(link)
      },
      buffered: () => link.bytes,
      hold(isHeld) {
        link.isHeld = isHeld
        wake(link)
      },
      known: () => place.known(),
    })
    if (links.size === 1) beatLater()
    return key
  }

  const forget = (key: string, link: HttpLink, how: { readonly code: number; readonly reason: string }): void => {
    links.delete(key)
    link.place.leave()
    if (link.closing === undefined) link.end.closed(how)
    link.closing ??= how
    link.frames = []
    link.bytes = 0
    wake(link)
  }

  const beat = (): void => {
    for (const [key, link] of links) {
      if (clock.monotonic() < link.deadAt) continue
      if (link.closing === undefined) counters.add('closed', 'SILENT')
      forget(key, link, { code: 1006, reason: '' })
    }
    if (links.size > 0) beatLater()
  }
  const beatLater = (): void => void clock.after(BEAT_MS, beat)

  /** What the device has got need not be kept. */
  const confirm = (link: HttpLink, got: number): void => {
    for (const frame of link.frames.splice(0, Math.max(0, got - link.before))) {
      link.before += 1
      link.bytes -= frame.length
    }
  }

  const answer = (link: HttpLink, isNewest: boolean): Exchange => {
    let bytes = 0
    const some = isNewest ? link.frames.filter(({ length }, at) => (bytes += length) <= ANSWER_BYTES || at === 0) : []
    const isAll = isNewest && some.length === link.frames.length
    const { code: close, reason } = (isAll && link.closing) || { code: 0, reason: '' }
    return { sent: link.before, got: link.taken, close, reason, frames: some }
  }

  const pace = async (link: HttpLink): Promise<void> => {
    const ms = link.rate.take(1, clock.monotonic())
    if (ms === 0) return
    counters.add('throttled')
    link.paced += 1
    await new Promise<void>(resolve => void clock.after(ms, resolve))
    link.paced -= 1
  }

  const exchange: HttpLinks['exchange'] = async (key, asked, wait) => {
    const link = links.get(key)
    if (link === undefined) return 'NOT_FOUND'
    if (link.paced >= PACED) return 'RATE_LIMITED'
    const mine = (link.requests += 1)
    await pace(link)
    const until = clock.monotonic() + wait
    const isNewest = (): boolean => mine === link.requests
    const hasTime = (): boolean => isNewest() && link.closing === undefined && clock.monotonic() < until
    if (link.closing === undefined) link.deadAt = clock.monotonic() + DEAD_MS + wait
    confirm(link, asked.got)
    wake(link)
    for (;;) {
      const frame = asked.frames[link.taken - asked.sent]
      if (frame === undefined || link.closing !== undefined) break
      if (!link.isHeld) {
        link.taken += 1
        link.end.frame(frame)
      } else if (hasTime()) await changed(link, until)
      else break
    }
    if (asked.close > 0) forget(key, link, { code: asked.close, reason: asked.reason })
    while (link.frames.length === 0 && hasTime()) await changed(link, until)
    // What is said in one breath goes in one answer.
    await new Promise<void>(resolve => void clock.after(0, resolve))
    return answer(link, isNewest())
  }

  return {
    open,
    count: () => links.size,
    session: key => links.get(key)?.end.id,
    greeted: key => {
      const link = links.get(key)
      return link && link.before > 0
    },
    exchange,
  }
}
