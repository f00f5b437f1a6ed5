/**
 * What the relay tells whoever runs it. Laws: a line is one event with a reason, never a payload, a token or a document's content (OP-01);
 * a counter is kept beside each line that a stranger can cause, since such lines are thinned out.
 */
import { sentenceOf } from '@joinery/core'

export interface Log {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

export interface Counters {
  add(name: string, label?: string, by?: number): void
  read(): ReadonlyMap<string, number>
}

/**
 * Counters in memory, named `name` or `name.label`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { createCounters } from '@joinery/relay'
 *
 * const counters = createCounters()
 * counters.add('answered', 'acked')
 * counters.add('answered', 'acked', 2)
 * assert.equal(counters.read().get('answered.acked'), 3)
 * ```
 */
export function createCounters(): Counters {
  const counts = new Map<string, number>()
  return {
    add(name, label, by = 1) {
      const key = label === undefined ? name : `${name}.${label}`
      counts.set(key, (counts.get(key) ?? 0) + by)
    },
    read: () => counts,
  }
}

/** What an error may say in a log line: its code or its name, and its own words, never what it was about. */
export function reasonOf(error: unknown): LogFields {
  if (!(error instanceof Error)) return { reason: 'unknown' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return { reason: code, message: sentenceOf(error) ?? error.message }
}
