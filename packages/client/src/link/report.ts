/** The link as a screen shows it, and as the tab that holds it tells the others. */
import type { Code } from '@joinery/core'
import type { ConnectionState } from '@joinery/core/sync'
import type { SpaceState } from './space-state.ts'

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
  /** Ms to add to this device's wall clock. */
  readonly offset: number
}

/** The report of a link in this state. `polls`: it is over HTTP. `wanted`: there is a relay to link to. */
export function reportOf(
  state: ConnectionState,
  polls: boolean | undefined,
  wanted: boolean,
  spaces: readonly SpaceState[],
  offset: number,
): LinkReport {
  const isLive = state.at === 'live'
  const mode = !isLive ? 'offline' : polls ? 'polling' : 'realtime'
  const filling = wanted ? spaces.filter(one => one.filling).map(({ space }) => space) : []
  return {
    mode,
    reason: !wanted ? 'no-relay' : mode === 'polling' ? mode : reasonOf(state),
    code: ('code' in state ? state.code : undefined) ?? null,
    syncing: isLive && spaces.some(one => one.busy || !one.live || one.filling),
    live: isLive && spaces.every(one => one.live),
    filling,
    heldBack: spaces.reduce((sum, one) => sum + one.heldBack, 0),
    offset,
  }
}

function reasonOf(state: ConnectionState): LinkReason {
  const { at } = state
  if (at === 'stopped') return (state.code && STOPPED[state.code]) ?? at
  // It is tried again, but an update of the app is what helps.
  if (at === 'waiting' && state.code === 'VERSION') return 'too-old'
  return at === 'live' || at === 'offline' || at === 'waiting' ? at : 'connecting'
}

const STOPPED: { readonly [C in Code]?: LinkReason } = {
  UNAUTHENTICATED: 'needs-auth',
  WRONG_SUBJECT: 'wrong-account',
  INSECURE_URL: 'insecure-url',
}

export const NO_LINK: LinkReport = reportOf({ at: 'offline' }, undefined, false, [], 0)
