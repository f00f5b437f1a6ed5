/** Many updates as one piece of memory, on their way to a thread and back into pieces there. */
export interface Joined {
  readonly bytes: Uint8Array
  /** Where each piece ends. */
  readonly ends: Uint32Array
}

/** So much is copied before others have their turn. */
const STRIDE_BYTES = 1_048_576
/** What one costs besides its bytes. */
const PIECE_WEIGHT = 64

export function join(pieces: readonly Uint8Array[]): Joined {
  const joined = roomFor(pieces)
  let end = 0
  for (const [at, piece] of pieces.entries()) {
    joined.bytes.set(piece, end)
    joined.ends[at] = end += piece.length
  }
  return joined
}

/** The same, for a thread that others wait for. */
export async function joinInTurns(pieces: readonly Uint8Array[], turn: () => Promise<void>): Promise<Joined> {
  const joined = roomFor(pieces)
  let end = 0
  let copied = 0
  for (const [at, piece] of pieces.entries()) {
    for (let from = 0; from < piece.length; from += STRIDE_BYTES) {
      const part = piece.subarray(from, from + STRIDE_BYTES)
      if (copied > 0 && copied + part.length > STRIDE_BYTES) {
        await turn()
        copied = 0
      }
      joined.bytes.set(part, end + from)
      copied += part.length + PIECE_WEIGHT
    }
    joined.ends[at] = end += piece.length
  }
  return joined
}

function roomFor(pieces: readonly Uint8Array[]): Joined {
  let length = 0
  for (const piece of pieces) length += piece.length
  return { bytes: new Uint8Array(length), ends: new Uint32Array(pieces.length) }
}

/** Views, not copies. */
export function parted({ bytes, ends }: Joined): Uint8Array[] {
  let begin = 0
  return Array.from(ends, end => bytes.subarray(begin, (begin = end)))
}
