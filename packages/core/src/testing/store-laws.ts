/** The contract suite of the Store port: every sentence of its header. A store that passes it can hold a relay's log. */
import { entryDigest, markAfter, NO_MARK } from '../digest.ts'
import type { Entry } from '../entry.ts'
import { JoineryError } from '../errors.ts'
import { isId } from '../ids.ts'
import { ENTRY_WEIGHT } from '../ports/store.ts'
import type { CommitEntry, CommittedSpace, LogPage, Outcome, Store, Voiding } from '../ports/store.ts'
import type { Law } from './law.ts'
import { must, rejects, same } from './must.ts'

/** One relay's data, empty at first. One store is open on it at a time. */
export interface StorePlace {
  open(): Store | Promise<Store>
  /** Flips bits in the bytes of a document's last entry, while no store is open. */
  damage(space: string, document: string): void | Promise<void>
}

export type MakeStorePlace = () => StorePlace | Promise<StorePlace>

interface Given {
  readonly store: Store
  readonly place: StorePlace
  /** Closes the store and opens it again. */
  reopen(): Promise<Store>
}

export const storeLaws: readonly Law<MakeStorePlace>[] = [
  law('R1', 'seq counts from 1 without gaps, per space, in the order of the commit', async ({ store }) => {
    const first = await commit(store, 'a', [edit('x', 1), edit('y', 2), edit('x', 3)])
    same(seqsOf(first), [1, 2, 3], 'first commit')
    same(seqsOf(await commit(store, 'b', [edit('x', 1)])), [1], 'another space')
    same(seqsOf(await commit(store, 'a', [edit('y', 4, { basedOn: 2 })])), [4], 'second commit')
    same((await store.head('a'))?.seq, 4, 'head')
  }),
  law('R4', 'the mark of a seq is the chain of digests up to it', async ({ store }) => {
    const entries = [edit('x', 1), edit('y', 2), edit('x', 3)]
    const { head } = await commit(store, 'a', entries)
    const marks = [NO_MARK]
    for (const { digest } of entries) marks.push(markAfter(marks.at(-1) ?? NO_MARK, digest))
    for (const [seq, mark] of marks.entries()) same(await store.markAt('a', seq), mark, `the mark at ${seq}`)
    same(head.mark, marks.at(-1), 'what the commit answered')
    same(await store.head('a'), head, 'the head')
    must((await store.markAt('a', 4)) === undefined, 'there is no mark beyond the head')
    must((await store.markAt('none', 0)) === undefined, 'nor in a space that is not there')
  }),
  law('R4', 'a space is made by its first commit, with a name for its life that is its own and stays', async given => {
    must((await given.store.head('a')) === undefined, 'it is not there before')
    await given.store.commit([
      { space: 'a', entries: [edit('x', 1)] },
      { space: 'b', entries: [] },
    ])
    const [a, b] = [await given.store.head('a'), await given.store.head('b')]
    must(a !== undefined && isId(a.epoch) && b !== undefined && isId(b.epoch), 'both have an epoch')
    must(a.epoch !== b.epoch, 'not the same')
    same([b.seq, b.mark], [0, NO_MARK], 'an empty log')
    same(await (await given.reopen()).head('a'), a, 'after a restart')
  }),
  law('S1', 'what a commit resolved to is there after a restart', async ({ store, reopen }) => {
    const entries = [edit('x', 1, { bytes: bytesOf(0) }), edit('y', 2, { bytes: bytesOf(70_000) }), edit('x', 3)]
    const { head } = await commit(store, 'a', entries)
    const before = await everything(store, 'a')
    same(
      before.map(({ bytes }) => bytes),
      entries.map(({ bytes }) => bytes),
      'bytes as they were',
    )
    const again = await reopen()
    same(await again.head('a'), head, 'head')
    same(await everything(again, 'a'), before, 'entries')
  }),
  law('S1', 'an entry comes back with all that it was written with', async ({ store }) => {
    const entry = edit('x', 7, { device: 'tablet', subject: 'Zoë <z@example.org> \u{1f333}', at: 1_763_700_000_123 })
    const { bytes } = entry
    const copy = new Uint8Array(bytes)
    await commit(store, 'a', [entry])
    bytes.fill(255)
    const [stored] = await everything(store, 'a')
    const { type, document, kind, engine, at, device, n, subject } = entry
    same(stored, { seq: 1, type, document, kind, engine, at, device, n, subject, bytes: copy }, 'the entry')
    same(await store.body('a', 'x'), [stored], 'the body')
    must(stored?.bytes instanceof Uint8Array && stored.bytes.constructor.name === 'Uint8Array', 'bytes are Uint8Array')
  }),
  law('D5', 'an entry of a type that only newer versions know stays in the log as it is', async ({ store, reopen }) => {
    // Nobody here writes one; on the database that they share, a newer relay does.
    const other = edit('x', 2, { type: 'other-63' as 'update', basedOn: 1, bytes: bytesOf(70_000) })
    await commit(store, 'a', [edit('x', 1)])
    await commit(store, 'a', [other])
    await commit(store, 'a', [edit('x', 3, { basedOn: 2 })])
    const types = (entries: readonly Entry[]): string[] => entries.map(({ type }) => type)
    const again = await reopen()
    const stored = await everything(again, 'a')
    same(types(stored), ['update', 'other-63', 'update'], 'the log')
    same(stored[1]?.bytes, other.bytes, 'its bytes')
    same(types(await again.body('a', 'x')), ['update', 'other-63', 'update'], 'the body')
    same(outcomesOf(await commit(again, 'a', [other])), [{ outcome: 'known', seq: 2 }], 'its name is known')
  }),
  law(
    'R1',
    'commits made at once follow each other, and no reader sees a seq before the one below it',
    async ({ store }) => {
      const commits = Array.from({ length: 30 }, (_, i) =>
        commit(store, 'a', [edit(`d${i}`, 1, { device: `p${i}` }), edit(`d${i}`, 2, { device: `p${i}` })]),
      )
      const seen: Promise<Entry[]>[] = []
      for (let i = 0; i < 10; i++) seen.push(store.head('a').then(head => (head ? everything(store, 'a') : [])))
      const seqs = (await Promise.all(commits)).flatMap(seqsOf)
      same(
        [...seqs].sort((a, b) => (a ?? 0) - (b ?? 0)),
        counting(60),
        'gapless',
      )
      for (const entries of await Promise.all(seen))
        same(
          entries.map(({ seq }) => seq),
          counting(entries.length),
          'a prefix',
        )
    },
  ),
  law('S4', 'the same name with the same digest is one entry, and its seq the same', async ({ store, reopen }) => {
    const entry = edit('x', 1)
    same(
      outcomesOf(await commit(store, 'a', [entry, entry])),
      [
        { outcome: 'written', seq: 1 },
        { outcome: 'known', seq: 1 },
      ],
      'within a commit',
    )
    await commit(store, 'a', [edit('x', 2, { basedOn: 1 })])
    same(outcomesOf(await commit(store, 'a', [entry])), [{ outcome: 'known', seq: 1 }], 'later, judged on an old head')
    same(outcomesOf(await commit(await reopen(), 'a', [entry])), [{ outcome: 'known', seq: 1 }], 'after a restart')
  }),
  law('S4', 'the same name with another digest is forked, and changes nothing', async ({ store }) => {
    await commit(store, 'a', [edit('x', 1), edit('y', 2)])
    const other = edit('x', 1, { basedOn: 1, bytes: bytesOf(9) })
    const after = edit('x', 3, { basedOn: 1 })
    const result = await commit(store, 'a', [other, edit('y', 4, { basedOn: 2 }), after])
    same(
      outcomesOf(result),
      [{ outcome: 'forked' }, { outcome: 'written', seq: 3 }, { outcome: 'stale' }],
      'what builds on it is to be judged again',
    )
    same((await everything(store, 'a')).length, 3, 'entries')
    same((await store.named('a', 'phone', 1))?.seq, 1, 'the name is the first one')
  }),
  law('S4', 'names are per space and per device', async ({ store }) => {
    await commit(store, 'a', [edit('x', 1), edit('x', 1, { device: 'tablet', bytes: bytesOf(3) })])
    same(seqsOf(await commit(store, 'b', [edit('x', 1, { bytes: bytesOf(4) })])), [1], 'another space')
    same((await store.named('a', 'tablet', 1))?.seq, 2, 'another device')
  }),
  law('A3', 'a device is the subject\u2019s who wrote first under its name', async ({ store }) => {
    const result = await commit(store, 'a', [edit('x', 1), edit('y', 2, { subject: 'eve' })])
    same(outcomesOf(result)[1], { outcome: 'forked' }, 'in the same commit')
    same(
      outcomesOf(await commit(store, 'a', [edit('x', 1, { subject: 'eve' })])),
      [{ outcome: 'forked' }],
      'also for the very same edit',
    )
    same(await store.subjectOf('a', 'phone'), 'ann', 'whose it is')
    must((await store.subjectOf('a', 'tablet')) === undefined, 'nobody\u2019s yet')
    must((await store.subjectOf('none', 'phone')) === undefined, 'no space')
    same(seqsOf(await commit(store, 'b', [edit('x', 1, { subject: 'eve' })])), [1], 'another space is another matter')
  }),
  law('S4', 'named and lastOf tell what a device has written', async ({ store }) => {
    const entry = edit('x', 5)
    await commit(store, 'a', [entry, edit('x', 3), edit('x', 4, { basedOn: 9 })])
    same(await store.named('a', 'phone', 5), { seq: 1, digest: entry.digest }, 'named')
    must((await store.named('a', 'phone', 4)) === undefined, 'what was not written has no name')
    must((await store.named('a', 'tablet', 5)) === undefined, 'nor has another device')
    must((await store.named('none', 'phone', 5)) === undefined, 'nor another space')
    same(await store.lastOf('a', 'phone'), 5, 'the greatest, not the last')
    same([await store.lastOf('a', 'tablet'), await store.lastOf('none', 'phone')], [0, 0], 'none')
  }),
  law(
    'T5',
    'an entry judged on a head that has moved is stale, and only its document\u2019s are',
    async ({ store }) => {
      await commit(store, 'a', [edit('x', 1), edit('y', 2)])
      const result = await commit(store, 'a', [
        edit('x', 3, { basedOn: 0 }),
        edit('y', 4, { basedOn: 2 }),
        edit('x', 5, { basedOn: 1 }),
        edit('new', 6, { basedOn: 1 }),
        edit('z', 7),
      ])
      same(
        outcomesOf(result),
        [
          { outcome: 'stale' },
          { outcome: 'written', seq: 3 },
          { outcome: 'stale' },
          { outcome: 'stale' },
          { outcome: 'written', seq: 4 },
        ],
        'outcomes',
      )
      must((await store.document('a', 'new')) === undefined, 'a stale entry makes no document')
      same((await store.document('a', 'x'))?.seq, 1, 'nor moves one')
      same(await store.lastOf('a', 'phone'), 7, 'its name is free')
      same(seqsOf(await commit(store, 'a', [edit('x', 3, { basedOn: 1 })])), [5], 'judged again, it is written')
    },
  ),
  law('T5', 'later entries of a commit build on earlier ones, judged on the head before it', async ({ store }) => {
    same(seqsOf(await commit(store, 'a', [edit('x', 1), edit('x', 2), edit('x', 3)])), [1, 2, 3], 'a new document')
    const more = [4, 5].map(n => edit('x', n, { basedOn: 3 }))
    same(seqsOf(await commit(store, 'a', more)), [4, 5], 'one that was there')
  }),
  law('T5', 'kind and engine are fixed by the first write', async ({ store }) => {
    const result = await commit(store, 'a', [edit('x', 1), edit('x', 2, { kind: 'book' })])
    same(outcomesOf(result), [{ outcome: 'written', seq: 1 }, { outcome: 'stale' }], 'another kind')
    const later = edit('x', 3, { basedOn: 1, engine: 'automerge' })
    same(outcomesOf(await commit(store, 'a', [later])), [{ outcome: 'stale' }], 'another engine')
    const { kind, engine } = (await store.document('a', 'x')) ?? {}
    same([kind, engine], ['note', 'yjs'], 'as they were')
  }),
  law('T5', 'what is decided while nobody else writes is not stale, and others wait', async ({ store }) => {
    if (store.commitAlone === undefined) return
    await commit(store, 'a', [edit('x', 1)])
    let other: Promise<CommittedSpace> | undefined
    const [committed] = await store.commitAlone(['a'], async () => {
      other = commit(store, 'a', [edit('x', 2, { basedOn: 1 })])
      const basedOn = (await store.document('a', 'x'))?.seq ?? 0
      return [{ space: 'a', entries: [edit('x', 3, { basedOn })] }]
    })
    same(committed && outcomesOf(committed), [{ outcome: 'written', seq: 2 }], 'alone')
    same(other && outcomesOf(await other), [{ outcome: 'stale' }], 'behind it')
    same(await store.commitAlone(['a'], async () => []), [], 'nothing was decided')
    await rejects(() => store.commitAlone?.(['a'], () => Promise.reject(new JoineryError('CLOSED'))), 'CLOSED')
    same(seqsOf(await commit(store, 'a', [edit('x', 4, { basedOn: 2 })])), [3], 'and nobody waits any longer')
  }),
  law('R1', 'a commit to several spaces is one, and answers in its order', async ({ store }) => {
    const result = await store.commit([
      { space: 'b', entries: [edit('x', 1), edit('y', 2)] },
      { space: 'a', entries: [edit('x', 1)] },
    ])
    same(
      result.map(({ space, head }) => [space, head.seq]),
      [
        ['b', 2],
        ['a', 1],
      ],
      'spaces',
    )
    same(await store.commit([]), [], 'nothing')
  }),
  law('A3', 'authors are as the last entry that names them says', async ({ store }) => {
    const author = (name: string, clock: number, owner = 'phone@ann') => ({ author: name, clock, owner })
    await commit(store, 'a', [
      edit('x', 1, { authors: [author('7', 3), author('8', 1)] }),
      edit('x', 2, { authors: [author('7', 5)] }),
      edit('y', 3, { authors: [author('7', 1, 'else')] }),
      edit('x', 4, { basedOn: 5, authors: [author('7', 99)] }),
    ])
    await commit(store, 'a', [edit('x', 5, { basedOn: 2, authors: [author('9', 1)] })])
    const expected = [author('7', 5), author('8', 1), author('9', 1)]
    same(sortedBy(await store.authors('a', 'x'), 'author'), expected, 'of x')
    must(await store.fold({ space: 'a', document: 'x', upTo: 2, snapshot: bytesOf(1), entries: 2 }), 'folded')
    same(sortedBy(await store.authors('a', 'x'), 'author'), expected, 'after a fold')
    for (const [after, moved] of [
      [1, ['7', '9']],
      [2, ['9']],
    ] as const) {
      const told = await store.authors('a', 'x', after)
      for (const name of moved)
        must(
          told.some(({ author: id }) => id === name),
          `${name} moved behind ${after}`,
        )
      for (const one of told)
        same(
          one,
          expected.find(({ author: id }) => id === one.author),
          'as it is',
        )
    }
    same(await store.authors('a', 'y'), [author('7', 1, 'else')], 'of y')
    same([await store.authors('a', 'none'), await store.authors('none', 'x')], [[], []], 'of nothing')
  }),
  law('R2', 'a document\u2019s head tells its first and last seq and its bytes', async ({ store }) => {
    await commit(store, 'a', [edit('w', 1), edit('x', 2, { bytes: bytesOf(10) }), edit('x', 3, { bytes: bytesOf(5) })])
    const head = {
      document: 'x',
      kind: 'note',
      engine: 'yjs',
      firstSeq: 2,
      seq: 3,
      state: 'live',
      bytes: 15,
      quarantined: undefined,
    }
    same(await store.document('a', 'x'), head, 'the head')
    must((await store.document('a', 'none')) === undefined, 'a missing document is undefined')
    must((await store.document('none', 'x')) === undefined, 'in a missing space too')
    same([await store.body('a', 'none'), await store.body('none', 'x')], [[], []], 'and has no body')
  }),
  law('R2', 'documents come newest first, page by page', async ({ store }) => {
    for (let n = 1; n <= 9; n++) await commit(store, 'a', [edit(`d${n}`, n)])
    await commit(store, 'a', [edit('d3', 10, { basedOn: 3 }), tombstone('d5', 11, { basedOn: 5 })])
    await commit(store, 'b', [edit('other', 1)])
    const pages: string[][] = []
    let before = Infinity
    for (;;) {
      const page = await store.documents('a', before, 4)
      if (page.length === 0) break
      pages.push(page.map(({ document }) => document))
      before = page.at(-1)?.seq ?? 0
    }
    same(pages, [['d5', 'd3', 'd9', 'd8'], ['d7', 'd6', 'd4', 'd2'], ['d1']], 'pages')
    same(await store.documents('none', Infinity, 4), [], 'a missing space')
    same((await store.documents('a', Infinity, 1))[0], await store.document('a', 'd5'), 'the same heads')
  }),
  law(
    'R2',
    'pages end at about the bytes asked for, have at least one entry, and end in a valid cursor',
    async ({ store }) => {
      const sizes = [100, 100, 5_000, 0, 100, 100]
      const { head } = await commit(
        store,
        'a',
        sizes.map((size, i) => edit(`d${i}`, i + 1, { bytes: bytesOf(size) })),
      )
      const weigh = (entries: readonly Entry[]): number =>
        entries.reduce((sum, { bytes }) => sum + ENTRY_WEIGHT + bytes.length, 0)
      for (const maxBytes of [1, 250, 1_000, 100_000]) {
        const pages = await pagesOf(store, 'a', 0, maxBytes)
        same(
          pages.flatMap(({ entries }) => entries.map(({ seq }) => seq)),
          counting(6),
          `everything, once, by ${maxBytes}`,
        )
        for (const [i, page] of pages.entries()) {
          same(page.end, i === pages.length - 1, 'the last page is the end')
          same(page.epoch, head.epoch, 'epoch')
          same(page.mark, await store.markAt('a', page.seq), 'mark')
          must(page.entries.length > 0, 'an entry')
          must(weigh(page.entries.slice(0, -1)) < maxBytes, 'no more than one entry over')
          must(page.end || weigh(page.entries) >= maxBytes, 'and not under')
        }
      }
      same(await store.read('a', 6, 100), { entries: [], ...head, end: true, damaged: [] }, 'at the head')
      await rejects(store.read('none', 0, 100), 'NOT_FOUND')
    },
  ),
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
  law(
    'S3',
    'what a kept fold replaces is the past of its document, as it was; once in its lineage',
    async ({ store, reopen }) => {
      await grow(store)
      const before = await store.body('a', 'x')
      const fold = { space: 'a', document: 'x', entries: 3, keptAt: 1_000 }
      must(await store.fold({ ...fold, upTo: 5, snapshot: bytesOf(33) }), 'folded')
      await commit(store, 'a', [edit('x', 8, { basedOn: 6, bytes: bytesOf(9_000) })])
      const tail = (await store.body('a', 'x')).slice(1)
      must(await store.fold({ ...fold, upTo: 8, snapshot: bytesOf(9_001) }), 'folded in turn')
      await commit(store, 'a', [edit('x', 9, { basedOn: 8 })])
      for (const open of [async () => store, reopen]) {
        const opened = await open()
        const past = await opened.past('a', 'x', 0, 1_000_000)
        same(past, [...before.slice(0, 3), ...tail], 'the past, without the snapshot of the first fold')
        const lineage = await opened.lineage('a', 'x')
        const whole = [...past, ...(await opened.body('a', 'x')).slice(1)]
        same(
          lineage,
          whole.map(({ seq, type, at, device, n, subject, bytes }) => ({ seq, type, at, device, n, subject, bytes: bytes.length })), // prettier-ignore
          'past and present',
        )
        same(await opened.past('a', 'y', 0, 1_000_000), [], 'not of another document')
        same(await opened.past('none', 'x', 0, 1_000_000), [], 'nor of another space')
        same(await opened.lineage('a', 'none'), [], 'nor of none')
      }
    },
  ),
  law('S3', 'a past is read a page at a time', async ({ store }) => {
    await commit(
      store,
      'a',
      counting(9).map(n => edit('x', n)),
    )
    must(
      await store.fold({ space: 'a', document: 'x', upTo: 8, snapshot: bytesOf(3), entries: 8, keptAt: 1 }),
      'folded',
    )
    const read = async (after: number, maxBytes: number): Promise<number[]> =>
      (await store.past('a', 'x', after, maxBytes)).map(({ seq }) => seq)
    same(await read(0, 1), [1], 'one at least')
    same(await read(1, 2 * (ENTRY_WEIGHT + 10)), [2, 3], 'as many as weigh so much')
    same(await read(6, 1_000_000), [7, 8], 'to its end')
    same(await read(8, 1_000_000), [], 'and nothing behind it')
  }),
  law('S3', 'a fold that keeps nothing drops what it replaces, and leaves the past there is', async ({ store }) => {
    await grow(store)
    must(await store.fold({ space: 'a', document: 'x', upTo: 3, snapshot: bytesOf(4), entries: 2, keptAt: 1 }), 'kept')
    must(await store.fold({ space: 'a', document: 'x', upTo: 5, snapshot: bytesOf(5), entries: 2 }), 'not kept')
    must(await store.fold({ space: 'a', document: 'x', upTo: 6, snapshot: bytesOf(6), entries: 2, keptAt: 2 }), 'kept')
    same(
      (await store.lineage('a', 'x')).map(({ seq, type, bytes }) => [seq, type, bytes]),
      [
        [1, 'update', 10],
        [3, 'update', 10],
        [5, 'snapshot', 5],
        [6, 'update', 10],
      ],
      'the snapshot stands for what was dropped',
    )
  }),
  law('S3', 'what was kept before a time is told, a page at a time', async ({ store }) => {
    await grow(store)
    await commit(store, 'b', [edit('z', 1), edit('z', 2)])
    const fold = { space: 'a', document: 'x', snapshot: bytesOf(4) }
    must(await store.fold({ ...fold, upTo: 3, entries: 2, keptAt: 10 }), 'x')
    must(await store.fold({ ...fold, upTo: 5, entries: 2, keptAt: 20 }), 'x again')
    must(await store.fold({ ...fold, upTo: 6, entries: 2, keptAt: 30 }), 'and again')
    must(await store.fold({ ...fold, document: 'y', upTo: 4, entries: 2, keptAt: 30 }), 'y')
    must(await store.fold({ ...fold, space: 'b', document: 'z', upTo: 2, entries: 2, keptAt: 5 }), 'z')
    const told = async (before: number): Promise<string[]> => {
      const all: string[] = []
      for (let after = 0, pages = 0; pages < 5; pages++) {
        const page = await store.aged(before, after, 1)
        must(page.length <= 1, 'at most the limit')
        all.push(...page.map(one => `${one.space} ${one.document} ${one.engine} ${one.upTo}`))
        after = page.at(-1)?.at ?? after
      }
      return all.sort()
    }
    same(await told(5), [], 'none so old')
    same(await told(21), ['a x yjs 5', 'b z yjs 2'], 'up to where it was kept before')
    same(await told(31), ['a x yjs 6', 'a y yjs 4', 'b z yjs 2'], 'all')
    must(
      await store.forget({ space: 'a', document: 'x', after: 0, upTo: 5, entries: 3, instead: bytesOf(1) }),
      'forgot',
    )
    same(await told(31), ['a x yjs 6', 'a y yjs 4', 'b z yjs 2'], 'what was forgotten is told no more')
    same(await told(21), ['b z yjs 2'], 'by its time')
  }),
  law(
    'S3',
    'a stretch of a past is forgotten for what says the same, and nothing else changes',
    async ({ store, reopen }) => {
      await grow(store)
      const fold = { space: 'a', document: 'x', snapshot: bytesOf(4) }
      must(await store.fold({ ...fold, upTo: 6, entries: 4, keptAt: 10 }), 'folded')
      const [body, whole] = [await store.body('a', 'x'), await store.past('a', 'x', 0, 1_000_000)]
      const forget = { space: 'a', document: 'x', after: 0, upTo: 3, entries: 2, instead: bytesOf(70_000) }
      for (const wrong of [
        { ...forget, entries: 1 },
        { ...forget, entries: 3 },
        { ...forget, upTo: 4 },
        { ...forget, after: 1 },
        { ...forget, document: 'none' },
        { ...forget, space: 'none' },
      ])
        must(!(await store.forget(wrong)), `refused: ${JSON.stringify({ ...wrong, instead: 0 })}`)
      same(await store.past('a', 'x', 0, 1_000_000), whole, 'nothing changed')
      must(await store.forget(forget), 'the beginning')
      must(await store.forget({ ...forget, after: 3, upTo: 6, instead: bytesOf(7) }), 'and a stretch behind it')
      const again = await reopen()
      same(
        await again.past('a', 'x', 0, 1_000_000),
        [
          { ...whole[1], type: 'snapshot', bytes: bytesOf(70_000) },
          { ...whole[3], type: 'snapshot', bytes: bytesOf(7) },
        ],
        'each is one snapshot at its end',
      )
      same(await again.body('a', 'x'), body, 'the body')
      must(await again.forget({ ...forget, upTo: 6, instead: undefined }), 'for nothing')
      same(await again.past('a', 'x', 0, 1_000_000), [], 'all of it')
      same(
        (await again.lineage('a', 'x')).map(({ seq, type }) => [seq, type]),
        [[6, 'snapshot']],
        'the present is there',
      )
    },
  ),
  law('S3', 'versions have names, by seq, which can be changed and taken away', async ({ store, reopen }) => {
    await grow(store)
    const name = (seq: number, text: string) => ({ seq, name: text, subject: 'ann', at: 1_000 + seq })
    await store.nameVersion('a', 'x', name(5, 'second'))
    await store.nameVersion('a', 'x', name(1, 'first'))
    await store.nameVersion('a', 'x', name(3, 'mistaken'))
    await store.nameVersion('a', 'x', { ...name(5, 'last'), subject: 'bob' })
    await store.nameVersion('a', 'x', name(3, ''))
    await store.nameVersion('a', 'y', name(2, 'of y'))
    await store.nameVersion('a', 'none', name(2, 'of none'))
    await store.nameVersion('none', 'x', name(2, 'of none'))
    const again = await reopen()
    same(await again.versionNames('a', 'x'), [name(1, 'first'), { ...name(5, 'last'), subject: 'bob' }], 'of x')
    same(await again.versionNames('a', 'y'), [name(2, 'of y')], 'of y')
    same([await again.versionNames('a', 'none'), await again.versionNames('none', 'x')], [[], []], 'of none')
    must((await again.document('a', 'none')) === undefined, 'and none was made')
  }),
  law('D6', 'a purge takes the past with it, and the names', async ({ store, reopen }) => {
    await grow(store)
    await store.nameVersion('a', 'x', { seq: 3, name: 'first', subject: 'ann', at: 1 })
    must(
      await store.fold({ space: 'a', document: 'x', upTo: 5, snapshot: bytesOf(4), entries: 3, keptAt: 1 }),
      'folded',
    )
    await commit(store, 'a', [tombstone('x', 8, { basedOn: 6 })])
    const again = await reopen()
    same(await again.past('a', 'x', 0, 1_000_000), [], 'the past')
    same(
      (await again.lineage('a', 'x')).map(({ type }) => type),
      ['tombstone'],
      'what is left',
    )
    same(await again.versionNames('a', 'x'), [], 'names')
    same(await again.aged(100, 0, 10), [], 'nothing is to be forgotten')
    await again.nameVersion('a', 'x', { seq: 3, name: 'late', subject: 'ann', at: 1 })
    same(await again.versionNames('a', 'x'), [], 'nor named')
  }),
  law('D2', 'what was voided is kept as what is left of it', async ({ store }) => {
    await commit(store, 'a', [edit('x', 1), edit('x', 2), edit('x', 3)])
    const entry = { ...edit('x', 1, { device: 'relay', subject: '' }), type: 'void' as const }
    await store.void({ space: 'a', seq: 2, instead: bytesOf(3), entry })
    must(
      await store.fold({ space: 'a', document: 'x', upTo: 4, snapshot: bytesOf(4), entries: 4, keptAt: 1 }),
      'folded',
    )
    same(
      (await store.past('a', 'x', 0, 1_000_000)).map(({ seq, type, bytes }) => [seq, type, bytes.length]),
      [
        [1, 'update', 10],
        [2, 'snapshot', 3],
        [3, 'update', 10],
        [4, 'void', 10],
      ],
      'the past',
    )
  }),
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
  law('CR-19', 'text that not every store can hold is refused, and nothing of it is written', async ({ store }) => {
    await commit(store, 'a', [edit('x', 1)])
    for (const text of ['a\0b', '\uD800', 'b\uDC00']) {
      const entries = [edit('y', 2), edit('z', 1, { device: 'tablet', subject: text })]
      await rejects(store.commit([{ space: 'a', entries }]), 'BAD_INPUT')
      await rejects(store.admit('a', text, 'viewer'), 'BAD_INPUT')
      await rejects(store.nameVersion('a', 'x', { seq: 1, name: text, subject: 'ann', at: 1 }), 'BAD_INPUT')
    }
    same([(await store.head('a'))?.seq, await store.versionNames('a', 'x')], [1, []], 'nothing')
    same(await store.members('a'), [], 'nobody')
    same(seqsOf(await commit(store, 'a', [edit('y', 2)])), [2], 'who came with it is written')
  }),
  law('A1', 'a member keeps the role it has first; nobody else has one', async ({ store, reopen }) => {
    await store.admit('a', 'ann', 'owner')
    await store.admit('a', 'ann', 'viewer')
    await store.admit('a', 'bob', 'viewer')
    const head = await store.head('a')
    same([head?.seq, head?.mark], [0, NO_MARK], 'the space is there')
    const again = await reopen()
    const roles = [
      await again.roleOf('a', 'ann'),
      await again.roleOf('a', 'bob'),
      await again.roleOf('a', 'eve'),
      await again.roleOf('none', 'ann'),
    ]
    same(
      roles.map(role => role ?? 'none'),
      ['owner', 'viewer', 'none', 'none'],
      'roles',
    )
    same((await again.head('a'))?.epoch, head?.epoch, 'one epoch')
    await commit(again, 'b', [edit('x', 1)])
    must((await again.roleOf('b', 'ann')) === undefined, 'writing makes nobody a member')
  }),
  law('A2', 'a role that is changed or taken is so at once, and only a member has one to change', async given => {
    const { store } = given
    await store.admit('a', 'ann', 'owner')
    await store.admit('a', 'bob', 'viewer')
    await store.admit('b', 'bob', 'editor')
    same(
      [
        await store.setRole('a', 'bob', 'editor'),
        await store.setRole('a', 'eve', 'editor'),
        await store.setRole('none', 'ann', 'owner'),
        await store.setRole('a', 'ann', undefined),
        await store.setRole('a', 'ann', undefined),
      ],
      [true, false, false, true, false],
      'who was a member',
    )
    same((await store.roleOf('a', 'bob')) ?? 'none', 'editor', 'changed')
    const again = await given.reopen()
    same((await again.roleOf('a', 'ann')) ?? 'none', 'none', 'taken, for good')
    same(await again.members('a'), [{ subject: 'bob', role: 'editor' }], 'members')
    same(await again.members('b'), [{ subject: 'bob', role: 'editor' }], 'of another space')
    same(await again.members('none'), [], 'of none')
    await again.admit('a', 'ann', 'viewer')
    same((await again.roleOf('a', 'ann')) ?? 'none', 'viewer', 'taken in again')
    must((await again.head('none')) === undefined, 'no space is made')
  }),
  law('R1', 'spaces are told by name, a page at a time', async ({ store }) => {
    await store.admit('b', 'ann', 'owner')
    await store.admit('b', 'bob', 'owner')
    await commit(store, 'a', [edit('x', 1), edit('y', 2)])
    await store.admit('c', 'ann', 'owner')
    const [first, second] = [await store.spaces('', 2), await store.spaces('b', 2)]
    same(
      [...first, ...second],
      [
        { space: 'a', seq: 2, members: 0 },
        { space: 'b', seq: 0, members: 2 },
        { space: 'c', seq: 0, members: 1 },
      ],
      'all, once each',
    )
    same(await store.spaces('c', 2), [], 'behind the last')
  }),
  law('S1', 'a probe leaves nothing that is read, and what is closed refuses it', async ({ store, reopen }) => {
    await commit(store, 'a', [edit('x', 1)])
    const before = await store.head('a')
    for (let i = 0; i < 3; i++) await store.probe()
    same(await store.head('a'), before, 'the head')
    const again = await reopen()
    await again.probe()
    same((await again.read('a', 0, 1_000_000)).entries.length, 1, 'the log')
    same((await again.everyDocument(0, 10)).length, 1, 'documents')
    await again.close()
    await rejects(again.probe(), 'CLOSED')
  }),
  law('DU-13', 'close lets what was asked finish, and refuses the rest', async ({ store, place }) => {
    const asked = commit(store, 'a', [edit('x', 1)])
    const closing = store.close()
    await rejects(store.head('a'), 'CLOSED')
    await rejects(commit(store, 'a', [edit('x', 2)]), 'CLOSED')
    same(seqsOf(await asked), [1], 'what was asked')
    await closing
    await store.close()
    const opened = await place.open()
    same((await opened.head('a'))?.seq, 1, 'is there')
    await opened.close()
  }),
]

