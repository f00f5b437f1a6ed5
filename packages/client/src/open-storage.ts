/**
 * Opening what the device keeps. Law CL-02: where nothing can be kept the app works all the same, in memory, and is told; never silently.
 */
import { JoineryError, type Storage } from '@joinery/core'
import type { Kinds } from '@joinery/core/kinds'
import type { BaseOptions, Marker } from './options.ts'
import { identify, type Identity } from './replica/identity.ts'

/** A database that another tab is just upgrading is there a moment later; a full disk may have room again. */
const PAUSES_MS = [0, 50, 500, 1_000, 2_000] as const
const TRIES = 3

export interface OpenedStorage {
  readonly storage: Storage
  readonly identity: Identity
  /** Nothing is kept when the app closes. */
  readonly degraded: boolean
}

export async function openStorage<K extends Kinds>(
  options: Pick<BaseOptions<K>, 'storage' | 'fallbackStorage' | 'clock' | 'random'>,
  name: string,
  marker: Marker | undefined,
): Promise<OpenedStorage> {
  const { storage: given, fallbackStorage, clock, random } = options
  let failure: unknown
  for (const [tries, pause] of PAUSES_MS.entries()) {
    const isFull = failure instanceof JoineryError && failure.code === 'STORAGE_FULL'
    if (tries >= TRIES && !isFull) break
    if (pause > 0) await new Promise<void>(resolve => void clock.after(pause, resolve))
    try {
      const storage = await (typeof given === 'function' ? given(name) : given)
      // A storage may open only when it is first used.
      return { storage, identity: await identify(storage, random, marker), degraded: false }
    } catch (error) {
      failure = error
    }
  }
  const cause = failure instanceof JoineryError ? failure : undefined
  if (fallbackStorage === undefined) throw cause ?? new JoineryError('STORAGE_UNAVAILABLE', {}, { cause: failure })
  const storage = fallbackStorage()
  // The marker belongs to what could not be opened: it is left as it is.
  return { storage, identity: await identify(storage, random, undefined), degraded: true }
}
