/** The bus of a command. Law: whether other nodes are reached is logged at each change, once, and never where they are. */
import type { Bus, BusEvents } from '@joinery/core'
import type { Values } from '../configuration/settings.ts'
import { reasonOf, type Counters, type Log } from '../log.ts'

/** Opens a bus by its address. BAD_INPUT for what is none; whether others are reached is told later. */
export type OpenBus = (address: string, events: BusEvents) => Promise<Bus>

/** Of one node there are no others. */
export const ALONE = 'memory'

/** `postgres`: the one that the store is in. That is it unless something else is said, since there may be other nodes on it. */
export function busAddress({ bus, store }: Pick<Values, 'bus' | 'store'>): string {
  if (store === undefined) return bus ?? ALONE
  return bus === undefined || bus === 'postgres' ? store : bus
}

export interface OpenedBus {
  readonly bus: Bus
  /** How full its queue was when that was looked at last, 0 to 1. */
  backlog(): number
}

/** Postgres refuses commits when it is full. */
const ALARMING = 0.5

export async function openedBus(
  open: OpenBus,
  values: Pick<Values, 'bus' | 'store'>,
  { log, counters }: { readonly log: Log; readonly counters: Counters },
): Promise<OpenedBus> {
  let last = 0
  const bus = await open(busAddress(values), {
    reached(isUp, reason) {
      if (isUp) log.info('bus-reached')
      else {
        counters.add('bus-lost')
        log.warn('bus-lost', reasonOf(reason))
      }
    },
    dropped: count => counters.add('hints-dropped', undefined, count),
    backlog(share) {
      if (share >= ALARMING && last < ALARMING) log.warn('bus-backlog', { share })
      last = share
    },
  })
  return { bus, backlog: () => last }
}
