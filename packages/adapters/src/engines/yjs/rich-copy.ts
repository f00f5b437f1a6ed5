/**
 * Makes a rich text what it is in another document: blocks that are equal at both ends stay, those between are changed where they are of the
 * same kind, and text within them only where it differs, formats too. So what others write meanwhile in the rest merges as it was meant.
 */
import { canonical, JoineryError, type EngineDocument, type Plain } from '@joinery/core'
import * as Y from 'yjs'
import { contentOfType } from './content.ts'
import type { Change } from './fields.ts'
import { fragmentOf } from './rich-text.ts'

type Parent = Y.XmlFragment | Y.XmlElement
type Node = Y.XmlElement | Y.XmlText

interface Run {
  readonly insert: unknown
  readonly attributes?: Readonly<Record<string, unknown>>
}

export function copyRich(doc: Y.Doc, name: string, from: EngineDocument, change: Change): void {
  if (!(from.raw instanceof Y.Doc))
    throw new JoineryError('BAD_INPUT', { field: name, rule: 'a document of the same engine' })
  const source = fragmentOf(from.raw, name)
  change(() => copyChildren(fragmentOf(doc, name), source))
}

function copyChildren(to: Parent, from: Parent): void {
  const [old, wanted] = [childrenOf(to), childrenOf(from)]
  const { index, remove, insert } = middleOf(old.map(nameOf), wanted.map(nameOf))
  const kept = Math.min(remove, insert)
  let same = 0
  while (same < kept && copyNode(old[index + same] as Node, wanted[index + same] as Node)) same += 1
  if (remove > same) to.delete(index + same, remove - same)
  const made = wanted.slice(index + same, index + insert)
  if (made.length > 0)
    to.insert(
      index + same,
      made.map(node => node.clone()),
    )
}

/** False when the one cannot become the other. */
function copyNode(to: Node, from: Node): boolean {
  if (to instanceof Y.XmlText && from instanceof Y.XmlText) {
    copyText(to, from)
    return true
  }
  if (!(to instanceof Y.XmlElement) || !(from instanceof Y.XmlElement) || to.nodeName !== from.nodeName) return false
  const [old, wanted] = [attributesOf(to), attributesOf(from)]
  for (const key of Object.keys(old)) if (!Object.hasOwn(wanted, key)) to.removeAttribute(key)
  for (const [key, value] of Object.entries(wanted)) {
    if (canonical(value) !== canonical(old[key])) to.setAttribute(key, value as string)
  }
  copyChildren(to, from)
  return true
}

function copyText(to: Y.XmlText, from: Y.XmlText): void {
  const [old, wanted] = [charactersOf(to), charactersOf(from)]
  const { index, remove, insert } = middleOf(old.map(nameOfRun), wanted.map(nameOfRun))
  let at = old.slice(0, index).reduce((sum, run) => sum + widthOf(run), 0)
  const removed = old.slice(index, index + remove).reduce((sum, run) => sum + widthOf(run), 0)
  if (removed > 0) to.delete(at, removed)
  for (const run of wanted.slice(index, index + insert)) {
    const { insert: part, attributes = {} } = run
    if (typeof part === 'string') to.insert(at, part, attributes)
    else to.insertEmbed(at, part as object, attributes)
    at += widthOf(run)
  }
}

/** Whole characters, which may be two UTF-16 units, and embeds. */
function charactersOf(text: Y.XmlText): Run[] {
  return (text.toDelta() as Run[]).flatMap(run => {
    if (typeof run.insert !== 'string') return [run]
    return Array.from(run.insert, character => ({ ...run, insert: character }))
  })
}

function widthOf({ insert }: Run): number {
  return typeof insert === 'string' ? insert.length : 1
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

function nameOfRun({ insert, attributes }: Run): string {
  return canonical([insert as Plain, (attributes ?? null) as Plain])
}

function childrenOf(parent: Parent): Node[] {
  return parent.toArray() as Node[]
}

function nameOf(node: Node): string {
  return canonical(contentOfType(node))
}

function attributesOf(element: Y.XmlElement): Readonly<Record<string, Plain>> {
  return element.getAttributes() as Readonly<Record<string, Plain>>
}
