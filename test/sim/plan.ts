// What one seed does: how many devices, which faults are on, how fast. Each class of fault is on or off by itself, so that rare mixes appear.
import type { Random } from '@joinery/core'
import { seededRandom } from '@joinery/core/testing'

export const FAULTS = [
  'relayCrash',
  'relayLosesCommits',
  'diskFull',
  'commitUnknown',
  'slowDisk',
  'linkBreak',
  'halfOpen',
  'partition',
  'deviceCrash',
  'deviceWipe',
  'deviceClone',
  'tabs',
  'clockJump',
  'sleep',
  'storageFull',
  'purge',
  'compaction',
  'smallLimits',
] as const

/** What can go wrong only where there are several nodes. */
const FLEET_FAULTS = [
  'nodePause',
  'nodeCut',
  'nodeRestart',
  'nodeSkew',
  'hop',
  'connectionLost',
  'conflicts',
  'databaseDown',
  'failover',
  'badBus',
  'hintsLost',
  'large',
] as const

/** Besides, what folds replace is kept for this long and no longer. */
const HISTORY_FAULT = 'forgetting'
export const KEPT_MS = 12_000
export type Fault = (typeof FAULTS)[number] | (typeof FLEET_FAULTS)[number] | typeof HISTORY_FAULT

/** The share of seeds with several nodes. */
const FLEETS = 0.4

export interface Plan {
  readonly seed: number
  readonly devices: number
  readonly nodes: number
  readonly faults: ReadonlySet<Fault>
  /** Virtual ms of the phase with faults. */
  readonly chaosMs: number
  /** Mean virtual ms between two things that people do. */
  readonly pauseMs: number
  /** Mean virtual ms between two faults. */
  readonly faultMs: number
  readonly delayMs: number
}

/** The plan of a seed. */
export function planOf(seed: number): Plan {
  const random = seededRandom(seed)
  const faults = new Set<Fault>(FAULTS.filter(() => random.number() < 0.35))
  // Drawn apart, so that what there was before more could go wrong is as it was.
  const fleet = seededRandom(seed ^ 0xf1ee7)
  const nodes = fleet.number() < FLEETS ? 2 + pick(fleet, 2) : 1
  for (const fault of FLEET_FAULTS) {
    const isOn = fleet.number() < 0.3
    if (isOn && (nodes > 1 || fault === 'large')) faults.add(fault)
  }
  if (faults.has('compaction') && seededRandom(seed ^ 0x4157).number() < 0.5) faults.add(HISTORY_FAULT)
  return {
    seed,
    nodes,
    devices: 2 + pick(random, 2),
    faults,
    chaosMs: 15_000 + pick(random, 15_000),
    pauseMs: 200 + pick(random, 800),
    faultMs: 1_000 + pick(random, 3_000),
    delayMs: 1 + pick(random, 200),
  }
}

/** A whole number in [0, below). */
export function pick(random: Random, below: number): number {
  return Math.floor(random.number() * below)
}

/** One of a list that is not empty. */
export function oneOf<T>(random: Random, list: readonly T[]): T {
  const chosen = list[pick(random, list.length)]
  if (chosen === undefined) throw new Error('nothing to choose from')
  return chosen
}

/** A plan in one line. */
export function describePlan({ seed, devices, nodes, faults, chaosMs, pauseMs, delayMs }: Plan): string {
  const on = [...faults].join(' ') || 'no faults'
  return `seed ${seed}: ${devices} devices, ${nodes === 1 ? 'one node' : `${nodes} nodes`}, ${chaosMs} ms, an edit each ~${pauseMs} ms, ${delayMs} ms away; ${on}`
}
