/** One update is one or more of Automerge's change chunks, one after another. These take it apart and put it together. */
import { JoineryError } from '@joinery/core'

/** Magic bytes, checksum, type; then the length of the contents. */
const BEFORE_LENGTH = 9

/** The chunks of a checked update. Throws BAD_UPDATE for bytes that were not checked and do not fall apart. */
export function chunksOf(update: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let from = 0; from < update.length;) {
    let at = from + BEFORE_LENGTH
    let length = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = update[at++]
      if (byte === undefined || scale > 2 ** 35) throw new JoineryError('BAD_UPDATE')
      length += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    const to = at + length
    if (to > update.length) throw new JoineryError('BAD_UPDATE')
    chunks.push(update.subarray(from, to))
    from = to
  }
  return chunks
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
