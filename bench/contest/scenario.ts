/**
 * One thing that is measured on each server. Laws:
 * - A round measures one server alone; servers take turns, and medians of all rounds are compared within one run.
 * - What must hold is written beside what is measured: a limit, or a ratio to a peer, so that more than 1 is always better.
 */
import type { ServerName } from './servers.ts'
import type { ServerProcess } from './server-process.ts'

export interface Metric {
  readonly label: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
}

/** How a server of ours stands to another one in a metric. */
export interface Comparison {
  readonly metric: string
  readonly subject: ServerName
  readonly against: ServerName
  /** The least ratio that is good enough; only told when left out. */
  readonly least?: number
  /** How much worse than the committed one is still noise, as a share. */
  readonly noise: number
}

/** What a metric of a server of ours may be at most. */
export interface Limit {
  readonly metric: string
  readonly subject: ServerName
  readonly most: number
}

export type Measured = Readonly<Record<string, number>>

export interface Scenario {
  /** One sentence: what is measured, and how. */
  readonly what: string
  readonly metrics: Readonly<Record<string, Metric>>
  readonly servers: readonly ServerName[]
  readonly comparisons: readonly Comparison[]
  readonly limits: readonly Limit[]
  /** Nothing is timed: servers need not wait for each other. */
  readonly isTogether?: boolean
  readonly rounds: (size: Size) => number
  measure(server: ServerProcess, name: ServerName, size: Size): Promise<Measured>
}

export type Size = 'short' | 'long'
