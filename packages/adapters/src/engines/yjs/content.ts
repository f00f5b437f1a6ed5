/**
 * What a Yjs document shows, read from its items and not through its types, because a root that nobody here has named has no type yet and
 * must read the same as one that has (D1). Laws: nothing is written or typed by reading (D4); no recursion, so depth is no limit (CR-16);
 * keys are sorted and records have no prototype (CR-17); a root that shows nothing is left out, since reading elsewhere may have made it.
 *
 * Forms: a map is a record; text is a string, or a list of runs when it has formats or embeds; an XML element is
 * `{ name, attributes, children }`; any other sequence is a list.
 */
import { canonical, type Plain } from '@joinery/core'
import * as Y from 'yjs'
import { assemble, type Parts } from '../../assemble.ts'

/** What is read of a shared type, whatever it is. */
export interface YType {
  readonly _item: Y.Item | null
  readonly _map: ReadonlyMap<string, Y.Item>
  readonly _start: Y.Item | null
  readonly _length: number
}

/** Root names to content. */
export function contentOf(doc: Y.Doc): Plain {
  const shown = [...doc.share].filter(([, root]) => root._length > 0 || keysOf(root).length > 0)
  return plainly(Object.fromEntries(shown))
}

/** What one type shows. */
export function contentOfType(type: YType): Plain {
  return plainly(type)
}

/** What one key of a map shows, or undefined when it has no value. */
export function entryOf(map: YType, key: string): Plain | undefined {
  const item = map._map.get(key)
  return item === undefined || item.deleted ? undefined : plainly(valueOf(item))
}

/** The keys of a map that have a value, sorted. */
export function keysOf(map: YType): string[] {
  return [...map._map]
    .filter(([, item]) => !item.deleted)
    .map(([key]) => key)
    .sort()
}

/** Items of a sequence that are not deleted, in order. */
export function* itemsOf(type: YType): Generator<Y.Item> {
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) yield item
}

/** Text as every replica will have it: half of a surrogate pair does not survive the wire (CR-19). */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

function plainly(source: unknown): Plain {
  return assemble(source, shape)
}

function shape(source: unknown, parts: Parts<unknown>): Plain {
  if (typeof source === 'string') return wellFormed(source)
  // No number holds it, and it must not be lost (CR-20). Only other Yjs clients write one.
  if (typeof source === 'bigint') return source.toString()
  if (typeof source !== 'object' || source === null) return (source ?? null) as Plain
  if (source instanceof Uint8Array) return Uint8Array.from(source)
  if (Array.isArray(source)) return parts.list(source)
  if (source instanceof Y.AbstractType) return shapeOfType(source, parts)
  if (source instanceof Y.Doc) return parts.record({ subdocument: source.guid })
  return parts.record(source as Readonly<Record<string, unknown>>)
}

function shapeOfType(type: YType, parts: Parts<unknown>): Plain {
  const keys = keysOf(type)
  const attributes = Object.fromEntries(keys.map(key => [key, valueOf(type._map.get(key) as Y.Item)]))
  // A root has the type that somebody here gave it, if any: only its items tell.
  const name = type._item !== null && type instanceof Y.XmlElement ? type.nodeName : undefined
  const isMap = name === undefined && type._start === null && (keys.length > 0 || type instanceof Y.Map)
  if (isMap) return parts.record(attributes)
  const { runs, text } = sequenceOf(type)
  if (name !== undefined) return parts.record({ name, attributes, children: runs })
  if (keys.length > 0) return parts.record({ attributes, children: runs })
  return runs.length === 0 && type instanceof Y.Text ? '' : (text ?? parts.list(runs))
}

/** A key's value: the last of its item, as Yjs reads it. */
function valueOf(item: Y.Item): unknown {
  return item.content.getContent()[item.length - 1]
}

/**
 * A sequence as runs; `text` when it is one run of plain text. Neighbours with the same formats are one run: how they are cut into items,
 * and which formats are said twice, differs between replicas that show the same.
 */
function sequenceOf(type: YType): { runs: readonly unknown[]; text: string | undefined } {
  const formats = new Map<string, unknown>()
  const runs: unknown[] = []
  let text = ''
  // The formats here, and those of the last run when it is text.
  let name = ''
  let nameOfText: string | undefined = undefined
  for (const { content } of itemsOf(type)) {
    const attributes = (): object => Object.fromEntries(formats)
    if (content instanceof Y.ContentFormat) {
      if (content.value === null) formats.delete(content.key)
      else formats.set(content.key, content.value)
      name = formats.size === 0 ? '' : canonical(plainly(attributes()))
    } else if (content instanceof Y.ContentString) {
      if (nameOfText !== name) runs.push((text = ''))
      nameOfText = name
      text += wellFormed(content.str)
      runs[runs.length - 1] = name === '' ? text : { text, attributes: attributes() }
    } else {
      nameOfText = undefined
      // One by one: an array may hold more values than a call takes arguments.
      if (!(content instanceof Y.ContentEmbed)) for (const value of content.getContent()) runs.push(value)
      else runs.push(name === '' ? { embed: content.embed } : { embed: content.embed, attributes: attributes() })
    }
  }
  return { runs, text: runs.length === 1 && nameOfText === '' ? text : undefined }
}
