/** What commands ask of the store of a relay that runs, and of that relay. Law: this list is all; a name that is not in it is refused. */
import type { DocumentPlace, Store } from '@joinery/core'
import type { Compacted } from '../compactor.ts'

export const CALLS = [
  'head',
  'document',
  'documents',
  'body',
  'spaces',
  'members',
  'roleOf',
  'admit',
  'setRole',
  'compact',
  'copyTo',
  'suspect',
] as const

/** What a relay can be asked for only while it runs: of data that nobody has open, a command does it by itself. */
interface OfRunning {
  /** Copies the store into a file that is not there yet, by its whole path. */
  copyTo(file: string): Promise<void>
  /** Quarantines these documents, if they cannot be read. */
  suspect(places: readonly DocumentPlace[]): Promise<void>
}

/** What commands on data work with: the store, as far as they need it, and the relay's own fold. */
export interface Counter extends Pick<Store, Exclude<(typeof CALLS)[number], 'compact' | keyof OfRunning>> {
  compact(entries: number): Promise<Compacted>
}

/** All that is behind the hatch. */
export interface RunningRelay extends Counter, OfRunning {}
