/** A note: the kind that ships for text of any length, with a folder, tags and a pin. */
import { defineKind } from './kind.ts'
import { excerptOf } from './excerpt.ts'
import { latest } from './latest.ts'
import { ref } from './ref.ts'
import { set } from './set.ts'
import { richText } from './text.ts'
import { boolean, string } from './validators.ts'

/**
 * Lists by folder, pinned, tag and time; found by title, body and tags. The body is for a rich editor.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineLibrary, folder, note } from '@joinery/core/kinds'
 *
 * const library = defineLibrary('notes', { note, folder })
 * assert.deepEqual(Object.keys(library.kinds.note.indexes), ['updated', 'folder', 'pinned', 'tag'])
 * ```
 */
export const note = defineKind('note', {
  version: 1,
  fields: {
    title: latest(string({ max: 1_000 }), { default: '' }),
    body: richText(),
    folder: ref('folder'),
    pinned: latest(boolean(), { default: false }),
    tags: set(string({ max: 100 })),
  },
  row: d => ({
    title: d.title,
    excerpt: excerptOf(d.body.toString()),
    folder: d.folder,
    pinned: d.pinned,
    tags: d.tags,
  }),
  indexes: {
    updated: ['updatedAt'],
    folder: ['folder', 'updatedAt'],
    pinned: ['pinned', 'updatedAt'],
    tag: ['tags', 'updatedAt'],
  },
  search: d => [d.title, d.body.toString(), ...d.tags],
})
