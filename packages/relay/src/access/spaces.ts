/**
 * Who may do what in which space. Laws:
 * - A1: asked on every push and for every delivery, and never answered from what is older than `roleMs` (A2).
 * - A4: no member and no such space are the same answer.
 * - In development a shared space is made on first use and is open to everybody who can reach it; a personal one is not.
 */
import type { Clock, Role, Store } from '@joinery/core'
import type { Access } from '@joinery/core/sync'
import type { Soon } from '../soon.ts'
import { isPersonal, personalSpaceOf, resolveSpace } from './personal.ts'

const CACHED = 10_000

export interface Spaces {
  /** The access of a subject to a space by the name that its client used; undefined when there is nothing for it. */
  open(subject: string, name: string): Promise<Access | undefined>
  /** The role of a subject, at most `roleMs` old; at once when it was asked for lately. */
  roleOf(space: string, subject: string): Soon<Role | undefined>
}

export function createSpaces(options: {
  readonly store: Pick<Store, 'admit' | 'roleOf'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly roleMs: number
  /** Whether a shared space is made for whoever names it. */
  readonly openToAll: boolean
}): Spaces {
  const { store, clock, roleMs, openToAll } = options
  const roleBySpaceAndSubject = new Map<string, { role: Role; until: number }>()

  const remember = (key: string, role: Role): Role => {
    const until = clock.monotonic() + roleMs
    const known = roleBySpaceAndSubject.get(key)
    if (known !== undefined) {
      known.role = role
      known.until = until
      return role
    }
    if (roleBySpaceAndSubject.size >= CACHED) roleBySpaceAndSubject.clear()
    roleBySpaceAndSubject.set(key, { role, until })
    return role
  }

  const roleOf = (space: string, subject: string): Soon<Role | undefined> => {
    const key = keyOf(space, subject)
    const known = roleBySpaceAndSubject.get(key)
    return known !== undefined && clock.monotonic() < known.until ? known.role : readRole(space, subject, key)
  }

  const readRole = async (space: string, subject: string, key: string): Promise<Role | undefined> => {
    const role = await store.roleOf(space, subject)
    if (role !== undefined) return remember(key, role)
    roleBySpaceAndSubject.delete(key)
    return undefined
  }

  const admitted = async (space: string, subject: string, role: Role): Promise<Access> => {
    await store.admit(space, subject, role)
    return { space, role: remember(keyOf(space, subject), role) }
  }

  return {
    roleOf,
    async open(subject, name) {
      const space = resolveSpace(subject, name)
      const role = await roleOf(space, subject)
      if (role !== undefined) return { space, role }
      if (isPersonal(space) && space === personalSpaceOf(subject)) return admitted(space, subject, 'owner')
      if (openToAll && !isPersonal(space)) return admitted(space, subject, 'editor')
      return undefined
    },
  }
}

function keyOf(space: string, subject: string): string {
  return `${space}\n${subject}`
}
