/** One thing that the doctor looks at. Law: a check changes nothing, anywhere; what it cannot look at it says nothing about. */
import type { Clock, StoreLook } from '@joinery/core'
import type { OpenBus } from '../commands/bus.ts'
import type { OpenPostgres } from '../commands/postgres.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { FindingCode } from './codes.ts'

export interface Finding {
  readonly code: FindingCode
  /** For a person, about this machine, folder or relay. */
  readonly sentence: string
}

export type Check = (patient: Patient) => Promise<readonly Finding[]>

/** What there is to look at. */
export interface Patient {
  /** The data folder, if one was named and holds everything. */
  readonly data: string | undefined
  /** Where the relay is reached, if that was said. */
  readonly url: URL | undefined
  readonly isDeep: boolean
  readonly configuration: Configuration
  readonly openBus: OpenBus
  readonly openPostgres: OpenPostgres
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  /** Versions. */
  readonly node: string
  readonly sqlite: string
  /** What is in the database; the same look for everybody who asks. Undefined when there is none, or it is too large to look at now. */
  readonly look: () => Promise<StoreLook | undefined>
}

export function found(code: FindingCode, sentence: string): Finding[] {
  return [{ code, sentence }]
}

/** 3 B, 4.2 kB, 1.3 GB. */
export function sizeOf(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  const number = bytes / 1_000 ** power
  return `${power === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${units[power]}`
}

/** Whether a dotted version is before another. */
export function isOlder(version: string, than: string): boolean {
  const [ours, theirs] = [version, than].map(text => text.split('.').map(Number))
  for (const [at, wanted] of (theirs ?? []).entries()) {
    const part = ours?.[at] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}
