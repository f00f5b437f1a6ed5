/**
 * The plain text of a sequence, rich or not: what search, rows and previews read.
 * Laws: each block stands on a line of its own, a hard break begins a new line, formats and embeds leave nothing; no recursion (CR-16).
 * A block is an element that holds text, or nothing; what holds only other elements (a list, a quote) adds no line itself.
 */
import * as Y from 'yjs'
import { itemsOf, wellFormed, type YType } from './content.ts'

export const HARD_BREAK = /^(hard_?break|br)$/i

/** Reads a root, or any type, as text. */
export function plainText(root: YType): string {
  let text: string | undefined = undefined
  const rest: (string | YType)[] = [root]
  const inline = new Set<YType>()
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === 'string') {
      text = (text ?? '') + next
      continue
    }
    const parts = partsOf(next)
    const isInline = inline.has(next)
    const holdsText = isInline || parts.length === 0 || parts.some(part => !(part instanceof Y.XmlElement))
    // A block's line, or a new one within it.
    if (next instanceof Y.XmlElement && holdsText && (!isInline || HARD_BREAK.test(next.nodeName)))
      text = text === undefined && !isInline ? '' : `${text ?? ''}\n`
    for (const part of parts.toReversed()) {
      rest.push(part)
      if (holdsText && typeof part === 'object') inline.add(part)
    }
  }
  return text ?? ''
}

/** Whether a sequence holds types, as rich text does, and not characters of its own. A root that has a type here is not walked through. */
export function isRich(type: YType): boolean {
  if (type instanceof Y.Text) return false
  if (type instanceof Y.XmlFragment) return true
  for (const { content } of itemsOf(type)) if (content instanceof Y.ContentType) return true
  return false
}

function partsOf(type: YType): (string | YType)[] {
  const parts: (string | YType)[] = []
  for (const { content } of itemsOf(type)) {
    if (content instanceof Y.ContentString) parts.push(wellFormed(content.str))
    else if (content instanceof Y.ContentType) parts.push(content.type)
  }
  return parts
}
