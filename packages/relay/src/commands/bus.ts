/** The bus of a command. Law: whether other nodes are reached is logged at each change, once, and never where they are. */
import type { Bus, BusEvents } from '@joinery/core'
import type { Values } from '../configuration/settings.ts'
import { reasonOf, type Counters, type Log } from '../log.ts'

/** Opens a bus by its address. BAD_INPUT for what is none; whether others are reached is told later. */
export type OpenBus = (address: string, events: BusEvents) => Promise<Bus>

/** Of one node there are no others. */
export const ALONE = 'memory'

export function busAddress({ bus = ALONE }: Pick<Values, 'bus'>): string {
  return bus
}

export function openedBus(
  open: OpenBus,
  values: Pick<Values, 'bus'>,
  { log, counters }: { readonly log: Log; readonly counters: Counters },
): Promise<Bus> {
  return open(busAddress(values), {
    reached(isUp, reason) {
      if (isUp) log.info('bus-reached')
      else {
        counters.add('bus-lost')
        log.warn('bus-lost', reasonOf(reason))
      }
    },
    dropped: count => counters.add('hints-dropped', undefined, count),
  })
}
