/**
 * A daily review. There is one a day: its id follows from its date, and what a template gives is its seed, so that two devices that were
 * offline on that day make one review with the template in it once.
 */
import { defineKind } from './kind.ts'
import { excerptOf } from './excerpt.ts'
import { immutable } from './immutable.ts'
import { latest } from './latest.ts'
import { list } from './list.ts'
import { ref } from './ref.ts'
import { richText } from './text.ts'
import { day, string } from './validators.ts'

const entries = list(string({ max: 10_000 }))

/**
 * Lists by date and mood; found by everything written in it. A date is `YYYY-MM-DD`; a mood is a word or a sign of the app's choice.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { documentIdOf, review } from '@joinery/core/kinds'
 *
 * const context = { device: 'laptop', stamp: () => '', id: () => 'unused' }
 * assert.equal(documentIdOf(review, { date: '2026-11-22' }, context), 'review-2026-11-22')
 * ```
 */
export const review = defineKind('review', {
  version: 1,
  fields: {
    date: immutable(day()),
    content: richText(),
    mood: latest(string({ max: 40 })),
    achievements: entries,
    improvements: entries,
    plans: entries,
    template: ref('template'),
  },
  row: d => ({
    date: d.date ?? null,
    mood: d.mood ?? null,
    excerpt: excerptOf(d.content.toString()),
    achievements: d.achievements.length,
    improvements: d.improvements.length,
    plans: d.plans.length,
  }),
  indexes: { date: ['date'], mood: ['mood', 'date'] },
  search: d => [
    d.date,
    d.mood,
    d.content.toString(),
    ...[...d.achievements, ...d.improvements, ...d.plans].map(entry => entry.value),
  ],
  id: init => (init.date === undefined ? undefined : `review-${init.date}`),
  seed: ['date', 'template', 'content', 'achievements', 'improvements', 'plans'],
})
