// What the simulated people write: one kind with a field of each policy, on both engines that merge.
import { boolean, counter, defineKind, defineLibrary, latest, list, set, string, text } from '@joinery/core/kinds'

/** The space that all devices share. */
export const SPACE = 'team'

const fields = () => ({
  title: latest(string(), { default: '' }),
  done: latest(boolean(), { default: false }),
  body: text(),
  tags: set(string()),
  steps: list(string()),
  visits: counter(),
})

const paper = defineKind('paper', {
  version: 1,
  fields: fields(),
  row: d => ({ title: d.title, done: d.done, tags: d.tags }),
  indexes: { updated: ['updatedAt'] },
  search: d => [d.title],
})

const card = defineKind('card', {
  version: 1,
  engine: 'automerge',
  fields: fields(),
  row: d => ({ title: d.title, done: d.done, tags: d.tags }),
  indexes: { updated: ['updatedAt'] },
  search: d => [d.title],
})

export const library = defineLibrary('sim', { paper, card })
