/**
 * What a run says: ratios between servers, and whether each is as good as it must be and as it was. Laws:
 * - A ratio of more than 1 is always in favour of ours, whichever way its metric is better.
 * - A run falls behind where a ratio is worse than the committed one by more than its noise; one that is missing has fallen behind, too.
 */
import type { Medians } from './run.ts'
import type { Comparison, Metric, Scenario } from './scenario.ts'

export interface Ratio {
  /** Names it in the committed file. */
  readonly id: string
  readonly value: number
  readonly least: number | undefined
  readonly noise: number
}

/** By id; undefined for what is new since. */
export type Committed = Readonly<Record<string, number>>

export function ratiosOf(name: string, scenario: Scenario, medians: Medians): Ratio[] {
  return scenario.comparisons.map(comparison => {
    const { metric, subject, against, least, noise } = comparison
    const value = ratio(scenario.metrics[metric], medians.get(subject)?.[metric], medians.get(against)?.[metric])
    return { id: idOf(name, comparison), value, least, noise }
  })
}

function idOf(scenario: string, { metric, subject, against }: Comparison): string {
  return `${scenario} ${metric}: ${subject} to ${against}`
}

/** NaN when one of them is missing. What is nothing at all is as good as can be. */
export function ratio(metric: Metric | undefined, ours = Number.NaN, theirs = Number.NaN): number {
  if (Number.isNaN(ours) || Number.isNaN(theirs)) return Number.NaN
  const [good, bad] = metric?.better === 'higher' ? [ours, theirs] : [theirs, ours]
  // Less than can be measured counts as the least that can.
  return Math.max(good, 0) / Math.max(bad, LEAST)
}

const LEAST = 0.01

export interface Behind {
  readonly id: string
  readonly value: number
  readonly committed: number
  /** The worst that would still have been noise. */
  readonly least: number
}

export function fallenBehind(ratios: readonly Ratio[], committed: Committed): Behind[] {
  const ratioById = new Map(ratios.map(ratio => [ratio.id, ratio]))
  return Object.entries(committed).flatMap(([id, was]) => {
    const { value = Number.NaN, noise = 0 } = ratioById.get(id) ?? {}
    const least = was * (1 - noise)
    return value >= least ? [] : [{ id, value, committed: was, least }]
  })
}
