/** The link as a screen shows it, and as the tab that holds it tells the others. */
import type { Code } from '@joinery/core'

export type Mode = 'realtime' | 'polling' | 'offline'

export type LinkReason =
  | 'live'
  | 'no-relay'
  | 'offline'
  | 'connecting'
  | 'waiting'
  | 'needs-auth'
  | 'wrong-account'
  | 'insecure-url'
  | 'too-old'
  | 'stopped'
  | 'polling'

export interface LinkReport {
  readonly mode: Mode
  readonly reason: LinkReason
  readonly code: Code | null
  /** Whether something is on its way, either way. */
  readonly syncing: boolean
  /** Whether everything up to the relay's head is here. */
  readonly live: boolean
  /** Spaces whose bodies are still being filled in. */
  readonly filling: readonly string[]
  /** Edits kept back because the relay cannot take them yet. */
  readonly heldBack: number
}

export const NO_LINK: LinkReport = {
  mode: 'offline',
  reason: 'no-relay',
  code: null,
  syncing: false,
  live: false,
  filling: [],
  heldBack: 0,
}
