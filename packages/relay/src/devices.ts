/** What a device has pushed into a space so far, so that its usual next entry is known to be new without asking the store (S4). */
import type { Store } from '@joinery/core'
import { boundedMap } from './bounded-map.ts'
import type { Soon } from './soon.ts'

const CACHED = 50_000

export interface DeviceHead {
  /** The greatest n. */
  last: number
  /** Whose it is; undefined while it has nothing here. */
  subject: string | undefined
}

export interface Devices {
  /** At once when it was asked for lately. */
  load(space: string, device: string): Soon<DeviceHead>
  /** After a commit. */
  pushed(space: string, device: string, subject: string, n: number): void
  forget(space: string, device: string): void
}

export function createDevices(store: Pick<Store, 'lastOf' | 'subjectOf'>): Devices {
  const cache = boundedMap<DeviceHead>(CACHED)
  const read = async (space: string, device: string): Promise<DeviceHead> => {
    const [last, subject] = await Promise.all([store.lastOf(space, device), store.subjectOf(space, device)])
    const head = { last, subject }
    cache.set(`${space}/${device}`, head)
    return head
  }
  return {
    load: (space, device) => cache.get(`${space}/${device}`) ?? read(space, device),
    pushed(space, device, subject, n) {
      const head = cache.get(`${space}/${device}`)
      if (head === undefined) return
      head.last = Math.max(head.last, n)
      head.subject ??= subject
    },
    forget(space, device) {
      cache.delete(`${space}/${device}`)
    },
  }
}
