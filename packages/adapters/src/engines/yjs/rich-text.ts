/**
 * Plain edits of a rich text, by the offsets of its plain text (plain-text.ts): for text that no editor wrote, from a template, an import or
 * a merge. Laws: what is not edited keeps its structure; a line is a block, so a newline that is inserted ends a block and begins a
 * paragraph behind it, and one that is deleted joins two blocks into the first.
 */
import { checkName, isWellFormed, JoineryError, type EngineText } from '@joinery/core'
import * as Y from 'yjs'
import { checkRange, rootOf, typed, type Change } from './fields.ts'
import { HARD_BREAK, plainText } from './plain-text.ts'

type Parent = Y.XmlFragment | Y.XmlElement
type Node = Y.XmlElement | Y.XmlText

/** A stretch of a block's plain text. What is no text is one character, a hard break. */
interface Piece {
  readonly node: Node
  readonly start: number
  readonly length: number
}

/** A line of the plain text: an element that holds text, or the root itself. */
interface Block {
  readonly parent: Parent
  readonly start: number
  readonly length: number
  readonly pieces: readonly Piece[]
}

export function richField(doc: Y.Doc, name: string, change: Change): EngineText {
  const text = (): string => {
    const root = rootOf(doc, name, 'sequence')
    return root === undefined ? '' : plainText(root)
  }
  const fragment = (): Y.XmlFragment => fragmentOf(doc, name)
  return {
    get length() {
      return text().length
    },
    toString: text,
    insert(at, inserted) {
      if (!isWellFormed(inserted))
        throw new JoineryError('BAD_INPUT', { field: name, what: 'half of a surrogate pair' })
      checkRange(name, at, 0, text().length)
      if (inserted !== '') change(() => insert(fragment(), at, inserted.split('\n')))
    },
    delete(at, count) {
      checkRange(name, at, count, text().length)
      if (count > 0) change(() => remove(fragment(), at, count))
    },
  }
}

/** The root as what rich editors bind to. FIELD_SHAPE when it is something else already. */
export function fragmentOf(doc: Y.Doc, name: string): Y.XmlFragment {
  rootOf(doc, name, 'sequence')
  return typed(name, () => doc.getXmlFragment(checkName(name)))
}

function insert(root: Y.XmlFragment, at: number, lines: readonly string[]): void {
  const [first = '', ...rest] = lines
  const block = blockAt(root, at)
  if (block === undefined) {
    root.insert(0, lines.map(paragraphOf))
    return
  }
  const tail = rest.length === 0 ? [] : cutTail(block, at)
  // The tail may have been all there was.
  write(blockAt(root, at) ?? block, at, first)
  if (rest.length === 0) return
  const made = rest.map(paragraphOf)
  if (block.parent.parent === null) root.push(made)
  else insertAfter(block.parent as Y.XmlElement, made)
  const last = made.at(-1)
  // Yjs cannot add behind what is not yet part of the document.
  last?.push(tail)
  if (last !== undefined) keepBlock(last)
}

/** Into the text at the place, or the one before it; a block that has none there gets one. */
function write(block: Block, at: number, text: string): void {
  if (text === '') return
  const piece = block.pieces.find(
    ({ node, start, length }) => node instanceof Y.XmlText && start <= at && at <= start + length,
  )
  if (piece?.node instanceof Y.XmlText) piece.node.insert(indexIn(piece.node, at - piece.start), text)
  else block.parent.insert(childIndexAt(block, at), [new Y.XmlText(text)])
}

function remove(root: Y.XmlFragment, at: number, count: number): void {
  const end = at + count
  const touched = blocksOf(root).filter(block => block.start <= end && block.start + block.length >= at)
  const [first] = touched
  const last = touched.at(-1)
  for (const block of touched.toReversed()) {
    for (const piece of block.pieces.toReversed()) removeFrom(piece, at, end)
  }
  if (first === undefined || last === undefined || first === last) return
  const rest = last.parent.toArray().map(child => (child as Node).clone())
  for (const { parent } of touched.slice(1)) detach(parent as Y.XmlElement)
  first.parent.push(rest)
}

function removeFrom({ node, start, length }: Piece, at: number, end: number): void {
  const [from, to] = [Math.max(at, start) - start, Math.min(end, start + length) - start]
  if (from >= to) return
  if (node instanceof Y.XmlText) {
    const index = indexIn(node, from)
    node.delete(index, indexIn(node, to) - index)
  } else detach(node)
}

