/** Laws of what is purged, voided, quarantined or damaged: it is told, and hides nothing else. */
import type { Voiding } from '../../ports/store.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { bytesOf, commit, edit, everything, law, type MakeStorePlace, outcomesOf, seqsOf, tombstone } from './given.ts'

export const removalLaws: readonly Law<MakeStorePlace>[] = [
  law('D6', 'a tombstone drops what came before and refuses what comes after', async ({ store, reopen }) => {
    await commit(store, 'a', [
      edit('x', 1, { authors: [{ author: '7', clock: 1, owner: 'phone@ann' }] }),
      edit('y', 2),
      edit('x', 3),
    ])
    await store.quarantine('a', 'x', 'QUARANTINED')
    const result = await commit(store, 'a', [
      tombstone('x', 4, { basedOn: 3 }),
      edit('x', 5, { basedOn: 3 }),
      tombstone('never', 6),
    ])
    same(
      outcomesOf(result),
      [{ outcome: 'written', seq: 4 }, { outcome: 'gone' }, { outcome: 'written', seq: 5 }],
      'in its commit',
    )
    for (const open of [async () => store, reopen]) {
      const opened = await open()
      same(
        (await everything(opened, 'a')).map(({ seq, type }) => [seq, type]),
        [
          [2, 'update'],
          [4, 'tombstone'],
          [5, 'tombstone'],
        ],
        'the log',
      )
      const head = await opened.document('a', 'x')
      same(
        [head?.state, head?.seq, head?.firstSeq, head?.bytes, head?.quarantined],
        ['gone', 4, 1, 0, undefined],
        'the head',
      )
      same(
        (await opened.body('a', 'x')).map(({ type, bytes }) => [type, bytes.length]),
        [['tombstone', 0]],
        'the body is the tombstone',
      )
      same(await opened.authors('a', 'x'), [], 'no authors')
      same((await opened.markAt('a', 1))?.length, 16, 'marks stay')
      must(!(await opened.fold({ space: 'a', document: 'x', upTo: 4, snapshot: bytesOf(1), entries: 1 })), 'no fold')
      const late = await commit(opened, 'a', [
        edit('x', 1),
        edit('x', 7, { basedOn: 4 }),
        edit('x', 8, { basedOn: 3 }),
        tombstone('x', 9, { basedOn: 4 }),
        edit('never', 10),
      ])
      same(
        outcomesOf(late),
        [
          { outcome: 'known', seq: 1 },
          { outcome: 'gone' },
          { outcome: 'gone' },
          { outcome: 'gone' },
          { outcome: 'gone' },
        ],
        'what comes late',
      )
    }
  }),
  law('D2', 'every document is told, a page at a time, but for those that are gone', async ({ store }) => {
    await commit(store, 'a', [edit('x', 1), edit('y', 2), edit('z', 3)])
    await commit(store, 'b', [edit('x', 1, { engine: 'register' })])
    await commit(store, 'a', [tombstone('y', 4, { basedOn: 2 }), edit('x', 5, { basedOn: 1 })])
    const told: string[] = []
    for (let after = 0, pages = 0; pages < 10; pages++) {
      const page = await store.everyDocument(after, 2)
      must(page.length <= 2, 'at most the limit')
      told.push(...page.map(({ space, document, engine }) => `${space} ${document} ${engine}`))
      after = page.at(-1)?.at ?? after
    }
    same(told.sort(), ['a x yjs', 'a z yjs', 'b x register'], 'each once')
  }),
  law('D2', 'a void takes an entry away, says so, and changes no mark', async ({ store, reopen }) => {
    const authors = [{ author: '7', clock: 3, owner: 'phone@ann' }]
    await commit(store, 'a', [edit('x', 1), edit('x', 2, { authors }), edit('y', 3), edit('x', 4)])
    const [second, marks] = [(await store.body('a', 'x'))[1], await Promise.all([1, 2, 3, 4].map(seq => store.markAt('a', seq)))] // prettier-ignore
    const voiding = (seq: number, n: number, instead: Uint8Array | undefined, document = 'x'): Voiding => ({
      space: 'a',
      seq,
      instead,
      entry: { ...edit(document, n, { device: 'relay', subject: '' }), type: 'void' },
    })
    const voided = await store.void(voiding(2, 1, bytesOf(3)))
    same([voided?.before, voided?.entry.seq, voided?.entry.type], [4, 5, 'void'], 'what was appended')
    same(voided?.head, await store.head('a'), 'the head')
    for (const seq of [2, 3, 5, 6]) must((await store.void(voiding(seq, 2, undefined))) === undefined, `not ${seq}`)
    must((await store.void(voiding(1, 2, undefined, 'none'))) === undefined, 'nor of another document')
    must((await store.void({ ...voiding(1, 2, undefined), space: 'none' })) === undefined, 'nor elsewhere')
    await store.void(voiding(4, 2, undefined))
    const again = await reopen()
    same(
      (await everything(again, 'a')).map(({ seq, type, bytes }) => [seq, type, bytes.length]),
      [
        [1, 'update', 10],
        [2, 'snapshot', 3],
        [3, 'update', 10],
        [5, 'void', 10],
        [6, 'void', 10],
      ],
      'the log: where nothing is left, nothing is told',
    )
    same((await again.body('a', 'x'))[1], { ...second, type: 'snapshot', bytes: bytesOf(3) }, 'it stands in its place')
    same((await again.document('a', 'x'))?.bytes, 33, 'bytes of the body')
    same(await Promise.all([1, 2, 3, 4].map(seq => again.markAt('a', seq))), marks, 'marks')
    same(await again.authors('a', 'x'), authors, 'authors stay')
    same(await again.holds('a', 'x', edit('x', 2).digest), 2, 'and it is known by its digest')
    same(outcomesOf(await commit(again, 'a', [edit('x', 2)])), [{ outcome: 'known', seq: 2 }], 'and by its name')
    must(await again.fold({ space: 'a', document: 'x', upTo: 6, snapshot: bytesOf(7), entries: 5 }), 'it folds')
    await commit(again, 'a', [tombstone('x', 7, { basedOn: 6 })])
    must((await again.void(voiding(7, 3, undefined))) === undefined, 'nothing of what is gone')
  }),
  law('T2', 'a long body is whole, also when it is folded or goes on while it is read', async ({ store }) => {
    let seq = 0
    const grow = async (count: number): Promise<void> => {
      const entries = Array.from({ length: count }, (_, at) => edit('x', seq + at + 1, { basedOn: seq }))
      await commit(store, 'a', entries)
      seq += count
    }
    await grow(2_500)
    const reads = [store.body('a', 'x'), store.authors('a', 'x')] as const
    await grow(1)
    must(await store.fold({ space: 'a', document: 'x', upTo: 1_200, snapshot: bytesOf(5), entries: 1_200 }), 'folded')
    const [body] = await Promise.all(reads)
    const seqs = body.map(one => one.seq)
    const first = seqs[0] ?? 0
    must(first === 1 || first === 1_200, `begins at ${first}`)
    same(seqs, Array.from(seqs, (_, at) => first + at), 'without a gap') // prettier-ignore
    must((seqs.at(-1) ?? 0) >= 2_500, 'to its end')
  }),
  law('T2', 'a quarantine is of one document, and can be lifted', async ({ store, reopen }) => {
    await commit(store, 'a', [edit('x', 1), edit('y', 2)])
    await store.quarantine('a', 'x', 'BAD_UPDATE')
    await store.quarantine('a', 'none', 'BAD_UPDATE')
    const again = await reopen()
    same((await again.document('a', 'x'))?.quarantined, 'BAD_UPDATE', 'x')
    must((await again.document('a', 'y'))?.quarantined === undefined, 'y is not')
    must((await again.document('a', 'none')) === undefined, 'and none was made')
    same((await again.body('a', 'x')).length, 1, 'it can be read')
    await again.quarantine('a', 'x', undefined)
    must((await again.document('a', 'x'))?.quarantined === undefined, 'lifted')
  }),
  law('CR-25', 'a damaged row is told, hides no other, and never counts as absent', async ({ store, place }) => {
    await commit(store, 'a', [edit('x', 1), edit('y', 2), edit('x', 3), edit('z', 4)])
    await store.close()
    await place.damage('a', 'x')
    const opened = await place.open()
    await rejects(opened.body('a', 'x'), 'QUARANTINED')
    await rejects(opened.authors('a', 'x'), 'QUARANTINED')
    same(await opened.authors('a', 'y'), [], 'authors of another document')
    same((await opened.body('a', 'y')).length, 1, 'another document')
    same((await opened.document('a', 'x'))?.seq, 3, 'its head')
    const page = await opened.read('a', 0, 1_000_000)
    same(
      [page.entries.map(({ seq }) => seq), page.damaged, page.seq, page.end],
      [[1, 2, 4], ['x'], 4, true],
      'the log passes over it and says so',
    )
    same((await opened.read('a', 3, 1_000_000)).damaged, [], 'where it is not, nothing is said')
    same(seqsOf(await commit(opened, 'a', [edit('y', 5, { basedOn: 2 })])), [5], 'others go on')
    await opened.close()
  }),
]
