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
  const shown = [...doc.share].filter(([, root]) => showsAnything(root))
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
  if (typeof source === 'number' || typeof source === 'boolean') return source
  // No number holds it, and it must not be lost (CR-20). Only other Yjs clients write one.
  if (typeof source === 'bigint') return source.toString()
  if (typeof source !== 'object' || source === null) return null
  if (source instanceof Uint8Array) return Uint8Array.from(source)
  if (Array.isArray(source)) return parts.list(source)
  if (source instanceof Y.AbstractType) return shapeOfType(source, parts)
  if (source instanceof Y.Doc) return parts.record([['subdocument', source.guid]])
  return parts.record(Object.entries(source))
}

function shapeOfType(type: YType, parts: Parts<unknown>): Plain {
  // A root has the type that somebody here gave it, if any: only its items tell.
  if (type._item !== null && type instanceof Y.XmlElement) {
    return parts.record([
      ['name', type.nodeName],
      ['attributes', fieldsOf(type)],
      ['children', sequenceOf(type).runs],
    ])
  }
  const fields = fieldsOf(type)
  const hasFields = Object.keys(fields).length > 0
  if (type._start === null && (hasFields || type instanceof Y.Map)) return parts.record(Object.entries(fields))
  const { runs, text } = sequenceOf(type)
  if (hasFields) {
    return parts.record([
      ['attributes', fields],
      ['children', runs],
    ])
  }
  if (runs.length === 0 && type instanceof Y.Text) return ''
  return text ?? parts.list(runs)
}

function fieldsOf(type: YType): Record<string, unknown> {
  const live = [...type._map].filter(([, item]) => !item.deleted)
  return Object.fromEntries(live.map(([key, item]) => [key, valueOf(item)]))
}

/** A key's value: the last of its item, as Yjs reads it. */
function valueOf(item: Y.Item): unknown {
  return item.content.getContent()[item.length - 1]
}

function showsAnything(type: YType): boolean {
  for (const item of type._map.values()) if (!item.deleted) return true
  for (const item of itemsOf(type)) if (!(item.content instanceof Y.ContentFormat)) return true
  return false
}

/**
 * A sequence as runs; `text` when it is one run of plain text. Neighbours with the same formats are one run: how they are cut into items,
 * and which formats are said twice, differs between replicas that show the same.
 */
function sequenceOf(type: YType): { runs: readonly unknown[]; text: string | undefined } {
  const runs: unknown[] = []
  const formats = new Map<string, unknown>()
  let text = ''
  let attributes: object | undefined = undefined
  let name = ''
  let plainRuns = 0
  const flush = (): void => {
    if (text === '') return
    if (attributes === undefined) plainRuns += 1
    runs.push(attributes === undefined ? text : { text, attributes })
    text = ''
  }
  let reformatted = false
  for (const { content } of itemsOf(type)) {
    if (content instanceof Y.ContentFormat) {
      if (content.value === null) formats.delete(content.key)
      else formats.set(content.key, content.value)
      reformatted = true
      continue
    }
    if (reformatted) {
      const next = formats.size === 0 ? undefined : Object.fromEntries(formats)
      const nextName = next === undefined ? '' : canonical(plainly(next))
      if (nextName !== name) flush()
      attributes = next
      name = nextName
      reformatted = false
    }
    if (content instanceof Y.ContentString) {
      text += wellFormed(content.str)
      continue
    }
    flush()
    if (content instanceof Y.ContentEmbed)
      runs.push(attributes === undefined ? { embed: content.embed } : { embed: content.embed, attributes })
    else runs.push(...content.getContent())
  }
  flush()
  return { runs, text: runs.length === 1 && plainRuns === 1 ? (runs[0] as string) : undefined }
}
