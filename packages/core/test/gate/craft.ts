/** Writes updates in Yjs' V1 encoding piece by piece, so that a test can get any of them wrong. Made from the format, not from Yjs' code. */
import * as encoding from 'lib0/encoding'

export type Id = readonly [author: number, clock: number]
export type Write = (encoder: encoding.Encoder) => void

const GC = 0
const SKIP = 10

const LEFT = 0b1000_0000
const RIGHT = 0b0100_0000
const KEY = 0b0010_0000

/** What an item holds: its kind, how it is written, and how many clocks it takes when that is not one. */
export interface Content {
  readonly kind: number
  readonly write: Write
  readonly length?: number
}

export interface Place {
  readonly left?: Id | undefined
  readonly right?: Id | undefined
  /** A root's name or the id of the item that holds the type. Written when there is neither left nor right. */
  readonly parent?: string | Id | undefined
  readonly key?: string | undefined
}

export interface SectionSpec {
  readonly author: number
  readonly clock: number
  readonly structs: readonly Write[]
  /** The count that is declared, when it is not the truth. */
  readonly count?: number
}

export interface DeleteSpec {
  readonly author: number
  readonly ranges: readonly (readonly [clock: number, length: number])[]
  readonly count?: number
}

export function update(sections: readonly SectionSpec[], deletes: readonly DeleteSpec[] = []): Uint8Array {
  return bytes(e => {
    encoding.writeVarUint(e, sections.length)
    for (const { author, clock, structs, count } of sections) {
      encoding.writeVarUint(e, count ?? structs.length)
      encoding.writeVarUint(e, author)
      encoding.writeVarUint(e, clock)
      for (const struct of structs) struct(e)
    }
    encoding.writeVarUint(e, deletes.length)
    for (const { author, ranges, count } of deletes) {
      encoding.writeVarUint(e, author)
      encoding.writeVarUint(e, count ?? ranges.length)
      for (const [clock, length] of ranges) {
        encoding.writeVarUint(e, clock)
        encoding.writeVarUint(e, length)
      }
    }
  })
}

export function bytes(write: Write): Uint8Array {
  const encoder = encoding.createEncoder()
  write(encoder)
  return encoding.toUint8Array(encoder)
}

export function run(length: number, info: number): Write {
  return e => {
    encoding.writeUint8(e, info)
    encoding.writeVarUint(e, length)
  }
}

export const gc = (length: number): Write => run(length, GC)
export const skip = (length: number): Write => run(length, SKIP)

export function item(content: Content, place: Place = { parent: 'root' }): Write {
  return e => {
    const { left, right, parent = 'root', key } = place
    const info = content.kind | (left ? LEFT : 0) | (right ? RIGHT : 0) | (key === undefined ? 0 : KEY)
    encoding.writeUint8(e, info)
    if (left) writeId(e, left)
    if (right) writeId(e, right)
    if (!left && !right) {
      encoding.writeVarUint(e, typeof parent === 'string' ? 1 : 0)
      if (typeof parent === 'string') encoding.writeVarString(e, parent)
      else writeId(e, parent)
      if (key !== undefined) encoding.writeVarString(e, key)
    }
    content.write(e)
  }
}

export function deleted(length: number): Content {
  return { kind: 1, length, write: e => encoding.writeVarUint(e, length) }
}

/** Values of old Yjs versions, each as JSON text. */
export function json(...texts: readonly string[]): Content {
  return {
    kind: 2,
    length: texts.length,
    write: e => {
      encoding.writeVarUint(e, texts.length)
      for (const text of texts) encoding.writeVarString(e, text)
    },
  }
}

export function binary(content: Uint8Array): Content {
  return { kind: 3, write: e => encoding.writeVarUint8Array(e, content) }
}

export function text(content: string): Content {
  return { kind: 4, length: content.length, write: e => encoding.writeVarString(e, content) }
}

/** Text given as bytes, which need not be UTF-8. */
export function rawText(content: readonly number[]): Content {
  return { kind: 4, write: e => encoding.writeVarUint8Array(e, Uint8Array.from(content)) }
}

export function embed(jsonText: string): Content {
  return { kind: 5, write: e => encoding.writeVarString(e, jsonText) }
}

export function format(key: string, jsonText: string): Content {
  return {
    kind: 6,
    write: e => {
      encoding.writeVarString(e, key)
      encoding.writeVarString(e, jsonText)
    },
  }
}

export const ARRAY = 0
export const MAP = 1
export const XML_ELEMENT = 3
export const XML_HOOK = 5

export function type(ref: number, name?: string): Content {
  return {
    kind: 7,
    write: e => {
      encoding.writeVarUint(e, ref)
      if (name !== undefined) encoding.writeVarString(e, name)
    },
  }
}

export function any(...values: readonly unknown[]): Content {
  return {
    kind: 8,
    length: values.length,
    write: e => {
      encoding.writeVarUint(e, values.length)
      for (const value of values) encoding.writeAny(e, value as encoding.AnyEncodable)
    },
  }
}

/** One value given as its encoding. */
export function rawAny(write: Write): Content {
  return {
    kind: 8,
    write: e => {
      encoding.writeVarUint(e, 1)
      write(e)
    },
  }
}

export function subdoc(guid: string, options: unknown): Content {
  return {
    kind: 9,
    write: e => {
      encoding.writeVarString(e, guid)
      encoding.writeAny(e, options as encoding.AnyEncodable)
    },
  }
}

/** `any` that nests arrays so deep. */
export function nestedAny(depth: number): Content {
  return rawAny(e => {
    for (let i = 0; i < depth; i++) {
      encoding.writeUint8(e, 117)
      encoding.writeVarUint(e, 1)
    }
    encoding.writeUint8(e, 126)
  })
}

/** An object with one key, which may be any: no JavaScript object is made. */
export function objectWithKey(key: string): Content {
  return rawAny(e => {
    encoding.writeUint8(e, 118)
    encoding.writeVarUint(e, 1)
    encoding.writeVarString(e, key)
    encoding.writeUint8(e, 126)
  })
}

/** A whole number as lib0 writes it, and on beyond 2^53. */
export function uint(value: number): number[] {
  const encoded: number[] = []
  let rest = value
  while (rest > 127) {
    encoded.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return [...encoded, rest]
}

/** One author's structs from clock 0: the commonest update. */
export function by(author: number, ...structs: readonly Write[]): Uint8Array {
  return update([{ author, clock: 0, structs }])
}

function writeId(encoder: encoding.Encoder, [author, clock]: Id): void {
  encoding.writeVarUint(encoder, author)
  encoding.writeVarUint(encoder, clock)
}
