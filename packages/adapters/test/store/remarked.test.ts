import { markAfter, NO_MARK } from '@joinery/core'
import { expect, test } from 'vitest'
import { createRemarking, type MarkedRow } from '../../src/store/rows/remarked.ts'

const digestOf = (seq: number): Uint8Array => new Uint8Array(16).fill(seq)
const ANOTHER = new Uint8Array(16).fill(99)

function logOf(count: number): MarkedRow[] {
  let mark: Uint8Array = NO_MARK
  return Array.from({ length: count }, (_, i) => {
    mark = markAfter(mark, digestOf(i + 1))
    return { seq: i + 1, digest: digestOf(i + 1), mark }
  })
}

/** Page by page, with what is known otherwise. */
async function remarked(log: readonly MarkedRow[], known: readonly Uint8Array[]): Promise<MarkedRow[]> {
  const asked: number[] = []
  const { page } = createRemarking(async seq => (asked.push(seq), known))
  const changed = new Map<number, MarkedRow>()
  for (let at = 0; at < log.length; at += 2)
    for (const row of await page(log.slice(at, at + 2))) changed.set(row.seq, row)
  // What is in order is asked nothing about.
  expect(asked.length).toBeLessThanOrEqual(2)
  return log.map(row => changed.get(row.seq) ?? row)
}

const flip = (log: readonly MarkedRow[], seq: number, other: Partial<MarkedRow>): MarkedRow[] =>
  log.map(row => (row.seq === seq ? { ...row, ...other } : row))

test.each([1, 2, 3, 6, 7])(
  '[R4] a mark that was changed at %i of 7, or a digest that is known otherwise, is what it was',
  async seq => {
    const log = logOf(7)
    const known = [ANOTHER, digestOf(seq)]
    expect(await remarked(log, known)).toEqual(log)
    expect(await remarked(flip(log, seq, { mark: ANOTHER }), known)).toEqual(log)
    expect(await remarked(flip(log, seq, { mark: ANOTHER }), [])).toEqual(log)
    expect(await remarked(flip(log, seq, { digest: ANOTHER }), known)).toEqual(log)
  },
)

test('[R4] where nobody knows a digest otherwise, the marks behind it follow from what stands there', async () => {
  const log = flip(logOf(7), 4, { digest: ANOTHER })
  const found = await remarked(log, [new Uint8Array(16)])
  expect(found.slice(0, 3)).toEqual(log.slice(0, 3))
  let mark: Uint8Array = NO_MARK
  for (const [i, row] of found.entries()) {
    mark = markAfter(mark, row.digest)
    expect(row).toEqual({ seq: i + 1, digest: log[i]?.digest, mark })
  }
})