function law(rule: string, title: string, check: (given: Given) => Promise<void>): Law<MakeStorePlace> {
  return {
    rule,
    title,
    async check(make) {
      const place = await make()
      let store = await place.open()
      const given = {
        store,
        place,
        async reopen() {
          await store.close()
          store = await place.open()
          return store
        },
      }
      try {
        await check(given)
      } finally {
        await store.close()
      }
    },
  }
}

interface EntryOptions extends Partial<Omit<CommitEntry, 'document' | 'n' | 'digest'>> {}

/** An update that is the same each time for the same document, n and bytes. */
function edit(document: string, n: number, options: EntryOptions = {}): CommitEntry {
  const entry = {
    type: 'update' as const,
    document,
    kind: 'note',
    engine: 'yjs',
    at: 1_700_000_000_000 + n,
    device: 'phone',
    n,
    subject: 'ann',
    basedOn: 0,
    bytes: bytesOf(10, n),
    authors: [],
    ...options,
  }
  return { ...entry, digest: entryDigest(entry) }
}

function tombstone(document: string, n: number, options: EntryOptions = {}): CommitEntry {
  return edit(document, n, { type: 'tombstone', bytes: bytesOf(0), ...options })
}

/** Space `a`: x at 1, 3, 5, 6 and y at 2, 4, 7, all of 10 bytes. */
async function grow(store: Store): Promise<void> {
  await commit(store, 'a', [edit('x', 1), edit('y', 2), edit('x', 3), edit('y', 4), edit('x', 5)])
  await commit(store, 'a', [edit('x', 6, { basedOn: 5 }), edit('y', 7, { basedOn: 4 })])
}

