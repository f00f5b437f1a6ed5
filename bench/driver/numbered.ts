// Updates that say which one they are: each appends a mark and its number to one text, so that what a frame brings is known from where the
// last mark in it stands, whoever joined or merged it, and nothing is decoded.
import * as encoding from 'lib0/encoding'

const MARK = '~~'
const DIGITS = 8
const LENGTH = MARK.length + DIGITS
const MARK_BYTES = Buffer.from(MARK)
const ZERO = 0x30
const STRING = 4
const HAS_ORIGIN = 0x80

/** The text that update number `n` (from 1) writes. */
export function numbered(n: number): string {
  return MARK + String(n).padStart(DIGITS, '0')
}

/** The highest number that these bytes bring, 0 for none. Numbers of one author stand in their order. */
export function lastNumber(bytes: Buffer): number {
  const at = bytes.lastIndexOf(MARK_BYTES)
  if (at < 0 || at + LENGTH > bytes.length) return 0
  let n = 0
  for (let digit = 0; digit < DIGITS; digit++) n = n * 10 + (bytes[at + MARK.length + digit] ?? ZERO) - ZERO
  return n
}

/** As many Yjs updates, the numbers from `first` on, of a new author: the bytes that Yjs writes when they are typed one behind the other. */
export function numberedYjs(count: number, first = 1): Uint8Array[] {
  const author = 1 + Math.floor(Math.random() * 0xff_ff_ff_ff)
  return Array.from({ length: count }, (_, at) => appended(author, at * LENGTH, numbered(at + first)))
}

/** One struct: a string behind what stands before it, or the first one in the text `t`. */
function appended(author: number, clock: number, text: string): Uint8Array {
  return encoding.encode(encoder => {
    const uint = (value: number): void => encoding.writeVarUint(encoder, value)
    uint(1)
    uint(1)
    uint(author)
    uint(clock)
    encoding.writeUint8(encoder, clock === 0 ? STRING : STRING | HAS_ORIGIN)
    if (clock === 0) {
      uint(1)
      encoding.writeVarString(encoder, 't')
    } else {
      uint(author)
      uint(clock - 1)
    }
    encoding.writeVarString(encoder, text)
    uint(0)
  })
}
