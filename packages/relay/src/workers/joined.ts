/** Many updates as one piece of memory, on their way to a thread and back into pieces there. */
export interface Joined {
  readonly bytes: Uint8Array
  /** Where each piece ends. */
  readonly ends: Uint32Array
}

export function join(pieces: readonly Uint8Array[]): Joined {
  const ends = new Uint32Array(pieces.length)
  let length = 0
  for (const [at, piece] of pieces.entries()) ends[at] = length += piece.length
  const bytes = new Uint8Array(length)
  for (const [at, piece] of pieces.entries()) bytes.set(piece, (ends[at] ?? 0) - piece.length)
  return { bytes, ends }
}

/** Views, not copies. */
export function parted({ bytes, ends }: Joined): Uint8Array[] {
  let begin = 0
  return Array.from(ends, end => bytes.subarray(begin, (begin = end)))
}
