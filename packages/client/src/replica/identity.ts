/**
 * Who this device is to a relay, and under which of its names this tab writes. Laws: a storage that opens empty although a marker beside
 * it says that it was not has been lost: the device takes a new id and reads everything anew (CL-03, CL-04).
 */
import type { Random, Storage } from '@joinery/core'
import type { Marker } from '../options.ts'
import { freshId } from './fresh-id.ts'
import { keys, type DeviceRecord } from './layout.ts'

/** Tabs that write at the same time under names of their own. */
const SLOTS = 8

export interface Identity {
  readonly device: string
  readonly slot: number
  /** Whether what was here before is gone. */
  readonly lost: boolean
}

export async function identify(storage: Storage, random: Random, marker: Marker | undefined): Promise<Identity> {
  const fresh: DeviceRecord = { device: freshId(random), personal: null }
  const { stored, slot, isNew } = await storage.write(['meta'], async tx => {
    const known = (await tx.get('meta', keys.device)) as DeviceRecord | undefined
    if (!known) await tx.put('meta', keys.device, fresh)
    const last = ((await tx.get('meta', keys.slot)) as number | undefined) ?? SLOTS - 1
    const next = (last + 1) % SLOTS
    await tx.put('meta', keys.slot, next)
    return { stored: known ?? fresh, slot: next, isNew: !known }
  })
  const marked = marker?.get()
  marker?.set(stored.device)
  return { device: stored.device, slot, lost: isNew && marked !== undefined }
}
