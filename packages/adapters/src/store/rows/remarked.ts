/**
 * What of a log is written anew so that its marks follow from it again. Laws:
 * - A digest is put right only by one with which the mark beside it follows from the mark before it: then that is what was written.
 * - Of what is left, marks give way to digests.
 */
import { markAfter, NO_MARK, sameBytes } from '@joinery/core'

export interface MarkedRow {
  readonly seq: number
  readonly digest: Uint8Array
  readonly mark: Uint8Array
}

/** Goes through one log that lacks no row, in order. `known` gives what else is known of an entry by digest. */
export function createRemarking(known: (seq: number) => Promise<readonly Uint8Array[]>) {
  /** The mark before, as it stands there and as it follows. */
  let stood: Uint8Array = NO_MARK
  let follows: Uint8Array = NO_MARK

  const writtenOf = async ({ seq, digest, mark }: MarkedRow): Promise<Uint8Array> => {
    const fits = (one: Uint8Array): boolean => sameBytes(markAfter(stood, one), mark)
    return fits(digest) ? digest : ((await known(seq)).find(fits) ?? digest)
  }

  return {
    /** Those rows of a page that are to be another. */
    async page(rows: readonly MarkedRow[]): Promise<readonly MarkedRow[]> {
      const changed: MarkedRow[] = []
      for (const row of rows) {
        const digest = await writtenOf(row)
        const mark = markAfter(follows, digest)
        if (!sameBytes(digest, row.digest) || !sameBytes(mark, row.mark)) changed.push({ seq: row.seq, digest, mark })
        stood = row.mark
        follows = mark
      }
      return changed
    },
  }
}
