/** Laws of folds: a snapshot stands where entries were, and nothing else changes. */
import type { Law } from '../law.ts'
import { must, same } from '../must.ts'
import {
  bytesOf,
  commit,
  counting,
  edit,
  everything,
  grow,
  law,
  type MakeStorePlace,
  outcomesOf,
  pagesOf,
  seqsOf,
  sortedBy,
  tombstone,
} from './given.ts'

export const foldLaws: readonly Law<MakeStorePlace>[] = [
  law('S3', 'after a fold readers get the snapshot at its seq, and nothing twice', async ({ store, reopen }) => {
    await grow(store)
    const snapshot = bytesOf(33)
    const before = await everything(store, 'a')
    must(await store.fold({ space: 'a', document: 'x', upTo: 5, snapshot, entries: 3 }), 'folded')
    for (const open of [async () => store, reopen]) {
      const opened = await open()
      const after = await everything(opened, 'a')
      same(
        after.map(({ seq, type, document }) => [seq, type, document]),
        [
          [2, 'update', 'y'],
          [4, 'update', 'y'],
          [5, 'snapshot', 'x'],
          [6, 'update', 'x'],
          [7, 'update', 'y'],
        ],
        'from the beginning',
      )
      const replaced = after.find(({ seq }) => seq === 5)
      same(
        replaced,
        { ...before[4], type: 'snapshot', bytes: snapshot },
        'the snapshot stands in the place of the last',
      )
      const seqsAfter = async (from: number): Promise<number[]> =>
        (await everything(opened, 'a', from)).map(({ seq }) => seq)
      same(await seqsAfter(3), [4, 5, 6, 7], 'from inside of what was folded')
      same(await seqsAfter(5), [6, 7], 'from the snapshot on')
      same(
        (await opened.body('a', 'x')).map(({ seq, bytes }) => [seq, bytes.length]),
        [
          [5, 33],
          [6, 10],
        ],
        'body',
      )
      same((await opened.document('a', 'x'))?.bytes, 43, 'bytes of the body')
      same((await opened.document('a', 'x'))?.firstSeq, 1, 'first seq')
    }
  }),
  law('S3', 'a page whose last entries are folded still ends at the head', async ({ store }) => {
    await commit(store, 'a', [edit('x', 1), edit('x', 2), edit('y', 3), edit('y', 4)])
    must(await store.fold({ space: 'a', document: 'y', upTo: 4, snapshot: bytesOf(1), entries: 2 }), 'folded')
    const pages = await pagesOf(store, 'a', 0, 1)
    same(
      pages.map(({ seq, end }) => [seq, end]),
      [
        [1, false],
        [2, false],
        [4, true],
      ],
      'pages',
    )
  }),
  law('R4', 'names and marks outlive a fold', async ({ store }) => {
    await grow(store)
    const marks = await Promise.all(counting(7).map(seq => store.markAt('a', seq)))
    const head = await store.head('a')
    must(await store.fold({ space: 'a', document: 'x', upTo: 5, snapshot: bytesOf(2), entries: 3 }), 'folded')
    same(await Promise.all(counting(7).map(seq => store.markAt('a', seq))), marks, 'marks')
    same(await store.head('a'), head, 'head')
    const again = edit('x', 1)
    same(outcomesOf(await commit(store, 'a', [again])), [{ outcome: 'known', seq: 1 }], 'a folded entry is known')
    same(await store.named('a', 'phone', 1), { seq: 1, digest: again.digest }, 'by its digest')
    const fifth = edit('x', 5)
    same(
      await store.named('a', 'phone', 5),
      { seq: 5, digest: fifth.digest },
      'so is the one that the snapshot replaced',
    )
  }),
  law('S4', 'holds finds an edit of a document by its digest, under whatever name', async ({ store }) => {
    await grow(store)
    const digest = edit('x', 1).digest
    const same1 = { ...edit('x', 1), n: 8, basedOn: 6 }
    await commit(store, 'a', [same1])
    same(await store.holds('a', 'x', digest), 1, 'the first')
    must(await store.fold({ space: 'a', document: 'x', upTo: 5, snapshot: bytesOf(2), entries: 3 }), 'folded')
    same(await store.holds('a', 'x', digest), 1, 'folded')
    same(await store.holds('a', 'x', edit('x', 5).digest), 5, 'replaced by the snapshot')
    same(await store.holds('a', 'x', edit('x', 6).digest), 6, 'not folded')
    must((await store.holds('a', 'y', digest)) === undefined, 'not of another document')
    must((await store.holds('none', 'x', digest)) === undefined, 'nor space')
  }),
  law('S3', 'a fold that was made from something else changes nothing', async ({ store }) => {
    await grow(store)
    const before = await everything(store, 'a')
    const fold = { space: 'a', document: 'x', upTo: 5, snapshot: bytesOf(1), entries: 3 }
    for (const wrong of [
      { ...fold, entries: 2 },
      { ...fold, entries: 4 },
      { ...fold, upTo: 4, entries: 2 },
      { ...fold, upTo: 8, entries: 4 },
      { ...fold, document: 'y' },
      { ...fold, document: 'none' },
      { ...fold, space: 'none' },
    ])
      must(!(await store.fold(wrong)), `refused: ${JSON.stringify(wrong)}`)
    same(await everything(store, 'a'), before, 'nothing changed')
    must(await store.fold(fold), 'the right one is taken')
    must(!(await store.fold(fold)), 'not again')
    must(!(await store.fold({ ...fold, upTo: 3, entries: 2 })), 'nor what is folded already')
  }),
  law('D2', 'nothing that was voided after it was read comes back with a fold', async ({ store }) => {
    await grow(store)
    const fold = { space: 'a', document: 'x', upTo: 3, snapshot: bytesOf(20), entries: 2 }
    const voided = async (seq: number, n: number, length: number): Promise<void> => {
      const entry = edit('x', n, { device: 'relay', subject: '', bytes: bytesOf(length) })
      // As many bytes as there were.
      must(await store.void({ space: 'a', seq, instead: bytesOf(10, 9), entry: { ...entry, type: 'void' } }), 'voided')
    }
    await voided(3, 1, 10)
    await commit(store, 'a', [edit('x', 8, { basedOn: 8 })])
    must(!(await store.fold({ ...fold, head: 6 })), 'of what it replaces')
    must(!(await store.fold({ ...fold, upTo: 6, entries: 4, head: 6 })), 'nor of what is behind that')
    must(await store.fold({ ...fold, head: 9 }), 'read again')
    // Also where the snapshot may hold more than it replaces, and with bytes that are kept in pieces.
    await voided(6, 2, 70_000)
    must(!(await store.fold({ ...fold, upTo: 5, head: 9 })), 'of what is not replaced yet')
    const before = await store.body('a', 'x')
    same(before.map(({ seq, type }) => [seq, type]), [[3, 'snapshot'], [5, 'update'], [6, 'snapshot'], [8, 'void'], [9, 'update'], [10, 'void']], 'body') // prettier-ignore
    must(await store.fold({ ...fold, upTo: 9, entries: 5, head: 10 }), 'read once more')
    same(
      (await store.body('a', 'x')).map(({ seq }) => seq),
      [9, 10],
      'folded',
    )
  }),
  law('S3', 'snapshots are folded in turn', async ({ store }) => {
    await grow(store)
    must(await store.fold({ space: 'a', document: 'x', upTo: 3, snapshot: bytesOf(4), entries: 2 }), 'once')
    must(await store.fold({ space: 'a', document: 'x', upTo: 6, snapshot: bytesOf(5), entries: 3 }), 'twice')
    same(
      (await store.body('a', 'x')).map(({ seq, type, bytes }) => [seq, type, bytes.length]),
      [[6, 'snapshot', 5]],
      'body',
    )
    same(seqsOf(await commit(store, 'a', [edit('x', 8, { basedOn: 6 })])), [8], 'the head did not move')
  }),
  law('S3', 'foldable tells the documents with most entries', async ({ store }) => {
    await grow(store)
    await commit(store, 'b', [edit('z', 1), edit('z', 2), edit('z', 3), edit('one', 4)])
    await commit(store, 'b', [edit('gone', 5), edit('gone', 6), tombstone('gone', 7)])
    await commit(
      store,
      'b',
      [8, 9, 10, 11, 12].map(n => edit('broken', n)),
    )
    await store.quarantine('b', 'broken', 'QUARANTINED')
    const all = [
      { space: 'a', document: 'x', engine: 'yjs', entries: 4 },
      { space: 'a', document: 'y', engine: 'yjs', entries: 3 },
      { space: 'b', document: 'z', engine: 'yjs', entries: 3 },
    ]
    const found = await store.foldable(3, 10)
    same(found[0], all[0], 'the most first')
    same(sortedBy(found, 'document'), all, 'all')
    same((await store.foldable(3, 1)).length, 1, 'at most the limit')
    same(await store.foldable(4, 10), all.slice(0, 1), 'at least so many')
    must(await store.fold({ space: 'a', document: 'x', upTo: 6, snapshot: bytesOf(4), entries: 4 }), 'folded')
    same(
      (await store.foldable(2, 10)).map(({ document }) => document).sort(),
      ['y', 'z'],
      'one entry is left of the folded',
    )
    const many = Array.from({ length: 200 }, (_, i) => edit('many', i + 1, { device: 'tablet' }))
    await commit(store, 'c', many)
    same(await store.foldable(100, 10), [{ space: 'c', document: 'many', engine: 'yjs', entries: 200 }], 'many')
  }),
]
