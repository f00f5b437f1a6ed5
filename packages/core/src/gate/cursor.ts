/**
 * Reads forward over bytes nobody vouches for. Laws: a read that fails returns -1, keeps the first refusal and moves to the end, so
 * that everything after it fails too and no loop goes on; nothing is copied; no read looks at a byte twice.
 */
import type { Code } from '../errors.ts'
import { utf16Length } from './utf8.ts'

/** What the scan itself refuses with; ownership, gaps and deletes are the judge's. */
export type ScanRefusal = Extract<Code, 'BAD_UPDATE' | 'TOO_LARGE' | 'TOO_DEEP' | 'TOO_MANY_AUTHORS' | 'FORBIDDEN_KEY'>

export interface Refusal {
  readonly code: ScanRefusal
  /** Byte offset. */
  readonly at: number
  readonly detail: string
}

export class Cursor {
  readonly bytes: Uint8Array
  readonly end: number
  pos = 0
  refusal: Refusal | undefined = undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.end = bytes.length
  }

  get left(): number {
    return this.end - this.pos
  }

  /** Refuses at the current position. Always -1, so that a read can end with it. */
  refuse(code: ScanRefusal, detail: string): -1 {
    this.refusal ??= { code, at: this.pos, detail }
    this.pos = this.end
    return -1
  }

  byte(): number {
    if (this.pos >= this.end) return this.refuse('BAD_UPDATE', 'ends in the middle')
    return this.bytes[this.pos++] as number
  }

  /** A varint of lib0, at most 2^53 - 1, in the only way lib0 writes it. */
  uint(): number {
    const pos = this.pos
    if (pos < this.end) {
      const first = this.bytes[pos] as number
      if (first < 0x80) {
        this.pos = pos + 1
        return first
      }
    }
    return this.longUint()
  }

  private longUint(): number {
    const { bytes, pos } = this
    if (pos + 5 > this.end) return this.slowUint()
    // Written out, since two ids of five bytes are most of a struct: a clock seldom has more than three bytes, a client id has five.
    const second = bytes[pos + 1] as number
    let value = ((bytes[pos] as number) & 0x7f) | ((second & 0x7f) << 7)
    if (second < 0x80) return second === 0 ? this.tooLong() : this.moveTo(pos + 2, value)
    const third = bytes[pos + 2] as number
    value |= (third & 0x7f) << 14
    if (third < 0x80) return third === 0 ? this.tooLong() : this.moveTo(pos + 3, value)
    const fourth = bytes[pos + 3] as number
    value |= (fourth & 0x7f) << 21
    if (fourth < 0x80) return fourth === 0 ? this.tooLong() : this.moveTo(pos + 4, value)
    const fifth = bytes[pos + 4] as number
    if (fifth < 0x80) return fifth === 0 ? this.tooLong() : this.moveTo(pos + 5, value + fifth * 2 ** 28)
    return this.slowUint()
  }

  private slowUint(): number {
    const { bytes, end } = this
    let value = 0
    let pos = this.pos
    // Eight bytes hold 2^56: a ninth is nothing that lib0 writes.
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      if (pos >= end) return this.refuse('BAD_UPDATE', 'ends in the middle')
      const byte = bytes[pos++] as number
      value += (byte & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER) return this.refuse('BAD_UPDATE', 'number over 2^53')
      if (byte < 0x80) return byte === 0 ? this.tooLong() : this.moveTo(pos, value)
    }
    return this.refuse('BAD_UPDATE', 'number over 2^53')
  }

  private moveTo(pos: number, value: number): number {
    this.pos = pos
    return value
  }

  private tooLong(): -1 {
    return this.refuse('BAD_UPDATE', 'number longer than it need be')
  }

  /** Moves over `count` bytes. -1 when there are fewer. */
  skip(count: number): number {
    if (count < 0 || count > this.end - this.pos) return this.refuse('BAD_UPDATE', 'ends in the middle')
    this.pos += count
    return count
  }

  /** Moves over a string with its length in front; returns its length in UTF-16 units, the unit of Yjs' clocks. */
  string(): number {
    const count = this.uint()
    if (count < 0) return -1
    if (count > this.end - this.pos) return this.refuse('BAD_UPDATE', 'ends in the middle')
    const units = utf16Length(this.bytes, this.pos, this.pos + count)
    if (units < 0) return this.refuse('BAD_UPDATE', 'text that is not UTF-8')
    this.pos += count
    return units
  }

  /** A count of things of at least `size` bytes each, refused when they cannot all be there. */
  count(size: number): number {
    const count = this.uint()
    if (count * size > this.end - this.pos) return this.refuse('BAD_UPDATE', 'counts more than it holds')
    return count
  }
}
