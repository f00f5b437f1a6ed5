/** The laws of whole documents: trash, creation and seeds, projections, edits applied again. */
import {
  createDocument,
  documentIdOf,
  losers,
  note,
  projectDocument,
  readDocument,
  reapply,
  review,
  seedOf,
  setTrashed,
  stampsIn,
} from '../../kinds/index.ts'
import { isStamp, millisOf } from '../../hlc.ts'
import type { Engine } from '../../ports/engine.ts'
import type { TestedEngine } from '../engines/history.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { replica, replicas, sample, settle, shown, START, updatesOf, type Replica } from './replicas.ts'

const ENVELOPE = { id: 'd1', space: 'me', createdAt: 5, updatedAt: 9 }

export const documentLaws: readonly Law<() => TestedEngine>[] = [
  {
    rule: 'D6',
    title: 'delete moves to the trash, an edit made elsewhere meanwhile is kept, and anyone may restore',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      a.edit(d => (d.title = 'kept'))
      b.pull(a)
      setTrashed(a.doc, a.context, true)
      b.edit(d => d.notes.insert(0, 'meanwhile'))
      settle([a, b])
      same([b.view.$trash, b.view.notes.toString()], [START, 'meanwhile'], 'in the trash, with the edit')
      same(
        updatesOf(b, () => setTrashed(b.doc, b.context, true)),
        0,
        'updates of deleting again',
      )
      b.wall += 1
      setTrashed(b.doc, b.context, false)
      settle([a, b])
      same([a.view.$trash, a.view.title], [false, 'kept'], 'restored')
    },
  },
  {
    rule: 'D5',
    title: 'roots that the kind does not know survive every edit, and edits applied again',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      a.doc.change(() => {
        a.doc.map('unknown').set('key', { of: ['a', 'newer', 'version'] })
        a.doc.map('$standard').set('key', 1)
      })
      b.pull(a)
      b.edit(d => (d.title = 'edited'))
      reapply(sample, b.doc, a.doc, b.doc, b.context)
      settle([a, b])
      for (const { doc } of [a, b]) {
        same(doc.map('unknown').get('key'), { of: ['a', 'newer', 'version'] }, 'unknown field')
        same(doc.map('$standard').get('key'), 1, 'unknown standard part')
      }
    },
  },
  {
    rule: 'D1',
    title: 'a new document tells when and where it was made; of two that made the same one the earlier counts',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      b.wall += 1_000
      createDocument(sample, b.doc, b.context, { title: 'by b', tags: ['one'], steps: ['x', 'y'], votes: 2, page: 3 })
      createDocument(sample, a.doc, a.context, { notes: 'hello', body: 'rich', author: 'a', folder: 'f' })
      settle([a, b])
      for (const one of [a, b]) {
        same(one.view.$created, { at: START, device: 'a' }, 'created')
        same(one.view.title, 'by b', 'title')
        same([one.view.notes.toString(), one.view.body.toString()], ['hello', 'rich'], 'texts')
        same(
          one.view.steps.map(step => step.value),
          ['x', 'y'],
          'steps',
        )
        same([one.view.tags, one.view.votes, one.view.page.furthest], [['one'], 2, 3], 'the rest')
      }
      await rejects(() => createDocument(sample, a.doc, a.context, { page: 'ten' as unknown as number }), 'BAD_INPUT')
    },
  },
  {
    rule: 'D1',
    title: 'two offline devices that fill a document from one template write the same bytes, and hold it once',
    async check(make) {
      const engine = make()
      const init = {
        date: '2026-11-22',
        content: 'What went well?',
        plans: ['Rest', 'Read'],
        template: 'daily',
        mood: undefined,
      }
      const all = replicas(engine, 'a', 'b')
      const id = documentIdOf(review, init, (all[0] as Replica).context)
      same(id, 'review-2026-11-22', 'id')
      const seeds = all.map(one => {
        const seed = seedOf(review, engine, id, init)
        must(seed !== undefined, 'there is a seed')
        same(engine.check(seed.update), undefined, 'what is wrong with the seed')
        same(
          engine.authorsOf(seed.update).map(range => range.author),
          [seed.author],
          'authors',
        )
        one.doc.apply(seed.update)
        createDocument(review, one.doc, one.context, { ...init, mood: one.device })
        return seed
      })
      same(seeds[0], seeds[1], 'seeds')
      const [a, b] = all as [Replica, Replica]
      b.doc.apply(a.doc.encode())
      a.doc.apply(b.doc.encode())
      same(a.doc.digest(), b.doc.digest(), 'digests')
      const view = readDocument(review, a.doc)
      same(
        [view.date, view.content.toString(), view.template],
        ['2026-11-22', 'What went well?', 'daily'],
        'the template',
      )
      same(
        view.plans.map(plan => plan.value),
        ['Rest', 'Read'],
        'plans',
      )
      same([view.$created?.at, view.mood], [START, 'b'], 'what each device wrote itself')
    },
  },
  {
    rule: 'D1',
    title:
      'a template that changed, another document and another kind have other authors, and what a person writes is later',
    async check(make) {
      const engine = make()
      const seed = (id: string, content: string) => seedOf(review, engine, id, { content, template: 't' })
      const seeds = [seed('r1', 'one'), seed('r1', 'two'), seed('r2', 'one')]
      same(new Set(seeds.map(one => one?.author)).size, 3, 'authors')
      same(seedOf(review, engine, 'r1', {}), undefined, 'a seed of nothing')
      same(seedOf(note, engine, 'n1', { title: 'x' }), undefined, 'a seed of a kind without')
      const doc = engine.open('1'.padStart(32, '0').slice(engine.name === 'yjs' ? 31 : 0))
      for (const one of seeds.slice(0, 2)) if (one !== undefined) doc.apply(one.update)
      const view = readDocument(review, doc)
      same(
        [...view.content.toString()]
          .filter(char => /[a-z]/.test(char))
          .sort()
          .join(''),
        'enootw',
        'both texts',
      )
      same(stampsIn(review, doc) === undefined || millisOf(stampsIn(review, doc) ?? '') === 0, true, 'stamps of a seed')
    },
  },
  {
    rule: 'D1',
    title: 'the same document gives the same row, keys and texts on every device, without its bodies',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      createDocument(note, a.doc, a.context, {
        title: 'Shopping',
        body: 'Bread\nbutter',
        tags: ['work', 'home'],
        pinned: true,
      })
      b.doc.apply(a.doc.encode())
      const projections = [a, b].map(one => projectDocument(note, one.doc, ENVELOPE))
      same(projections[0], projections[1], 'projections')
      same(
        projections[0],
        {
          row: {
            id: 'd1',
            space: 'me',
            kind: 'note',
            createdAt: START,
            updatedAt: 9,
            trashed: false,
            title: 'Shopping',
            excerpt: 'Bread butter',
            folder: null,
            pinned: true,
            tags: ['home', 'work'],
          },
          keys: [
            ['updated', 9, 'd1'],
            ['folder', -Number.MAX_VALUE, 9, 'd1'],
            ['pinned', 1, 9, 'd1'],
            ['tag', 'home', 9, 'd1'],
            ['tag', 'work', 9, 'd1'],
          ],
          texts: ['Shopping', 'Bread\nbutter', 'home', 'work'],
        },
        'projection',
      )
    },
  },
  {
    rule: 'C2',
    title: 'edits applied again show what they showed, by another author with fresh stamps, and twice is once',
    async check(make) {
      const engine = make()
      const { base, theirs, target } = shelved(engine)
      const wanted = shown(theirs)
      const before = theirs.context.stamp()
      target.wall += 60_000
      reapply(sample, base.doc, theirs.doc, target.doc, target.context)
      same(shown(target), wanted, 'shown')
      const stamp = stampsIn(sample, target.doc)
      must(isStamp(stamp) && stamp > before, 'fresh stamps')
      same(
        updatesOf(target, () => reapply(sample, theirs.doc, target.doc, target.doc, target.context)),
        0,
        'updates when there is no difference left',
      )
    },
  },
  {
    rule: 'C2',
    title: 'edits applied again merge with what was written meanwhile, and touch nothing that they did not change',
    async check(make) {
      const engine = make()
      const { base, theirs, target } = shelved(engine)
      const other = replica(engine, 'other', { wall: START + 1_000 })
      other.doc.apply(base.doc.encode())
      other.edit(d => {
        d.pinned = true
        d.title = 'meanwhile'
        d.tags.add('other')
        d.votes.add(10)
        d.notes.insert(0, 'Well: ')
        d.steps.push('other')
        d.steps.delete(...[...d.steps].filter(step => step.value === 'three').map(step => step.id))
      })
      theirs.edit(d => d.steps.move([...d.steps].find(step => step.value === 'three')?.id ?? '', 2))
      target.pull(other)
      target.wall += 60_000
      const untouched = [...target.doc.map('pinned').entries()]
      reapply(sample, base.doc, theirs.doc, target.doc, target.context)
      same(target.view.title, 'theirs', 'title')
      same([...target.doc.map('pinned').entries()], untouched, 'a field that they did not change')
      same(target.view.tags, ['new', 'other'], 'tags')
      same(target.view.votes, 15, 'votes')
      same(target.view.notes.toString(), 'Well: one 2 three four', 'notes')
      const steps = target.view.steps.map(step => step.value)
      must(steps.includes('other'), 'the step that came meanwhile')
      same(
        steps.filter(step => step !== 'other'),
        ['ONE', 'five'],
        'steps: one that was deleted is not brought back by a move',
      )
      const there = new Set(target.view.steps.map(step => step.id))
      const left = [...target.doc.map('steps').entries()].filter(([key]) => !there.has(key.slice(0, key.indexOf('/'))))
      same(left, [], 'what is left of steps that are gone')
      same(losers(sample, target.doc, 'title'), [], 'losers: it was seen')
    },
  },
  {
    rule: 'C2',
    title: 'a document made again was made when it was made, unless that is yet to come',
    async check(make) {
      const engine = make()
      for (const [wall, at] of [
        [START, START],
        [START + 3_600_000, START + 60_000],
      ] as const) {
        const theirs = replica(engine, 'theirs', { wall })
        createDocument(sample, theirs.doc, theirs.context, { title: 'new' })
        const [base, target] = [replica(engine, 'base'), replica(engine, 'target', { wall: START + 60_000 })]
        reapply(sample, base.doc, theirs.doc, target.doc, target.context)
        same([target.view.title, target.view.$created?.at], ['new', at], `made at ${wall}`)
      }
    },
  },
  {
    rule: 'D1',
    title: 'plain text written into a structured text reads as it was written, and the root stays structured',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      a.edit(d => {
        d.body.insert(0, 'one\ntwo')
        d.body.insert(3, '!')
        d.body.insert(8, '\nthree')
        d.body.delete(0, 1)
      })
      b.pull(a)
      same(b.view.body.toString(), 'ne!\ntwo\nthree', 'body')
      same(b.view.body.length, 13, 'length')
      b.edit(d => d.body.delete(3, 1))
      settle([a, b])
      same(a.view.body.toString(), 'ne!two\nthree', 'body when a line break is deleted')
      same(a.doc.digest(), b.doc.digest(), 'digests')
    },
  },
]

