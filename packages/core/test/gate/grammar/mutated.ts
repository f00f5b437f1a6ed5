/** Bytes that were right, and are no more: a byte changed, put in, taken out; a number made huge; an end cut off or another put on. */
import type { RandomSource } from '../random.ts'

export function mutated(random: RandomSource, original: Uint8Array): Uint8Array {
  const bytes = [...original]
  for (let i = random.below(3); i >= 0 && bytes.length > 0; i--) {
    const at = random.below(bytes.length)
    const kind = random.below(7)
    if (kind === 0) bytes[at] = random.below(256)
    else if (kind === 1) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
    else if (kind === 2) bytes.splice(at, 1)
    else if (kind === 3) bytes.splice(at, 0, random.below(256))
    else if (kind === 4) bytes.splice(at, 1, 0xff, 0xff, 0xff, 0xff, random.pick([0x0f, 0xff]), 0x7f)
    else if (kind === 5) bytes.length = at
    // One by one: it may be more than a call takes.
    else for (const byte of bytes.slice(at)) bytes.push(byte)
  }
  return Uint8Array.from(bytes)
}
