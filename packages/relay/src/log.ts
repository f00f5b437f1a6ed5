/**
 * What the relay tells whoever runs it. Laws: a line is one event with a reason, never a payload, a token or a document's content (OP-01);
 * a counter is kept beside each line that a stranger can cause, since such lines are thinned out.
 */
import { sentenceOf } from '@joinery/core'
import { withoutQuotes } from './logs/redaction.ts'
import type { CounterName, HistogramName } from './metrics/table.ts'

export interface Log {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

const FRAMES = 8

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Where in the code an error comes from: files and lines, innermost first, without its words. */
export function whereOf(error: unknown): LogFields {
  if (!(error instanceof Error) || error.stack === undefined) return {}
  const frames = error.stack.slice(error.stack.indexOf(error.message) + error.message.length)
  return { at: [...frames.matchAll(/[\w.-]+:\d+:\d+/g)].slice(0, FRAMES).join(' ') }
}

/** The same log, and these fields in every line of it: the id of a connection, by which all that it caused is found. */
export function withFields(log: Log, fields: LogFields): Log {
  return {
    info: (event, more) => log.info(event, { ...fields, ...more }),
    warn: (event, more) => log.warn(event, { ...fields, ...more }),
    error: (event, more) => log.error(event, { ...fields, ...more }),
  }
}

/** What is counted: by plain numbers, which somebody may read. */
export interface Counters {
  add(name: CounterName, label?: string, by?: number): void
  /** The number itself, for who counts with each frame: `cell.value += 1`. */
  cell(name: CounterName, label?: string): Cell
  observe(name: HistogramName, value: number): void
  /** By `name` or `name.label`, without those that are 0. */
  read(): ReadonlyMap<string, number>
  /** By label, '' for none. */
  labelled(name: CounterName): ReadonlyMap<string, number>
  distribution(name: HistogramName): Distribution
}

export interface Cell {
  value: number
}

/** How many values were at most each bound, and above the one before; the last count is of what is above all bounds. */
export interface Distribution {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

/** What an error may say in a log line: its code or its name, and its own words, never what it was about. */
export function reasonOf(error: unknown): LogFields {
  if (!(error instanceof Error)) return { reason: 'unknown' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return { reason: code, message: sentenceOf(error) ?? withoutQuotes(error.message) }
}
