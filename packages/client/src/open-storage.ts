/**
 * Opening what the device keeps. Law CL-02: where nothing can be kept the app works all the same, in memory, and is told; never silently.
 */
import { JoineryError, type Storage } from '@joinery/core'
import type { Kinds } from '@joinery/core/kinds'
import type { BaseOptions, Marker } from './options.ts'
import { pause } from './pause.ts'
import { identify, type Identity } from './replica/identity.ts'

/** A database that another tab is just upgrading is there a moment later. */
const BUSY_MS = [50, 500]
/** A full disk may have room again. */
const FULL_MS = [...BUSY_MS, 1_000, 2_000]

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
  for (let tries = 0; ; tries++) {
    try {
      const storage = await (typeof given === 'function' ? given(name) : given)
      // A storage may open only when it is first used.
      return { storage, identity: await identify(storage, random, marker), degraded: false }
    } catch (cause) {
      const failure = cause instanceof JoineryError ? cause : new JoineryError('STORAGE_UNAVAILABLE', {}, { cause })
      const ms = (failure.code === 'STORAGE_FULL' ? FULL_MS : BUSY_MS)[tries]
      if (ms) {
        await pause(clock, ms)
        continue
      }
      // What a newer app keeps here is no reason to begin with nothing: the person is told.
      if (!fallbackStorage || failure.code === 'VERSION') throw failure
      const storage = fallbackStorage()
      // The marker belongs to what could not be opened: it is left as it is.
      return { storage, identity: await identify(storage, random, undefined), degraded: true }
    }
  }
}
