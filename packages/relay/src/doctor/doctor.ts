/**
 * Looks at a data folder, a configuration and a running relay, and says what is right and wrong with them. Laws:
 * - Nothing is changed, and a relay may be running on the folder meanwhile; asked whether it is ready, that relay tries a commit of its own.
 * - A check that breaks says so and takes no other with it.
 */
import type { StoreLook } from '@joinery/core'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DATABASE } from '../commands/settings.ts'
import { serveMistakes } from '../configuration/rules.ts'
import { reasonOf } from '../log.ts'
import { CHECKS } from './checks.ts'
import type { Finding, Patient } from './check.ts'
import { CODES, type Level } from './codes.ts'
import { LARGEST_LOOK } from './limits.ts'
import type { InspectStore } from './store-look.ts'

export interface Told extends Finding {
  readonly check: string
  readonly level: Level
  readonly todo: string | undefined
}

export interface Examination {
  /** Whether nothing is wrong. Warnings are not. */
  readonly ok: boolean
  readonly findings: readonly Told[]
}

export interface DoctorOptions extends Omit<Patient, 'look' | 'data'> {
  readonly inspect: InspectStore
  /** Where a copy of the database may be put for as long as it is looked at. */
  readonly scratch: string
}

export async function examine({ inspect, scratch, ...options }: DoctorOptions): Promise<Examination> {
  const { values, origins, mistakes } = options.configuration
  const { data, store } = values
  // Who names neither looks at a relay from outside, and none is to start by these settings.
  const wrong = data === undefined && store === undefined ? [] : serveMistakes({ values, origins })
  const patient = {
    ...options,
    configuration: { ...options.configuration, mistakes: [...mistakes, ...wrong] },
    // Beside a store a folder is nothing to the relay, as a container image names one to everybody.
    data: store === undefined ? data : undefined,
  }
  let looking: Promise<StoreLook | undefined> | undefined
  const look = async (): Promise<StoreLook | undefined> => {
    const file = patient.data === undefined ? undefined : join(patient.data, DATABASE)
    const database = file === undefined ? undefined : await stat(file).catch(() => undefined)
    if (file === undefined || database === undefined) return undefined
    if (database.size > LARGEST_LOOK && !patient.isDeep) return undefined
    return inspect({ file, scratch, deep: patient.isDeep })
  }
  const findings: Told[] = []
  for (const [check, run] of Object.entries(CHECKS)) {
    const found = await run({ ...patient, look: () => (looking ??= look()) }).catch(broken)
    for (const { code, sentence } of found) {
      const { level, todo }: { level: Level; todo?: string } = CODES[code]
      findings.push({ check, code, level, sentence, todo })
    }
  }
  return { ok: findings.every(({ level }) => level !== 'error'), findings }
}

function broken(error: unknown): Finding[] {
  const { reason, message } = reasonOf(error)
  return [{ code: 'CHECK_BROKEN', sentence: `This could not be looked at: ${String(reason)}, ${String(message)}.` }]
}