async function commit(store: Store, space: string, entries: readonly CommitEntry[]): Promise<CommittedSpace> {
  const [committed] = await store.commit([{ space, entries }])
  must(committed?.space === space && committed.outcomes.length === entries.length, 'an outcome for each entry')
  return committed
}

function outcomesOf({ outcomes }: CommittedSpace): readonly Outcome[] {
  return outcomes
}

function seqsOf({ outcomes }: CommittedSpace): (number | undefined)[] {
  return outcomes.map(outcome => (outcome.outcome === 'written' ? outcome.seq : undefined))
}

async function pagesOf(store: Store, space: string, after: number, maxBytes: number): Promise<LogPage[]> {
  const pages: LogPage[] = []
  let seq = after
  for (let end = false; !end;) {
    const page = await store.read(space, seq, maxBytes)
    pages.push(page)
    must(page.end || page.seq > seq, 'a page gets on')
    ;({ seq, end } = page)
  }
  return pages
}

async function everything(store: Store, space: string, after = 0): Promise<Entry[]> {
  return (await pagesOf(store, space, after, 64)).flatMap(({ entries }) => entries)
}

function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) & 255)
}

function counting(to: number): number[] {
  return Array.from({ length: to }, (_, i) => i + 1)
}

function sortedBy<T>(list: readonly T[], name: keyof T): T[] {
  return [...list].sort((a, b) => (String(a[name]) < String(b[name]) ? -1 : 1))
}
