/**
 * `counter`: a sum to which everybody adds. An entry per writer with all that he added, so concurrent additions both count.
 * Laws: whole numbers only, since the sum of others depends on their order; what a peer wrote and is none counts as 0.
 */
import { JoineryError } from '../errors.ts'
import type { HandleField, Place, WriteContext } from './field.ts'
import { writerOf } from './stamped.ts'

export interface CounterDraft {
  readonly value: number
  /** Adds a whole number, 1 if none is given; negative ones subtract. */
  add(amount?: number): void
}

/**
 * A field that counts.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { counter, defineKind } from '@joinery/core/kinds'
 *
 * const poll = defineKind('poll', { version: 1, fields: { votes: counter() } })
 * assert.equal(poll.fields.votes.policy, 'counter')
 * ```
 */
export function counter(): HandleField<number, CounterDraft, number> {
  return {
    policy: 'counter',
    assigned: false,
    read: sum,
    draft: (at, context) => ({
      get value() {
        return sum(at)
      },
      add: (amount = 1) => add(at, context, amount),
    }),
    write: add,
    reapply(base, theirs, target, context) {
      add(target, context, sum(theirs) - sum(base))
    },
  }
}

function add(at: Place, context: WriteContext, amount: number): void {
  const map = at.doc.map(at.root)
  const own = map.get(writerOf(context))
  const total = (isWhole(own) ? own : 0) + amount
  if (!isWhole(amount) || !isWhole(total))
    throw new JoineryError('BAD_INPUT', { field: at.field, rule: 'a whole number' })
  if (amount !== 0) map.set(writerOf(context), total)
}

function sum(at: Place): number {
  let total = 0
  for (const [, value] of at.doc.map(at.root).entries()) if (isWhole(value)) total += value
  return total
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
