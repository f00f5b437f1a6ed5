/** Laws of commits: places, names, marks, and what is not written. */
import { markAfter, NO_MARK } from '../../digest.ts'
import type { Entry } from '../../entry.ts'
import { JoineryError } from '../../errors.ts'
import { isId } from '../../ids.ts'
import type { CommittedSpace } from '../../ports/store.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { bytesOf, commit, counting, edit, everything, law, type MakeStorePlace, outcomesOf, seqsOf } from './given.ts'

export const commitLaws: readonly Law<MakeStorePlace>[] = [
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
]
