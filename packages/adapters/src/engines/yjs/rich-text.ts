/**
 * Writes rich text: makes one what it is in another document, or what it is after a plain edit (rich-splice.ts). Blocks that are equal at
 * both ends stay, those between are changed where they are of the same kind, and text within them only where it differs, formats too. So
 * what others write meanwhile in the rest merges as it was meant.
 */
import { canonical, JoineryError, plainOf, type EngineDocument, type Plain } from '@joinery/core'
import * as Y from 'yjs'
import { contentOfType } from './content.ts'
import { rootIn, type Change, type Splice } from './fields.ts'
import { isElement, isRecord, runsOf, spliced, type Rich, type RichElement, type RichRecord } from './rich-splice.ts'

type Parent = Y.XmlFragment | Y.XmlElement

/** A character, which may be two UTF-16 units, or an embed: as Yjs inserts it, and by name. */
interface Piece {
  readonly insert: string | object
  readonly attributes: object
  readonly name: string
}

export function copyRich(doc: Y.Doc, name: string, from: EngineDocument, change: Change): void {
  if (!(from.raw instanceof Y.Doc))
    throw new JoineryError('BAD_INPUT', { field: name, rule: 'a document of the same engine' })
  const source = childrenOf(fragmentOf(from.raw, name))
  change(() => write(fragmentOf(doc, name), source))
}

export function richSplice(doc: Y.Doc, name: string): Splice {
  return (at, count, text) => {
    const root = fragmentOf(doc, name)
    write(root, spliced(childrenOf(root), at, at + count, text))
  }
}

/** The root as what rich editors bind to. FIELD_SHAPE when it is something else already. */
function fragmentOf(doc: Y.Doc, name: string): Y.XmlFragment {
  return rootIn(doc, name, 'sequence', () => doc.getXmlFragment(name))
}

function childrenOf(parent: Parent): readonly Rich[] {
  return parent.toArray().map(child => contentOfType(child) as Rich)
}

function write(to: Parent, wanted: readonly Rich[]): void {
  const { index, remove, insert } = middleOf(childrenOf(to).map(canonicalOf), wanted.map(canonicalOf))
  for (let at = index; at < index + insert; at++) {
    const node = wanted[at] as Rich
    const there = at < index + remove ? to.get(at) : undefined
    const fits = isElement(node)
      ? there instanceof Y.XmlElement && there.nodeName === node.name
      : there instanceof Y.XmlText
    if (!fits) {
      if (there !== undefined) to.delete(at, 1)
      // Filled when it is part of the document: Yjs cannot read what is not.
      to.insert(at, [isElement(node) ? new Y.XmlElement(node.name) : new Y.XmlText()])
    }
    if (isElement(node)) writeElement(to.get(at) as Y.XmlElement, node)
    else writeText(to.get(at) as Y.XmlText, node)
  }
  if (remove > insert) to.delete(index + insert, remove - insert)
}

function writeElement(to: Y.XmlElement, { attributes = {}, children }: RichElement): void {
  const old = to.getAttributes() as Readonly<Record<string, Plain>>
  for (const key of Object.keys({ ...old, ...attributes })) {
    const value = attributes[key]
    if (value === undefined) to.removeAttribute(key)
    // Yjs takes no record without a prototype.
    else if (canonical(value) !== canonical(old[key])) to.setAttribute(key, plainOf(value) as string)
  }
  write(to, children)
}

function writeText(to: Y.XmlText, text: Rich): void {
  const [old, wanted] = [piecesOf(contentOfType(to) as Rich), piecesOf(text)]
  const { index, remove, insert } = middleOf(old.map(nameOf), wanted.map(nameOf))
  const at = widthOf(old.slice(0, index))
  to.delete(at, widthOf(old.slice(index, index + remove)))
  to.applyDelta([
    { retain: at },
    // Yjs adds to the attributes that it is given.
    ...wanted.slice(index, index + insert).map(piece => ({ ...piece, attributes: { ...piece.attributes } })),
  ])
}

function piecesOf(text: Rich): readonly Piece[] {
  return runsOf(text).flatMap((run): readonly Piece[] => {
    const { attributes = {}, embed = {}, text }: RichRecord = isRecord(run) ? run : { text: run as string }
    const formats = canonical(attributes)
    if (text === undefined) return [{ insert: embed as object, attributes, name: canonical([embed]) + formats }]
    return Array.from(text, insert => ({ insert, attributes, name: insert + formats }))
  })
}

function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { insert }) => sum + (typeof insert === 'string' ? insert.length : 1), 0)
}

/** What differs when both ends that are equal are left out. */
function middleOf(
  old: readonly string[],
  wanted: readonly string[],
): { index: number; remove: number; insert: number } {
  const shorter = Math.min(old.length, wanted.length)
  let index = 0
  while (index < shorter && old[index] === wanted[index]) index += 1
  let behind = 0
  while (behind < shorter - index && old.at(-1 - behind) === wanted.at(-1 - behind)) behind += 1
  return { index, remove: old.length - index - behind, insert: wanted.length - index - behind }
}

function nameOf({ name }: Piece): string {
  return name
}

function canonicalOf(part: Rich): string {
  return canonical(part as Plain)
}
