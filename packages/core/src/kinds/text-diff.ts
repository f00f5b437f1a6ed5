/**
 * Edits of one text, made again on another: what turned `base` into `theirs`, on a `target` that has changed meanwhile.
 * Laws: on a target equal to base the result is theirs; what was written into the target meanwhile is never deleted.
 * The differences are found by lines, then words (patience diff), then letters.
 */
import { simpleDiffString } from 'lib0/diff'
import { diffAuto } from 'lib0/diff/patience'

export interface TextEdit {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

/**
 * The edits for the target, last first: each can be done as it is, one after the other.
 *
 * @internal
 */
export function rebase(base: string, theirs: string, target: string): TextEdit[] {
  const edits = diffText(base, theirs)
  const changes = base === target ? [] : diffText(base, target)
  const rebased: TextEdit[] = []
  for (const { at, remove, insert } of edits.toReversed()) {
    for (const [from, to] of survivors(at, at + remove, changes).reverse()) {
      rebased.push({ at: placeAfter(from, changes), remove: to - from, insert: '' })
    }
    rebased.push({ at: placeAfter(at, changes), remove: 0, insert })
  }
  return rebased.filter(edit => edit.remove > 0 || edit.insert !== '')
}

/** Edits that turn one text into another, in order, each at its offset in the first. */
function diffText(from: string, to: string): TextEdit[] {
  return diffAuto(from, to)
    .map(({ index, remove, insert }) => {
      const inner = simpleDiffString(remove, insert)
      return { at: index + inner.index, remove: inner.remove, insert: inner.insert }
    })
    .filter(edit => edit.remove > 0 || edit.insert !== '')
}

/** What is left of a stretch of base, in base offsets. */
function survivors(start: number, end: number, changes: readonly TextEdit[]): [from: number, to: number][] {
  const left: [number, number][] = []
  let from = start
  for (const { at, remove } of changes) {
    if (at + remove <= start) continue
    if (at >= end) break
    if (at > from) left.push([from, at])
    from = Math.max(from, at + remove)
  }
  if (from < end) left.push([from, end])
  return left
}

/** Where an offset of base is after the changes. */
function placeAfter(offset: number, changes: readonly TextEdit[]): number {
  let by = 0
  for (const { at, remove, insert } of changes) {
    if (at + remove > offset) return at < offset ? at + by + insert.length : offset + by
    by += insert.length - remove
  }
  return offset + by
}
