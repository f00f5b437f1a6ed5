// All there is in one history, as faults and checks see it.
import type { Random } from '@joinery/core'
import type { VirtualClock, VirtualNetwork } from '@joinery/core/testing'
import type { DeviceMachine } from './device-machine.ts'
import type { Fleet } from './fleet.ts'
import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
import type { RelayMachine } from './relay-machine.ts'

export interface World {
  readonly plan: Plan
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly random: Random
  readonly journal: Journal
  readonly relays: RelayMachine | Fleet
  readonly devices: DeviceMachine[]
  /** Begins a device as a clone of another. */
  clone(of: DeviceMachine): void
}
