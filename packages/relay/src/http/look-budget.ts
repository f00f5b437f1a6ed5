/**
 * How often other nodes are asked for a link. Laws (T3, T4):
 * - A key that nobody knows may be made up by anybody: of one address so many a second are looked for and no more, of one address and of
 *   all so many at the same time. One that is found costs its address nothing.
 * - A key that was found before is looked for as often as its link may be asked, whatever others of its address do.
 */
import type { Clock } from '@joinery/core'
import { boundedMap } from '../bounded-map.ts'
import { bucket, type Bucket } from '../bucket.ts'
import type { RelayLimits } from '../limits.ts'

/** Keys of one address that are not found. */
const PER_SECOND = 8
const BURST = 128
const ADDRESSES = 4_096
/** Keys that nobody knows yet, at the same time: of all addresses, and of one. */
const AT_ONCE = 512
const ADDRESS_AT_ONCE = 32
const FOUND = 16_384
/** Its own node makes who comes too quickly wait: what is told to come back here is none of those. */
const SHARE = 2

export interface LookBudget {
  /** Whether the key was found before. */
  isFound(key: string): boolean
  /** What `ask` finds out; it is not called when there were too many. */
  look(
    key: string,
    from: string,
    ask: () => Promise<boolean | undefined>,
  ): Promise<boolean | undefined | 'RATE_LIMITED'>
}

export function createLookBudget(
  clock: Clock,
  limits: Pick<RelayLimits, 'requestsPerSecond' | 'burstRequests'>,
): LookBudget {
  const addresses = boundedMap<Bucket>(ADDRESSES)
  const foundKeys = boundedMap<Bucket>(FOUND)
  const waitingByAddress = new Map<string, number>()
  let waiting = 0

  const bucketOf = (address: string): Bucket => {
    const known = addresses.get(address)
    if (known !== undefined) return known
    const made = bucket(PER_SECOND, BURST, clock.monotonic())
    addresses.set(address, made)
    return made
  }

  const give = (tokens: Bucket): void => void tokens.take(-1, clock.monotonic())
  const take = (tokens: Bucket): boolean => {
    const isThere = tokens.take(1, clock.monotonic()) === 0
    if (!isThere) give(tokens)
    return isThere
  }

  const wait = (address: string, more: 1 | -1): void => {
    waiting += more
    const left = waitingOf(address) + more
    if (left > 0) waitingByAddress.set(address, left)
    else waitingByAddress.delete(address)
  }
  const waitingOf = (address: string): number => waitingByAddress.get(address) ?? 0

  return {
    isFound: key => foundKeys.get(key) !== undefined,
    async look(key, from, ask) {
      const found = foundKeys.get(key)
      if (found !== undefined) {
        if (!take(found)) return 'RATE_LIMITED'
        const seen = await ask()
        if (seen === undefined) foundKeys.delete(key)
        return seen
      }
      const tokens = bucketOf(from)
      if (waiting >= AT_ONCE || waitingOf(from) >= ADDRESS_AT_ONCE || !take(tokens)) return 'RATE_LIMITED'
      wait(from, 1)
      try {
        const seen = await ask()
        if (seen === undefined) return undefined
        give(tokens)
        const [perSecond, burst] = [SHARE * limits.requestsPerSecond, SHARE * limits.burstRequests]
        foundKeys.set(key, bucket(perSecond, burst, clock.monotonic()))
        return seen
      } finally {
        wait(from, -1)
      }
    },
  }
}
