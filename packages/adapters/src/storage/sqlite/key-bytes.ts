/**
 * Keys as bytes that compare as the keys do. Laws: a part is its sort (numbers first) and its content; a longer key's bytes begin with
 * those of the shorter one that it begins; and no content holds a part's end, so parts compare one by one.
 *
 * A number: 8 bytes, big end first, the sign turned so that negative ones come first, and those with all bits turned, since larger bits
 * mean less there. A string: each UTF-16 code unit as UTF-8 would write it alone, which keeps the order of code units; then 0. A unit of 0
 * is 0 and ESCAPE, which comes after whatever may follow an end.
 */
import type { Key } from '@joinery/core'

const NUMBER = 1
const STRING = 2
/** After every part that may follow. */
const AFTER_PARTS = 3
const ESCAPE = 0xff

export function keyBytes(key: Key): Uint8Array {
  const bytes: number[] = []
  for (const part of key) {
    if (typeof part === 'number') pushNumber(bytes, part)
    else pushString(bytes, part)
  }
  return Uint8Array.from(bytes)
}

/** The least bytes after those of one key and before those of any other. */
export function justAfter(key: Uint8Array): Uint8Array {
  return Uint8Array.of(...key, 0)
}

/** The least bytes after those of all keys that begin so. */
export function afterAll(prefix: Uint8Array): Uint8Array {
  return Uint8Array.of(...prefix, AFTER_PARTS)
}

export function keyOf(bytes: Uint8Array): Key {
  const key: (string | number)[] = []
  let at = 0
  while (at < bytes.length) {
    const sort = bytes[at++]
    if (sort === NUMBER) {
      key.push(numberAt(bytes, at))
      at += 8
    } else {
      const units: number[] = []
      at = readUnits(bytes, at, units)
      key.push(textOf(units))
    }
  }
  return key
}

function pushNumber(bytes: number[], value: number): void {
  const view = new DataView(new ArrayBuffer(8))
  // -0 is 0.
  view.setFloat64(0, value === 0 ? 0 : value)
  const turn = view.getUint8(0) < 0x80 ? [0x80, 0] : [0xff, 0xff]
  bytes.push(NUMBER)
  for (let i = 0; i < 8; i++) bytes.push(view.getUint8(i) ^ (turn[i === 0 ? 0 : 1] ?? 0))
}

function numberAt(bytes: Uint8Array, at: number): number {
  const view = new DataView(new ArrayBuffer(8))
  const turn = byteAt(bytes, at) >= 0x80 ? [0x80, 0] : [0xff, 0xff]
  for (let i = 0; i < 8; i++) view.setUint8(i, byteAt(bytes, at + i) ^ (turn[i === 0 ? 0 : 1] ?? 0))
  return view.getFloat64(0)
}

function pushString(bytes: number[], text: string): void {
  bytes.push(STRING)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0) bytes.push(0, ESCAPE)
    else if (unit < 0x80) bytes.push(unit)
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f))
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
  }
  bytes.push(0)
}

/** Gives where the string's end has been read. */
function readUnits(bytes: Uint8Array, from: number, units: number[]): number {
  let at = from
  for (;;) {
    const lead = byteAt(bytes, at++)
    if (lead === 0) {
      if (bytes[at] !== ESCAPE) return at
      at += 1
      units.push(0)
    } else if (lead < 0x80) units.push(lead)
    else if (lead < 0xe0) units.push(((lead & 0x1f) << 6) | (byteAt(bytes, at++) & 0x3f))
    else units.push(((lead & 0x0f) << 12) | ((byteAt(bytes, at++) & 0x3f) << 6) | (byteAt(bytes, at++) & 0x3f))
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new RangeError('a stored key is damaged')
  return byte
}

function textOf(units: readonly number[]): string {
  let text = ''
  for (const unit of units) text += String.fromCharCode(unit)
  return text
}
