/**
 * Plain edits of a rich text, by the offsets of its plain text (plain-text.ts): for text that no editor wrote, from a template, an import or
 * a merge. They are made on the value that content.ts shows; rich-text.ts writes what comes out. Laws: what is not edited keeps its
 * structure; a line is a block, so a newline that is inserted ends a block and begins a paragraph behind it, and one that is deleted joins
 * two blocks into the first. What has no width (an embed, a mention) stays at the ends of what is deleted, and goes within it.
 */
import type { Plain } from '@joinery/core'
import { wellFormed } from './content.ts'
import { HARD_BREAK } from './plain-text.ts'

/** An element has a name. A text is a list of runs, or the one run that it is; with attributes of its own it has children, and no name. */
export type Rich = string | readonly Rich[] | RichRecord

export interface RichRecord {
  readonly name?: string
  readonly attributes?: Readonly<Record<string, Plain>>
  readonly children?: readonly Rich[]
  readonly text?: string
  readonly embed?: Plain
}

export interface RichElement extends RichRecord {
  readonly name: string
  readonly children: readonly Rich[]
}

const PARAGRAPH: RichElement = { name: 'paragraph', attributes: {}, children: [] }

/** What a root holds when `inserted` takes the place of what stood from `at` to `end` in its plain text. */
export function spliced(children: readonly Rich[], at: number, end: number, inserted: string): readonly Rich[] {
  const root = { ...PARAGRAPH, children }
  const touched = blocksOf(root).filter(block => block.start <= end && block.end >= at)
  const [first, last] = [touched[0] as Block, touched.at(-1) as Block]
  const before = cut(first.element.children, 0, at - first.start)
  // What stands where text is inserted is before it, and not behind it once more.
  const behind = cut(last.element.children, end - last.start, Infinity, Math.max(end, at + 1) - last.start)
  const [line = '', ...more] = inserted.split('\n')
  const lines = [joined(before, written(line, before.at(-1))), ...more.map(text => written(text))]
  lines.push(joined(lines.pop() ?? [], behind))
  const made = lines.map((parts, line) => ({
    ...(line === 0 ? first.element : PARAGRAPH),
    // A text that others write in stays, and a block of hard breaks alone would read as something that holds blocks.
    children: parts.every(isElement) ? ['', ...parts] : parts,
  }))
  // A root has no lines of its own.
  if (first.element === root && (made.length > 1 || children.length === 0)) return made
  const replaced = new Map<Rich, readonly Rich[]>(touched.map(({ element }) => [element, []]))
  return rebuilt(root, replaced.set(first.element, made)).flatMap(insideOf)
}

interface Block {
  readonly element: RichElement
  readonly start: number
  readonly end: number
}

/** The lines of the plain text, as plain-text.ts cuts them. */
function blocksOf(root: RichElement): Block[] {
  const blocks: Block[] = []
  let start = 0
  const visit = (element: RichElement): void => {
    const { children } = element
    if (children.length > 0 && children.every(isElement)) return children.forEach(visit)
    const end = start + lengthOf(children)
    blocks.push({ element, start, end })
    start = end + 1
  }
  visit(root)
  return blocks
}

/** With others in place of some elements, and without what then holds nothing (a list item, a list). */
function rebuilt(node: Rich, replaced: ReadonlyMap<Rich, readonly Rich[]>): readonly Rich[] {
  const made = replaced.get(node)
  if (made !== undefined || !isElement(node) || node.children.length === 0) return made ?? [node]
  const children = node.children.flatMap(child => rebuilt(child, replaced))
  return children.length === 0 ? [] : [{ ...node, children }]
}

/** What stands between two offsets; what has no width counts from `bare` on. */
function cut(parts: readonly Rich[], from: number, to: number, bare = from): Rich[] {
  let start = 0
  return parts.flatMap((part): Rich[] => {
    const [a, b, c] = [from - start, to - start, bare - start]
    const length = lengthOf(part)
    start += length
    if (b < 0) return []
    if (length === 0) return c <= 0 ? [part] : []
    if (isBreak(part)) return a <= 0 && b > 0 ? [part] : []
    const inside = insideOf(part)
    const left = typeof inside === 'string' ? wellFormed(inside.slice(Math.max(a, 0), b)) : cut(inside, a, b, c)
    if (left.length === 0) return []
    return [isRecord(part) ? { ...part, [typeof left === 'string' ? 'text' : 'children']: left } : left]
  })
}

/** Texts that meet become one. */
function joined(before: readonly Rich[], behind: readonly Rich[]): readonly Rich[] {
  const [last, first] = [before.at(-1), behind[0]]
  if (last === undefined || first === undefined || isElement(last) || isElement(first)) return [...before, ...behind]
  return [...before.slice(0, -1), [...partsOf(last), ...partsOf(first)], ...behind.slice(1)]
}

/** Text with the formats of what it is written behind, as Yjs inserts it. */
function written(text: string, behind?: Rich): readonly Rich[] {
  const run = behind === undefined || isElement(behind) ? undefined : partsOf(behind).at(-1)
  const attributes = isRecord(run) ? run.attributes : undefined
  return text === '' ? [] : [attributes === undefined ? text : [{ text, attributes }]]
}

/** In UTF-16 units of plain text. */
function lengthOf(part: Rich): number {
  const inside = insideOf(part)
  if (isBreak(part)) return 1
  return typeof inside === 'string' ? inside.length : inside.reduce((sum, each) => sum + lengthOf(each), 0)
}

/** The runs of a text, the children of an element. */
export function partsOf(text: Rich): readonly Rich[] {
  return [insideOf(text)].flat()
}

function insideOf(part: Rich): string | readonly Rich[] {
  return isRecord(part) ? (part.text ?? part.children ?? '') : part
}

export function isElement(part: Rich): part is RichElement {
  return isRecord(part) && part.name !== undefined
}

function isBreak(part: Rich): boolean {
  return isElement(part) && HARD_BREAK.test(part.name)
}

export function isRecord(part: Rich | undefined): part is RichRecord {
  return typeof part === 'object' && !Array.isArray(part)
}
