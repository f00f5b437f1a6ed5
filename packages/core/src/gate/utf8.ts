/**
 * Text by its bytes. Law: accepts exactly what a strict UTF-8 decoder accepts (no overlong forms, no surrogates, nothing over U+10FFFF)
 * and counts what that decoder's string would have as `.length`, without making the string.
 */

/**
 * UTF-16 units of the UTF-8 in `bytes[from, to)`, or -1 when it is not UTF-8. `to` is inside `bytes`.
 *
 * @internal
 */
export function utf16Length(bytes: Uint8Array, from: number, to: number): number {
  let units = to - from
  let pos = units < LONG ? from : afterWords(bytes, from, to)
  while (pos < to) {
    const lead = bytes[pos] as number
    if (lead < 0x80) {
      pos = afterAscii(bytes, pos + 1, to)
    } else if (lead < 0xe0) {
      if (lead < 0xc2 || pos + 2 > to || !isContinuation(bytes[pos + 1])) return -1
      pos += 2
      units -= 1
    } else if (lead < 0xf0) {
      if (pos + 3 > to || !isContinuation(bytes[pos + 1]) || !isContinuation(bytes[pos + 2])) return -1
      const second = bytes[pos + 1] as number
      // Overlong below U+0800; surrogates.
      if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return -1
      pos += 3
      units -= 2
    } else {
      if (lead > 0xf4 || pos + 4 > to) return -1
      if (!isContinuation(bytes[pos + 1]) || !isContinuation(bytes[pos + 2]) || !isContinuation(bytes[pos + 3]))
        return -1
      const second = bytes[pos + 1] as number
      // Overlong below U+10000; over U+10FFFF. What is left is two units.
      if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return -1
      pos += 4
      units -= 2
    }
  }
  return units
}

/** Shorter than this, a view of words costs more than it saves. */
const LONG = 1_024
/** The bits that no byte of ASCII has. */
const BEYOND_ASCII = 0x8080_8080 | 0

/** Where ASCII ends, eight bytes at a time and then one at a time. */
function afterAscii(bytes: Uint8Array, from: number, to: number): number {
  let pos = from
  while (
    pos + 8 <= to &&
    ((bytes[pos] as number) |
      (bytes[pos + 1] as number) |
      (bytes[pos + 2] as number) |
      (bytes[pos + 3] as number) |
      (bytes[pos + 4] as number) |
      (bytes[pos + 5] as number) |
      (bytes[pos + 6] as number) |
      (bytes[pos + 7] as number)) <
      0x80
  ) {
    pos += 8
  }
  while (pos < to && (bytes[pos] as number) < 0x80) pos += 1
  return pos
}

/** How far four words at a time are ASCII: all the way, in most long texts. */
function afterWords(bytes: Uint8Array, from: number, to: number): number {
  let pos = from
  while (((bytes.byteOffset + pos) & 3) !== 0) if ((bytes[pos++] as number) >= 0x80) return pos - 1
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + pos, (to - pos) >> 2)
  let at = 0
  for (; at + 4 <= words.length; at += 4) {
    const four =
      (words[at] as number) | (words[at + 1] as number) | (words[at + 2] as number) | (words[at + 3] as number)
    if ((four & BEYOND_ASCII) !== 0) break
  }
  return pos + at * 4
}

function isContinuation(byte: number | undefined): boolean {
  return ((byte as number) & 0xc0) === 0x80
}
