/**
 * Fewer lines than a stranger can cause. Laws:
 * - Of each event with its reason a few lines at once, then one a second; how many were left out stands in the next one.
 * - What is left out is counted by event, so nothing happens unseen.
 */
import type { Clock } from '@joinery/core'
import { boundedMap } from '../bounded-map.ts'
import type { Counters, Log, LogFields } from '../log.ts'

const AT_ONCE = 20
const AGAIN_MS = 1_000
/** Events with a reason that are told apart. */
const REASONS = 1_000

interface Rate {
  lines: number
  since: number
  dropped: number
}

export function thinned(
  log: Log,
  { clock, counters }: { readonly clock: Pick<Clock, 'monotonic'>; readonly counters: Pick<Counters, 'add'> },
): Log {
  const rates = boundedMap<Rate>(REASONS)

  /** How many were left out before this line, or undefined to leave it out too. */
  const take = (event: string, fields: LogFields | undefined): number | undefined => {
    const key = `${event} ${fields?.['code']} ${fields?.['reason']} ${fields?.['status']}`
    const now = clock.monotonic()
    const rate = rates.get(key) ?? { lines: 0, since: now, dropped: 0 }
    rates.set(key, rate)
    const back = Math.floor((now - rate.since) / AGAIN_MS)
    rate.lines = Math.max(0, rate.lines - back)
    rate.since = rate.lines === 0 ? now : rate.since + back * AGAIN_MS
    if (rate.lines >= AT_ONCE) {
      rate.dropped += 1
      counters.add('log-thinned', event)
      return undefined
    }
    rate.lines += 1
    const { dropped } = rate
    rate.dropped = 0
    return dropped
  }

  const thin =
    (level: keyof Log) =>
    (event: string, fields?: LogFields): void => {
      const dropped = take(event, fields)
      if (dropped !== undefined) log[level](event, dropped === 0 ? fields : { ...fields, dropped })
    }
  return { info: thin('info'), warn: thin('warn'), error: thin('error') }
}
