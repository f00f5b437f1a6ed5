/**
 * Who uses this browser, and which space they look at. `?user=ada&space=team` says so once; it is remembered.
 * With a relay in development mode a name is all it takes; a real app would get a token from its own sign-in.
 */
const KEY = 'notes.identity'

export interface Identity {
  readonly user: string
  /** A shared space beside the personal one, or undefined. */
  readonly space: string | undefined
}

/** Who this browser belongs to. */
export function readIdentity(): Identity {
  const asked = new URLSearchParams(location.search)
  const kept = remembered()
  const identity: Identity = {
    user: named(asked.get('user')) ?? kept?.user ?? 'guest',
    space: asked.has('space') ? named(asked.get('space')) : kept?.space,
  }
  localStorage.setItem(KEY, JSON.stringify(identity))
  return identity
}

/** Forgets who it was, after signing out. */
export function forgetIdentity(): void {
  localStorage.removeItem(KEY)
}

function remembered(): Identity | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null')
    if (typeof kept !== 'object' || kept === null) return undefined
    const { user, space } = kept as Record<string, unknown>
    return { user: named(user) ?? 'guest', space: named(space) }
  } catch {
    return undefined
  }
}

function named(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value) ? value : undefined
}
