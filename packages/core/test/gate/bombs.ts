/** Few bytes that declare much (CR-02). Some make Yjs 13.6 run for ever, some make it allocate, some poison what comes after. */
import * as encoding from 'lib0/encoding'
import { any, by, bytes, deleted, gc, item, json, rawAny, skip, text, uint, update } from './craft.ts'

const MAX = Number.MAX_SAFE_INTEGER

export const BOMBS: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['2^53 authors', bytes(e => encoding.writeVarUint(e, MAX))],
  ['2^32 authors of no structs', update(Array.from({ length: 8 }, (_, i) => ({ author: i, clock: 0, structs: [] })))],
  ['2^53 structs', update([{ author: 1, clock: 0, structs: [gc(1)], count: MAX }])],
  ['2^32 structs', update([{ author: 1, clock: 0, structs: [gc(1)], count: 2 ** 32 }])],
  ['2^20 structs in thirty bytes', update([{ author: 1, clock: 0, structs: Array(10).fill(gc(1)), count: 2 ** 20 }])],
  ['no structs', update([{ author: 1, clock: 0, structs: [] }])],
  ['a GC of 2^53', by(1, gc(MAX))],
  ['a Skip of 2^53', by(1, skip(MAX))],
  ['a Skip before something', by(1, skip(4), item(text('x')))],
  ['deleted content of 2^53', by(1, item(deleted(MAX)))],
  ['an empty GC', by(1, gc(0))],
  ['an empty Skip', by(1, skip(0))],
  ['empty deleted content', by(1, item(deleted(0)))],
  ['empty text', by(1, item(text('')))],
  ['no values', by(1, item(any()))],
  ['no old values', by(1, item(json()))],
  ['2^53 values', by(1, item({ kind: 8, write: e => encoding.writeVarUint(e, MAX) }))],
  ['2^30 old values', by(1, item({ kind: 2, write: e => encoding.writeVarUint(e, 2 ** 30) }))],
  ['text of 2^53', by(1, item({ kind: 4, write: e => encoding.writeVarUint(e, MAX) }))],
  ['bytes of 2^53', by(1, item({ kind: 3, write: e => encoding.writeVarUint(e, MAX) }))],
  ['an array of 2^53', by(1, item(rawAny(e => (encoding.writeUint8(e, 117), encoding.writeVarUint(e, MAX)))))],
  ['an object of 2^53', by(1, item(rawAny(e => (encoding.writeUint8(e, 118), encoding.writeVarUint(e, MAX)))))],
  ['deletes of 2^53 authors', bytes(e => (encoding.writeVarUint(e, 0), encoding.writeVarUint(e, MAX)))],
  ['2^53 deletes', update([], [{ author: 1, ranges: [[0, 1]], count: MAX }])],
  ['a delete of 2^53', update([], [{ author: 1, ranges: [[0, MAX]] }])],
  ['a delete from 2^53', update([], [{ author: 1, ranges: [[MAX, 1]] }])],
  ['an empty delete', update([], [{ author: 1, ranges: [[0, 0]] }])],
  ['no deletes', update([], [{ author: 1, ranges: [] }])],
  // prettier-ignore
  ['no deletes of one among others', update([], [{ author: 2, ranges: [[0, 1], [2, 1], [4, 1]] }, { author: 1, ranges: [] }])],
  [
    'deletes that overlap',
    update(
      [],
      [
        {
          author: 1,
          ranges: [
            [0, 9],
            [8, 2],
          ],
        },
      ],
    ),
  ],
  [
    'the same delete again',
    update(
      [],
      [
        {
          author: 1,
          ranges: [
            [0, 9],
            [0, 9],
          ],
        },
      ],
    ),
  ],
  [
    'deletes that go backwards',
    update(
      [],
      [
        {
          author: 1,
          ranges: [
            [9, 1],
            [0, 1],
          ],
        },
      ],
    ),
  ],
  [
    'deletes of one author twice',
    update(
      [],
      [
        { author: 1, ranges: [[0, 1]] },
        { author: 1, ranges: [[4, 1]] },
      ],
    ),
  ],
  ['a clock of 2^53', update([{ author: 1, clock: MAX, structs: [gc(1)] }])],
  ['an origin beyond 2^53', by(1, item(text('x'), { left: [2, 2 ** 60] }))],
  ['V1: lengths that add up to over 2^53', by(1, gc(MAX), gc(MAX), item(text('x')))],
  // The ways of yjs#687. In V2 a column gives more than was put in; in V1 sums over 2^53 stand still. Yjs 13.6.33 merges these for ever:
  ['V2: one info for ever, 2^42 structs', v2({ client: [1], info: [0], len: [1], rest: [1, ...uint(2 ** 42), 0, 0] })],
  [
    'V2: a run of 2^28 lengths',
    v2({ client: [1], info: [0], len: [65, ...uint(2 ** 28)], rest: [1, ...uint(2 ** 28), 0, 0] }),
  ],
  ['V2: one empty GC for ever', v2({ client: [1], info: [0], len: [0], rest: [1, ...uint(2 ** 40), 0, 0] })],
  [
    'V1: an author twice, over 2^53',
    update([
      { author: 1, clock: 2, structs: [gc(0), gc(3), skip(1)] },
      { author: 1, clock: 1, structs: [gc(3), gc(MAX)] },
    ]),
  ],
]

interface V2Columns {
  readonly client?: readonly number[]
  readonly info?: readonly number[]
  readonly len?: readonly number[]
  readonly rest: readonly number[]
}

/** The nine columns of encoding V2, most of them empty; the texts begin with their length. */
function v2({ client = [], info = [], len = [], rest }: V2Columns): Uint8Array {
  const columns = [[], client, [], [], info, [0], [], [], len]
  return Uint8Array.from([0, ...columns.flatMap(column => [column.length, ...column]), ...rest])
}
