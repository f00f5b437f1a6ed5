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
  /** Virtual times between which what was acked may be lost by that. */
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

/** Who heard of an ack in between may have heard of something that is lost. */
export interface Loss {
  readonly from: number
  readonly to: number
}
