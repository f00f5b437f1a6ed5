/**
 * Two ways to be present in one document, by a link and at the door, told to each other. Laws:
 * - What the SDK's editors show is an awareness state with its client id (`@joinery/adapters/editors/awareness`), so it goes over as it is,
 *   carets too: both sides write them as Yjs' relative positions. What an app shows otherwise is somebody with a name, and an id made of
 *   session and tab.
 * - Nothing is stored, and nothing is larger than a presence may be: of a state that is, name and caret are told.
 */
import { STATE_BYTES, type Presence } from '@joinery/core/protocol'
import { encodeUtf8 } from 'lib0/string'
import { AWARENESS_BYTES, type AwarenessState, type NearState } from './awareness.ts'

const MAX_CLIENT = 2 ** 53 - 1
/** Of who is at a door: links have names of other letters. */
const AT_DOOR = 'y-'

/** What somebody at the door shows, to those who are there by links. */
export function presenceOf(
  { space, document }: { readonly space: string; readonly document: string },
  { client, subject, clock, json }: AwarenessState,
): Presence {
  return {
    type: 'presence',
    space,
    document,
    session: `${AT_DOOR}${client}`,
    subject,
    clock,
    state: json === undefined ? undefined : stateIn(client, clock, new TextDecoder().decode(json)),
  }
}

/** As the SDK's editors show it; undefined for what is too large even without all that is not needed for a caret. */
function stateIn(client: number, clock: number, json: string): string | undefined {
  const whole = wrapped(client, clock, json)
  if (whole.length * 3 <= STATE_BYTES || encodeUtf8(whole).length <= STATE_BYTES) return whole
  const { user, cursor } = JSON.parse(json) as { readonly user?: unknown; readonly cursor?: unknown }
  const less = wrapped(client, clock, JSON.stringify({ user, cursor }))
  return encodeUtf8(less).length <= STATE_BYTES ? less : undefined
}

function wrapped(client: number, clock: number, json: string): string {
  return JSON.stringify({ y: { client, clock, json } })
}

/** What somebody shows who is there by a link, tab by tab, or at the door of another node; nothing of what cannot be read. */
export function nearStatesOf({ session, subject, clock, state }: Presence): NearState[] {
  if (state === undefined) return []
  let tabs: unknown
  try {
    tabs = JSON.parse(state)
  } catch {
    return []
  }
  if (typeof tabs !== 'object' || tabs === null) return []
  return Object.entries(tabs).flatMap(([tab, shown]: [string, unknown]) => {
    const near = isRecord(shown) ? (editorState(shown) ?? otherState(session, tab, subject, shown)) : undefined
    if (near === undefined || near.json.length > AWARENESS_BYTES) return []
    return [session.startsWith(AT_DOOR) ? { ...near, clock } : near]
  })
}

function editorState(shown: Readonly<Record<string, unknown>>): NearState | undefined {
  const { client, clock, json } = shown
  if (typeof client !== 'number' || !Number.isInteger(client) || client < 0 || client > MAX_CLIENT) return undefined
  if (typeof json !== 'string') return undefined
  try {
    if (!isRecord(JSON.parse(json))) return undefined
  } catch {
    return undefined
  }
  return { client, version: `${String(clock)} ${json}`, json: encodeUtf8(json) }
}

function otherState(
  session: string,
  tab: string,
  subject: string,
  shown: Readonly<Record<string, unknown>>,
): NearState {
  const json = JSON.stringify({ user: { name: subject }, ...shown })
  return { client: idOf(`${session} ${tab}`), version: json, json: encodeUtf8(json) }
}

/** FNV-1a, 32 bits: as good as the chance that Yjs takes its ids by. */
function idOf(name: string): number {
  let hash = 0x811c9dc5
  for (const byte of encodeUtf8(name)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
