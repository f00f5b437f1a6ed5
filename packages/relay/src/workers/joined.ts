/** Many updates as one piece of memory, on their way to a thread and back into pieces there. */
export interface Joined {
  readonly bytes: Uint8Array
  /** Where each piece ends. */
  readonly ends: Uint32Array
}

/** As many are copied before others have their turn. */
const STRIDE = 16_384

export function join(pieces: readonly Uint8Array[]): Joined {
  const { bytes, ends } = roomFor(pieces)
  copy(pieces, 0, pieces.length, { bytes, ends })
  return { bytes, ends }
}

/** The same, for a thread that others wait for. */
export async function joinInTurns(pieces: readonly Uint8Array[], turn: () => Promise<void>): Promise<Joined> {
  const joined = roomFor(pieces)
  for (let from = 0; from < pieces.length; from += STRIDE) {
    if (from > 0) await turn()
    copy(pieces, from, Math.min(from + STRIDE, pieces.length), joined)
  }
  return joined
}

function roomFor(pieces: readonly Uint8Array[]): Joined {
  let length = 0
  for (const piece of pieces) length += piece.length
  return { bytes: new Uint8Array(length), ends: new Uint32Array(pieces.length) }
}

function copy(pieces: readonly Uint8Array[], from: number, to: number, { bytes, ends }: Joined): void {
  let end = from === 0 ? 0 : (ends[from - 1] as number)
  for (let at = from; at < to; at++) {
    const piece = pieces[at] as Uint8Array
    bytes.set(piece, end)
    ends[at] = end += piece.length
  }
}

/** Views, not copies. */
export function parted({ bytes, ends }: Joined): Uint8Array[] {
  let begin = 0
  return Array.from(ends, end => bytes.subarray(begin, (begin = end)))
}