/** A base, the same with edits of every kind, and a third replica that holds the base alone. */
function shelved(engine: Engine): { base: Replica; theirs: Replica; target: Replica } {
  const [base, theirs, target] = replicas(engine, 'base', 'theirs', 'target') as [Replica, Replica, Replica]
  createDocument(sample, base.doc, base.context, {
    title: 'base',
    folder: 'f1',
    notes: 'one two three',
    body: 'first\nsecond',
    tags: ['old'],
    steps: ['one', 'two', 'three'],
    votes: 3,
    page: 10,
  })
  for (const one of [theirs, target]) one.pull(base)
  theirs.wall += 500
  theirs.edit(d => {
    const [one, two] = [...d.steps]
    d.title = 'theirs'
    d.color = 'rose'
    d.place = { chapter: 1, offset: 2 }
    d.folder = null
    d.tags.add('new')
    d.tags.delete('old')
    d.votes.add(2)
    d.page.set(50)
    d.page.set(5)
    d.notes.delete(4, 3)
    d.notes.insert(4, '2')
    d.notes.insert(d.notes.length, ' four')
    d.body.insert(5, ', edited')
    d.author = 'theirs'
    if (one === undefined || two === undefined) return
    d.steps.replace(one.id, 'ONE')
    d.steps.delete(two.id)
    d.steps.move(one.id, 1)
    d.steps.push('five')
  })
  setTrashed(theirs.doc, theirs.context, true)
  // The trash is compared by when, which is when it is applied again: brought back here.
  setTrashed(theirs.doc, theirs.context, false)
  return { base, theirs, target }
}
