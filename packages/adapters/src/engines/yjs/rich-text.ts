/**
 * Writes rich text: makes one what it is in another document, or what it is after a plain edit (rich-splice.ts). Blocks that are equal at
 * both ends stay, those between are changed where they are of the same kind, and text within them only where it differs, formats too. So
 * what others write meanwhile in the rest merges as it was meant.
 */
import { canonical, JoineryError, plainOf, type EngineDocument, type Plain } from '@joinery/core'
import * as Y from 'yjs'
import { contentOfType } from './content.ts'
import { rootIn, type Change, type Splice } from './fields.ts'
import { isElement, isRecord, partsOf, spliced, type Rich, type RichElement, type RichRecord } from './rich-splice.ts'

type Parent = Y.XmlFragment | Y.XmlElement

/** A character, which may be two UTF-16 units, or an embed: as Yjs inserts it, and by name. */
interface Piece {
  readonly insert: string | object
  readonly attributes: object
  readonly name: string
}

export function copyRich(doc: Y.Doc, name: string, from: EngineDocument, change: Change): void {
  if (!(from.raw instanceof Y.Doc)) throw new JoineryError('BAD_INPUT', { field: name, from: 'another engine' })
  const wanted = childrenOf(fragmentOf(from.raw, name))
  change(() => rewrite(fragmentOf(doc, name), () => wanted))
}

export function richSplice(doc: Y.Doc, name: string): Splice {
  return (at, count, text) => rewrite(fragmentOf(doc, name), old => spliced(old, at, at + count, text))
}

/** The root as what rich editors bind to. FIELD_SHAPE when it is something else already. */
function fragmentOf(doc: Y.Doc, name: string): Y.XmlFragment {
  return rootIn(doc, name, 'sequence', () => doc.getXmlFragment(name))
}

function childrenOf(root: Y.XmlFragment): readonly Rich[] {
  return root.toArray().map(child => contentOfType(child) as Rich)
}

function rewrite(root: Y.XmlFragment, edit: (old: readonly Rich[]) => readonly Rich[]): void {
  const old = childrenOf(root)
  write(root, old, edit(old))
}

function write(to: Parent, old: readonly Rich[], wanted: readonly Rich[]): void {
  const { index, remove, insert } = middleOf(old as Plain[], wanted as Plain[])
  for (let at = index; at < index + insert; at++) {
    const node = wanted[at] as Rich
    const there = at < index + remove ? to.get(at) : undefined
    const fits = isElement(node)
      ? there instanceof Y.XmlElement && there.nodeName === node.name
      : there instanceof Y.XmlText
    if (!fits) {
      if (there !== undefined) to.delete(at, 1)
      to.insert(at, [isElement(node) ? new Y.XmlElement(node.name) : new Y.XmlText()])
    }
    // What is new is filled like what was there, now that it is part of the document.
    const parts = fits ? partsOf(old[at] as Rich) : []
    if (isElement(node)) writeElement(to.get(at) as Y.XmlElement, parts, node)
    else writeText(to.get(at) as Y.XmlText, parts, partsOf(node))
  }
  if (remove > insert) to.delete(index + insert, remove - insert)
}

function writeElement(to: Y.XmlElement, parts: readonly Rich[], { attributes = {}, children }: RichElement): void {
  const old = to.getAttributes() as Readonly<Record<string, Plain>>
  for (const key of Object.keys({ ...old, ...attributes })) {
    const value = attributes[key]
    if (value === undefined) to.removeAttribute(key)
    // Yjs takes no record without a prototype.
    else if (!isSame(value, old[key])) to.setAttribute(key, plainOf(value) as string)
  }
  write(to, parts, children)
}

function writeText(to: Y.XmlText, parts: readonly Rich[], runs: readonly Rich[]): void {
  const [old, wanted] = [parts.flatMap(piecesOf), runs.flatMap(piecesOf)]
  const { index, remove, insert } = middleOf(old.map(nameOf), wanted.map(nameOf))
  const at = widthOf(old.slice(0, index))
  to.delete(at, widthOf(old.slice(index, index + remove)))
  const inserts: { insert: string | object; readonly attributes: object }[] = []
  for (const { insert: part, attributes } of wanted.slice(index, index + insert)) {
    const last = inserts.at(-1)
    // Of one run, and so written at once.
    if (typeof part === 'string' && typeof last?.insert === 'string' && last.attributes === attributes)
      last.insert += part
    else inserts.push({ insert: part, attributes })
  }
  to.applyDelta([{ retain: at }, ...inserts])
}

function piecesOf(run: Rich): readonly Piece[] {
  const { embed = {}, text, ...rest }: RichRecord = isRecord(run) ? run : { text: run as string }
  // Yjs adds to the attributes that it is given.
  const attributes = { ...rest.attributes }
  const formats = canonical(attributes)
  if (text === undefined) return [{ insert: embed as object, attributes, name: canonical([embed]) + formats }]
  return Array.from(text, insert => ({ insert, attributes, name: insert + formats }))
}

function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { insert }) => sum + (typeof insert === 'string' ? insert.length : 1), 0)
}

/** What differs when both ends that are equal are left out. */
function middleOf(old: readonly Plain[], wanted: readonly Plain[]): { index: number; remove: number; insert: number } {
  const shorter = Math.min(old.length, wanted.length)
  let index = 0
  while (index < shorter && isSame(old[index], wanted[index])) index += 1
  let behind = 0
  while (behind < shorter - index && isSame(old.at(-1 - behind), wanted.at(-1 - behind))) behind += 1
  return { index, remove: old.length - index - behind, insert: wanted.length - index - behind }
}

function isSame(a: Plain | undefined, b: Plain | undefined): boolean {
  return a === b || canonical(a) === canonical(b)
}

function nameOf({ name }: Piece): string {
  return name
}
