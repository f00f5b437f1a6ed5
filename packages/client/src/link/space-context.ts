/** What those who work for one space on a link are handed: where it is, what they may ask of the link, and how they feed the machines. */
import type { ClientMessage } from '@joinery/core/protocol'
import type { InflowEvent, OutflowEvent, ToldPage } from '@joinery/core/sync'
import type { Projector } from '../replica/projector.ts'
import type { Replica } from '../replica/replica.ts'
import type { WireLink } from './wire-link.ts'

/** What a space needs of the link that it is on. */
export interface SpaceHost {
  readonly replica: Replica
  readonly background: Projector
  readonly space: string
  readonly wire: Pick<WireLink, 'handle' | 'frameBytes'>
  /** A message may name a space as it is named here. */
  send(message: ClientMessage): void
  /** The device's name is taken: everything unacked is written anew under another. */
  fork(): void
  /** Asks the relay for its time. Resolves when the clock has been set right by it, or the link is down. */
  setRight(): Promise<void>
  /** Something that the status shows may be another. */
  changed(): void
}

export interface SpaceContext extends SpaceHost {
  /** What this link has acked, and may still bring: n by seq. */
  readonly acked: Map<number, number>
  /** What this link was told is held and has not answered, in order: pages, and undefined for what was one document. */
  readonly told: (ToldPage | undefined)[]
  feedIn(event: InflowEvent): void
  feedOut(event: OutflowEvent): void
}
