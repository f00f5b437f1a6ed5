/**
 * Who wrote what between two versions of a text. Laws:
 * - What is not `added` is the text at the beginning, and what is not `removed` the text at the end.
 * - What was written and taken away again in between is not there.
 * - Two texts are told apart word by word, so who changes a letter of a word wrote the word.
 */
import { diffText } from '../kinds/text-diff.ts'

export type Passage<By> =
  | { readonly is: 'same'; readonly text: string }
  | { readonly is: 'added' | 'removed'; readonly text: string; readonly by: By }

/** The text after somebody's edits. */
export interface TextStep<By> {
  readonly text: string
  readonly by: By
}

/**
 * What of a text was added and removed, step by step, and by whom.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { passagesOf } from '@joinery/core/history'
 *
 * const passages = passagesOf('Bread and tea', [
 *   { text: 'Bread and green tea', by: 'ann' },
 *   { text: 'Bread, green tea', by: 'bob' },
 * ])
 * assert.deepEqual(passages, [
 *   { is: 'same', text: 'Bread' },
 *   { is: 'removed', text: ' and', by: 'bob' },
 *   { is: 'added', text: ',', by: 'bob' },
 *   { is: 'same', text: ' ' },
 *   { is: 'added', text: 'green ', by: 'ann' },
 *   { is: 'same', text: 'tea' },
 * ])
 * ```
 */
export function passagesOf<By>(before: string, steps: readonly TextStep<By>[]): Passage<By>[] {
  let passages: Passage<By>[] = before === '' ? [] : [{ is: 'same', text: before }]
  let shown = before
  for (const { text, by } of steps) {
    if (text === shown) continue
    passages = stepped(passages, diffText(shown, text), by)
    shown = text
  }
  return together(passages)
}

interface Edit {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

/** With edits of the text that is shown, each at its offset in it, in order. */
function stepped<By>(passages: readonly Passage<By>[], edits: readonly Edit[], by: By): Passage<By>[] {
  const out: Passage<By>[] = []
  let offset = 0
  let next = 0
  let removing = 0
  for (const passage of passages) {
    let { text } = passage
    while (passage.is !== 'removed' && text !== '') {
      const edit = edits[next]
      if (removing === 0 && edit?.at === offset) {
        next += 1
        removing = edit.remove
        if (edit.insert !== '') out.push({ is: 'added', text: edit.insert, by })
        continue
      }
      const until = removing > 0 ? removing : (edit?.at ?? Infinity) - offset
      const [part, rest] = [text.slice(0, until), text.slice(until)]
      if (removing === 0) out.push({ ...passage, text: part })
      // What somebody had written in between is gone again.
      else if (passage.is === 'same') out.push({ is: 'removed', text: part, by })
      if (removing > 0) removing -= part.length
      offset += part.length
      text = rest
    }
    if (passage.is === 'removed') out.push(passage)
  }
  for (const { insert } of edits.slice(next)) if (insert !== '') out.push({ is: 'added', text: insert, by })
  return out
}

/** What follows itself is one, and of what was replaced, what was there comes first. */
function together<By>(passages: readonly Passage<By>[]): Passage<By>[] {
  const out: Passage<By>[] = []
  for (const passage of passages) {
    const before = out.at(-1)
    if (before !== undefined && isLike(before, passage))
      out[out.length - 1] = { ...before, text: before.text + passage.text }
    else if (passage.is === 'removed' && before?.is === 'added') out.splice(-1, 0, passage)
    else out.push(passage)
  }
  return out
}

function isLike<By>(a: Passage<By>, b: Passage<By>): boolean {
  if (a.is === 'same' || b.is === 'same') return a.is === b.is
  return a.is === b.is && a.by === b.by
}
