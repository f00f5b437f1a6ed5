/**
 * Edits of one text, made again on another: what turned `base` into `theirs`, on a `target` that has changed meanwhile.
 * Laws: on a target equal to base the result is theirs; what was written into the target meanwhile is never deleted; no character is cut.
 * The differences are found by Myers' greedy algorithm (1986) over words, and over characters in scripts that do not space them.
 */

export interface TextEdit {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

const WORD = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]+|[^]/gu

/** Texts that differ in more words than this are one difference: finding more would take time and tell little. */
const MOST_DIFFERENCES = 1_000

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
    for (const [from, to] of survivors(at, at + remove, changes).toReversed()) {
      rebased.push({ at: placeAfter(from, changes), remove: to - from, insert: '' })
    }
    rebased.push({ at: placeAfter(at, changes), remove: 0, insert })
  }
  return rebased.filter(edit => edit.remove > 0 || edit.insert !== '')
}

/**
 * Edits that turn one text into another, in order, each at its offset in the first.
 *
 * @internal
 */
export function diffText(from: string, to: string): TextEdit[] {
  const [old, wanted] = [wordsOf(from), wordsOf(to)]
  const edits: TextEdit[] = []
  // Word counts so far, and the offset in `from`.
  let [x, y, offset] = [0, 0, 0]
  for (const [nextX, nextY] of [...commonWords(old, wanted), [old.length, wanted.length] as const]) {
    const removed = old.slice(x, nextX).join('')
    const insert = wanted.slice(y, nextY).join('')
    if (removed !== '' || insert !== '') edits.push({ at: offset, remove: removed.length, insert })
    offset += removed.length + (old[nextX]?.length ?? 0)
    ;[x, y] = [nextX + 1, nextY + 1]
  }
  return edits
}

function wordsOf(text: string): string[] {
  return text.match(WORD) ?? []
}

type Pair = readonly [x: number, y: number]

/** Which words of the one are which of the other, in order. */
function commonWords(a: readonly string[], b: readonly string[]): Pair[] {
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) start += 1
  let end = 0
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end += 1
  const middle = shortestPath(a.slice(start, a.length - end), b.slice(start, b.length - end))
  return [
    ...Array.from({ length: start }, (_, at): Pair => [at, at]),
    ...middle.map(([x, y]): Pair => [x + start, y + start]),
    ...Array.from({ length: end }, (_, at): Pair => [a.length - end + at, b.length - end + at]),
  ]
}

function shortestPath(a: readonly string[], b: readonly string[]): Pair[] {
  const most = Math.min(a.length + b.length, MOST_DIFFERENCES)
  // furthest[most + k]: how far in `a` one gets on diagonal k. One copy for each number of differences, to walk back by.
  const furthest = new Int32Array(2 * most + 3)
  const at = (k: number): number => furthest[most + 1 + k] ?? 0
  const trace: Int32Array[] = []
  for (let differences = 0; differences <= most; differences++) {
    trace.push(furthest.slice(most - differences, most + differences + 3))
    for (let k = -differences; k <= differences; k += 2) {
      let x = k === -differences || (k !== differences && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1
      furthest[most + 1 + k] = x
      if (x >= a.length && x - k >= b.length) return walkBack(a.length, b.length, trace)
    }
  }
  return []
}

function walkBack(fromX: number, fromY: number, trace: readonly Int32Array[]): Pair[] {
  const pairs: Pair[] = []
  let [x, y] = [fromX, fromY]
  for (let differences = trace.length - 1; differences >= 0; differences--) {
    const furthest = trace[differences] as Int32Array
    const at = (k: number): number => furthest[differences + 1 + k] ?? 0
    const k = x - y
    const down = k === -differences || (k !== differences && at(k - 1) < at(k + 1))
    const [startX, startY] =
      differences === 0 ? [0, 0] : down ? [at(k + 1), at(k + 1) - k - 1] : [at(k - 1), at(k - 1) - k + 1]
    const [afterX, afterY] = differences === 0 ? [0, 0] : down ? [startX, startY + 1] : [startX + 1, startY]
    while (x > afterX && y > afterY) {
      x -= 1
      y -= 1
      pairs.push([x, y])
    }
    ;[x, y] = [startX, startY]
  }
  return pairs.toReversed()
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
    if (at > offset) break
    if (at + remove > offset) return at < offset ? at + by + insert.length : offset + by
    by += insert.length - remove
  }
  return offset + by
}
