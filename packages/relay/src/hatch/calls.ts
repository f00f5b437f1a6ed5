/** What commands ask of the store of a relay that runs, and of that relay. Law: this list is all; a name that is not in it is refused. */
import type { Store } from '@joinery/core'
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
] as const

/** What is behind the hatch: the store, as far as commands need it, and what only whoever has it open can do. */
export interface Counter extends Pick<Store, Exclude<(typeof CALLS)[number], 'compact'>> {
  compact(entries: number): Promise<Compacted>
}

/** Beside the database, in a folder that is its owner's alone. */
export const HATCH = 'joinery.sock'
