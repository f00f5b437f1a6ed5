/**
 * The root types an update names, and as what (CR-18). A name is compared by its bytes with the last one before it becomes a string.
 */
import { decodeUtf8 } from 'lib0/string'
import type { Cursor } from './cursor.ts'
import { skipKey } from './any-value.ts'

export type RootShape = 'map' | 'sequence'

/** A root-level type. Rich text with attributes is named twice, once in each shape. */
export interface Root {
  readonly name: string
  readonly shape: RootShape
}

const SHAPES = ['map', 'sequence'] as const satisfies readonly RootShape[]

export class Roots {
  readonly list: Root[] = []
  private readonly max: number
  private readonly shapesByName = new Map<string, boolean[]>()
  private lastFrom = 0
  private lastTo = -1
  private lastShapes: boolean[] | undefined = undefined
  private lastName = ''

  constructor(max: number) {
    this.max = max
  }

  /** Moves over a root's name. The shape is known only when what follows has been read: `shape`. */
  name(cursor: Cursor): number {
    const lengthAt = cursor.pos
    if (skipKey(cursor) < 0) return -1
    const { bytes, pos: to } = cursor
    const from = afterLength(bytes, lengthAt)
    if (this.isLast(bytes, from, to)) return 0
    this.lastFrom = from
    this.lastTo = to
    this.lastName = nameOf(bytes, from, to)
    this.lastShapes = this.shapesByName.get(this.lastName)
    if (this.lastShapes !== undefined) return 0
    if (this.shapesByName.size >= this.max) return cursor.refuse('TOO_LARGE', 'too many root types')
    this.lastShapes = [false, false]
    this.shapesByName.set(this.lastName, this.lastShapes)
    return 0
  }

  /** The shape that the root last named was used in. */
  shape(shape: RootShape): void {
    const known = this.lastShapes
    const index = SHAPES.indexOf(shape)
    if (known === undefined || known[index] === true) return
    known[index] = true
    this.list.push({ name: this.lastName, shape })
  }

  private isLast(bytes: Uint8Array, from: number, to: number): boolean {
    const { lastFrom } = this
    if (this.lastTo - lastFrom !== to - from) return false
    for (let i = from, j = lastFrom; i < to; i++, j++) if (bytes[i] !== bytes[j]) return false
    return true
  }
}

function afterLength(bytes: Uint8Array, from: number): number {
  let pos = from
  while ((bytes[pos] as number) >= 0x80) pos += 1
  return pos + 1
}

/** Short ASCII is quicker by hand than through a decoder; all of it is known to be UTF-8. */
function nameOf(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > 32) return decodeUtf8(bytes.subarray(from, to))
  let name = ''
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    if (byte >= 0x80) return decodeUtf8(bytes.subarray(from, to))
    name += String.fromCharCode(byte)
  }
  return name
}