/** Takes out of a block what stands behind the place. */
function cutTail(block: Block, at: number): Node[] {
  const { parent } = block
  const split = block.pieces.find(
    ({ node, start, length }) => node instanceof Y.XmlText && start < at && at < start + length,
  )
  let behind = childIndexAt(block, at)
  const tail: Node[] = []
  if (split?.node instanceof Y.XmlText && split.node.parent === parent) {
    const index = indexIn(split.node, at - split.start)
    const text = split.node.clone()
    text.delete(0, index)
    split.node.delete(index, split.node.length - index)
    tail.push(text)
    behind = indexOf(split.node) + 1
  }
  const children = parent.toArray().slice(behind)
  tail.push(...children.map(child => (child as Node).clone()))
  if (children.length > 0) parent.delete(behind, children.length)
  keepBlock(parent)
  return tail
}

/** A block of hard breaks alone would read as something that holds blocks. */
function keepBlock(parent: Parent): void {
  const children = parent.toArray()
  if (children.length > 0 && !children.some(child => child instanceof Y.XmlText)) parent.insert(0, [new Y.XmlText()])
}

/** The place among a block's children for something new. */
function childIndexAt({ parent, pieces }: Block, at: number): number {
  const next = pieces.find(({ node, start }) => start >= at && node.parent === parent)
  return next === undefined ? parent.length : indexOf(next.node)
}

function blockAt(root: Y.XmlFragment, at: number): Block | undefined {
  return blocksOf(root).find(({ start, length }) => start <= at && at <= start + length)
}

/** The lines of the plain text, as plain-text.ts cuts them. */
function blocksOf(root: Y.XmlFragment): Block[] {
  const blocks: Block[] = []
  let offset = 0
  visit(root)
  return blocks

  function visit(parent: Parent): void {
    const children = parent.toArray() as Node[]
    const isBlock = children.length === 0 ? parent !== root : children.some(child => !(child instanceof Y.XmlElement))
    if (!isBlock) {
      for (const child of children) visit(child as Y.XmlElement)
      return
    }
    const start = offset
    const pieces: Piece[] = []
    for (const child of children) collect(child, pieces)
    blocks.push({ parent, start, length: offset - start, pieces })
    offset += 1
  }

  function collect(node: Node, pieces: Piece[]): void {
    const length = node instanceof Y.XmlText ? lengthOf(node) : HARD_BREAK.test(node.nodeName) ? 1 : 0
    if (length > 0 || node instanceof Y.XmlText) pieces.push({ node, start: offset, length })
    offset += length
    if (node instanceof Y.XmlElement) for (const child of node.toArray()) collect(child as Node, pieces)
  }
}

/** Without embeds, which leave nothing in plain text. */
function lengthOf(text: Y.XmlText): number {
  return runsOf(text).reduce((sum, run) => sum + (typeof run.insert === 'string' ? run.insert.length : 0), 0)
}

/** Where a plain offset is among characters and embeds. */
function indexIn(text: Y.XmlText, offset: number): number {
  let [index, plain] = [0, 0]
  for (const { insert: run } of runsOf(text)) {
    if (plain >= offset) break
    const length = typeof run === 'string' ? Math.min(run.length, offset - plain) : 0
    plain += length
    index += typeof run === 'string' ? length : 1
  }
  return index
}

function runsOf(text: Y.XmlText): readonly { readonly insert: unknown }[] {
  return text.toDelta() as readonly { readonly insert: unknown }[]
}

function paragraphOf(text: string): Y.XmlElement {
  const paragraph = new Y.XmlElement('paragraph')
  if (text !== '') paragraph.insert(0, [new Y.XmlText(text)])
  return paragraph
}

function insertAfter(node: Y.XmlElement, made: Y.XmlElement[]): void {
  const parent = node.parent as Parent
  parent.insert(indexOf(node) + 1, made)
}

/** Takes a node out, and what holds nothing else (a list item, a list). */
function detach(node: Node): void {
  const parent = node.parent as Parent
  parent.delete(indexOf(node), 1)
  if (
    parent.length === 0 &&
    parent instanceof Y.XmlElement &&
    node instanceof Y.XmlElement &&
    !HARD_BREAK.test(node.nodeName)
  ) {
    detach(parent)
  }
}

function indexOf(node: Node): number {
  return (node.parent as Parent).toArray().indexOf(node)
}
