// The relay's side of a simulated world, however many nodes it has: what devices reach, and what its checks look at.
import type { Store, Transport } from '@joinery/core'
import type { Relay } from '@joinery/relay'

export interface Relays {
  /** Where its nodes answer. */
  hosts(): readonly string[]
  /** How the machine named `from` reaches one of them. */
  transport(from: string): Transport
  /** What is durable at this moment, as a store of its own. */
  view(): Store
  /** How often the log was put back, or went on from a copy that lacked something. */
  restored(): number
  /** What that was each time, oldest first. */
  lost(): readonly Loss[]
  /** Of a node that runs, what it is asked about old versions. */
  history(): Relay['history'] | undefined
  /** Connections now. */
  links(): number
  /** Of these, those that do not stand still. */
  awake(): readonly string[]
  /** What all that ran has counted. */
  counted(): ReadonlyMap<string, number>
  /** Something a relay can never recover from happened inside it. */
  fatal(): unknown
  /** From now on nothing fails by itself. */
  calm(): void
  /** Whatever is down comes back. */
  start(): void
}

/** What was durable until then, and what it went on from. */
export interface Loss {
  readonly before: Store
  readonly after: Store
}
