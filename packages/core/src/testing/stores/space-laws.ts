/** Laws of spaces and of the store as a whole: members and their names, a probe, the end. */
import { NO_MARK } from '../../digest.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { commit, edit, law, type MakeStorePlace, seqsOf } from './given.ts'

export const spaceLaws: readonly Law<MakeStorePlace>[] = [
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
  law(
    'R1',
    'a space may have any name that an id may, also one that means something to a database',
    async ({ store }) => {
      const names = ['null', 'NULL', 'Null', 'true', '0', '-', '_']
      for (const space of names) {
        await store.admit(space, 'ann', 'owner')
        same(seqsOf(await commit(store, space, [edit('null', 1)])), [1], space)
      }
      const both = ['NULL', 'null'].map(space => ({ space, entries: [edit('null', 2, { basedOn: 1 })] }))
      same((await store.commit(both)).map(seqsOf), [[2], [2]], 'two at once')
      for (const space of names) {
        const count = space === 'null' || space === 'NULL' ? 2 : 1
        same((await store.read(space, 0, 1_000_000)).entries.length, count, space)
        same((await store.body(space, 'null')).length, count, space)
        same((await store.roleOf(space, 'ann')) ?? 'none', 'owner', space)
      }
    },
  ),
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
