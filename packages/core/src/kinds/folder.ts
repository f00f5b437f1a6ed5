/** A folder of notes. Folders may lie in folders; two that were moved into each other show as roots wherever a reader finds the circle. */
import { defineKind } from './kind.ts'
import { latest } from './latest.ts'
import { ref } from './ref.ts'
import { string } from './validators.ts'

/**
 * Lists by parent and by name.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { folder } from '@joinery/core/kinds'
 *
 * assert.deepEqual(Object.keys(folder.fields), ['name', 'parent', 'color'])
 * ```
 */
export const folder = defineKind('folder', {
  version: 1,
  fields: {
    name: latest(string({ max: 200 }), { default: '' }),
    parent: ref('folder'),
    color: latest(string({ max: 40 })),
  },
  row: d => ({ name: d.name, parent: d.parent, color: d.color ?? null }),
  indexes: { parent: ['parent', 'name'], name: ['name'] },
  search: d => [d.name],
})
