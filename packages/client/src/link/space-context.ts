/** What those who work for one space on a link are handed: where it is, what they may ask of the link, and how they feed the machines. */
import type { Code } from '@joinery/core'
import type { ClientMessage } from '@joinery/core/protocol'
import type { InflowEvent, OutflowEvent } from '@joinery/core/sync'
import type { Projector } from '../replica/projector.ts'
import type { Replica } from '../replica/replica.ts'

/** What a space needs of the link that it is on. */
export interface SpaceHost {
  readonly replica: Replica
  readonly background: Projector
  /** The local name. */
  readonly space: string
  /** The name on the wire. */
  wireName(): string
  send(message: ClientMessage): void
  frameBytes(): number
  distrust(): void
  giveUp(code: Code): void
  /** The device's name is taken: everything unacked is written anew under another. */
  fork(): void
  report(what: SpaceReport): void
  /** Something that the status shows may be another. */
  changed(): void
}

export interface SpaceContext extends SpaceHost {
  feedIn(event: InflowEvent): void
  feedOut(event: OutflowEvent): void
}

export type SpaceReport =
  | { readonly type: 'cursor-back' | 'reset' }
  | { readonly type: 'refused-update'; readonly document: string; readonly code: Code }
  | { readonly type: 'space-lost' | 'space-refused'; readonly code: Code }
