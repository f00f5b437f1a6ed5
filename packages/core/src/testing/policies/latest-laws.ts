/** The laws of `latest`, and of `furthest` and `immutable`, which are stamped as well. */
import { defineKind, draftOf, losers, readDocument, stampsIn } from '../../kinds/index.ts'
import { stampOf } from '../../hlc.ts'
import type { Engine } from '../../ports/engine.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { seededRandom } from '../seeded-random.ts'
import { replica, replicas, sample, settle, shown, START, updatesOf, type Replica } from './replicas.ts'

const DAY = 24 * 3_600_000

export const latestLaws: readonly Law<() => Engine>[] = [
  {
    rule: 'D1',
    title: 'latest: the later write wins, whichever author has the higher id',
    async check(make) {
      const engine = make()
      for (let trial = 0; trial < 20; trial++) {
        const [a, b] = replicas(engine, `a${trial}`, `b${trial}`) as [Replica, Replica]
        const [first, second] = trial % 2 === 0 ? [a, b] : [b, a]
        first.edit(d => (d.title = 'earlier'))
        second.wall += 1
        second.edit(d => (d.title = 'later'))
        settle([a, b])
        same([a.view.title, b.view.title], ['later', 'later'], `trial ${trial}`)
      }
    },
  },
  {
    rule: 'D1',
    title: 'latest: of equal stamps the greater device wins, on every replica',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      b.edit(d => (d.title = 'by b'))
      a.edit(d => (d.title = 'by a'))
      settle([a, b])
      same([a.view.title, b.view.title], ['by b', 'by b'], 'title')
    },
  },
  {
    rule: 'D1',
    title:
      'latest: random edits on three devices with wrong clocks end as the greatest stamp says, and no loser is missing',
    async check(make) {
      const engine = make()
      for (let seed = 0; seed < 8; seed++) randomLatest(engine, seed)
    },
  },
  {
    rule: 'D4',
    title: 'reading writes nothing, and a default is shown and not written',
    async check(make) {
      const [a] = replicas(make(), 'a') as [Replica]
      const empty = a.doc.digest()
      const updates = updatesOf(a, () => {
        same(a.view.title, 'untitled', 'title')
        same(a.view.folder, null, 'folder')
        shown(a)
        a.edit(
          d => void [d.title, d.tags.size, d.steps.length, d.votes.value, d.page.latest, d.notes.length, d.body.length],
        )
        a.edit(d => (d.title = 'untitled'))
      })
      same(updates, 0, 'updates')
      same(a.doc.digest(), empty, 'digest')
      same(a.doc.encode(a.doc.version()), undefined, 'something new')
    },
  },
  {
    rule: 'D3',
    title: 'writing what is shown writes nothing',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      a.edit(d => {
        d.title = 'one'
        d.place = { chapter: 1, offset: 2 }
        d.folder = 'f1'
        d.author = 'me'
        d.page.set(3)
      })
      b.pull(a)
      const again = updatesOf(b, () =>
        b.edit(d => {
          d.title = 'one'
          d.place = { offset: 2, chapter: 1 }
          d.folder = 'f1'
          d.author = 'me'
          d.pinned = false
          d.color = undefined
          d.votes.add(0)
          d.tags.delete('absent')
          d.notes.insert(0, '')
        }),
      )
      same(again, 0, 'updates of an equal edit')
      same(
        updatesOf(a, () => a.edit(d => d.page.set(3))),
        0,
        'updates of the same place again',
      )
    },
  },
  {
    rule: 'I12',
    title: 'a device whose clock is slow sees its own edit, though it knows later stamps',
    async check(make) {
      const engine = make()
      const fast = replica(engine, 'fast', { wall: START + 3_600_000 })
      const slow = replica(engine, 'slow')
      fast.edit(d => {
        d.title = 'from the future'
        d.page.set(7)
        d.steps.push('one')
      })
      slow.pull(fast)
      slow.edit(d => {
        d.title = 'mine'
        d.page.set(2)
        for (const { id } of d.steps) d.steps.replace(id, 'two')
      })
      settle([fast, slow])
      for (const { view } of [fast, slow]) {
        same([view.title, view.page.latest, view.steps[0]?.value], ['mine', 2, 'two'], 'shown')
      }
    },
  },
  {
    rule: 'I12',
    title: 'a device sees its own edit, also when its clock was never shown the document',
    async check(make) {
      const engine = make()
      const fast = replica(engine, 'fast', { wall: START + 3_600_000 })
      fast.edit(d => {
        d.title = 'from the future'
        d.page.set(7)
        d.steps.push('one')
        d.tags.add('home')
      })
      const slow = replica(engine, 'slow')
      slow.doc.apply(fast.doc.encode())
      slow.edit(d => {
        d.title = 'mine'
        d.page.set(2)
        d.tags.add('home')
        for (const { id } of d.steps) d.steps.replace(id, 'two')
      })
      same([slow.view.title, slow.view.page.latest, slow.view.steps[0]?.value], ['mine', 2, 'two'], 'shown')
      const last = fast.context.stamp()
      must((stampsIn(sample, slow.doc) ?? '') > last.slice(0, 11), 'stamps after those that were there')
    },
  },
  {
    rule: 'D3',
    title: 'assigning undefined clears a field without a default, and later than a value written before',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      a.edit(d => (d.color = 'rose'))
      b.pull(a)
      b.wall += 10
      b.edit(d => (d.color = undefined))
      settle([a, b])
      same([a.view.color, b.view.color], [undefined, undefined], 'color')
    },
  },
  {
    rule: 'D7',
    title: 'what lost to a write that did not know it stays reachable, also when the same device writes again',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      a.edit(d => (d.title = 'lost'))
      b.wall += 5
      b.edit(d => (d.title = 'won'))
      settle([a, b])
      const lost = { value: 'lost', device: 'a', at: START }
      same(losers(sample, b.doc, 'title'), [lost], 'losers before')
      a.wall += 100
      a.edit(d => (d.title = 'third'))
      settle([a, b])
      for (const { doc, view } of [a, b]) {
        same(view.title, 'third', 'title')
        same(losers(sample, doc, 'title'), [lost], 'losers: `won` was seen and overwritten')
      }
    },
  },
  {
    rule: 'D7',
    title: 'what was written twice was not lost, and each lost value is told once',
    async check(make) {
      const all = replicas(make(), 'a', 'b', 'c', 'd') as [Replica, Replica, Replica, Replica]
      for (const [at, title] of ['lost', 'same', 'lost', 'same'].entries()) {
        const one = all[at] as Replica
        one.wall += at
        one.edit(d => (d.title = title))
      }
      settle(all)
      same(losers(sample, all[0].doc, 'title'), [{ value: 'lost', device: 'c', at: START + 2 }], 'losers')
    },
  },
  {
    rule: 'D7',
    title: 'a loser is kept for 7 days from the write that found it, however old its stamp',
    async check(make) {
      const [away, b] = replicas(make(), 'away', 'b') as [Replica, Replica]
      away.edit(d => (d.title = 'three weeks old'))
      b.wall += DAY
      b.edit(d => (d.title = 'won'))
      b.wall += 21 * DAY
      b.pull(away)
      b.edit(d => (d.title = 'found'))
      same(losers(sample, b.doc, 'title').length, 1, 'losers when it was found')
      b.wall += 6 * DAY
      b.edit(d => (d.title = 'six days later'))
      same(losers(sample, b.doc, 'title').length, 1, 'losers after six days')
      b.wall += 2 * DAY
      b.edit(d => (d.title = 'eight days later'))
      same(losers(sample, b.doc, 'title'), [], 'losers after eight days')
      same([...b.doc.map('title').entries()].length, 1, 'entries')
    },
  },
  {
    rule: 'D4',
    title: 'one key per device: a thousand edits leave one entry, and edits by turns too',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      for (let i = 0; i < 100; i++) {
        const [one, other] = i % 2 === 0 ? [a, b] : [b, a]
        one.edit(d => (d.title = `${i}`))
        other.pull(one)
      }
      same([...a.doc.map('title').entries()].length, 1, 'entries')
    },
  },
  {
    rule: 'CR-26',
    title: 'what a peer wrote and the schema does not accept is passed over, the same on all replicas',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      a.edit(d => (d.title = 'fine'))
      b.pull(a)
      b.doc.change(() => {
        b.doc.map('title').set('b', [stampOf(START + 5, 0), 42])
        b.doc.map('title').set('c', 'no entry at all')
        b.doc.map('title').set('d', ['~zzzzzzzzzzzzzz', 'no stamp at all'])
        b.doc.map('tags').set('"x"/b', [stampOf(START, 0), { no: 'tag' }])
        b.doc.map('steps').set('x/v/b', [stampOf(START, 0), null])
        b.doc.map('steps').set('///', [stampOf(START, 0), 'orphan'])
        b.doc.map('votes').set('b', 'many')
        b.doc.map('page').set('far/b', [stampOf(START, 0), Number.NaN])
      })
      settle([a, b])
      for (const { view } of [a, b]) {
        same(
          [view.title, view.tags, view.steps, view.votes, view.page.furthest],
          ['fine', [], [], 0, undefined],
          'shown',
        )
      }
      a.edit(d => (d.title = 'mended'))
      settle([a, b])
      same(b.view.title, 'mended', 'title after a write over it')
    },
  },
  {
    rule: 'C3',
    title: 'two tabs of one device that write at once keep both edits, each in its slot',
    async check(make) {
      const engine = make()
      const one = replica(engine, 'laptop', { slot: 0 })
      const two = replica(engine, 'laptop', { slot: 1 })
      one.edit(d => {
        d.title = 'first tab'
        d.votes.add(1)
      })
      two.wall += 1
      two.edit(d => {
        d.title = 'second tab'
        d.votes.add(1)
      })
      settle([one, two])
      same([one.view.title, two.view.title], ['second tab', 'second tab'], 'title')
      same([one.view.votes, two.view.votes], [2, 2], 'votes')
      same(losers(sample, one.doc, 'title'), [{ value: 'first tab', device: 'laptop', at: START }], 'losers')
    },
  },
  {
    rule: 'D1',
    title: 'furthest never goes back, latest does, and each device can jump back to its own place',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      a.edit(d => d.page.set(120))
      b.wall += 1
      b.edit(d => d.page.set(80))
      settle([a, b])
      same(a.view.page, { furthest: 120, latest: 80, ofThisDevice: 120 }, 'on a')
      same(b.view.page, { furthest: 120, latest: 80, ofThisDevice: 80 }, 'on b')
      a.wall += 2
      a.edit(d => d.page.set(1))
      settle([a, b])
      same(b.view.page, { furthest: 120, latest: 1, ofThisDevice: 80 }, 'on b after a opened page 1')
      b.edit(d => d.page.set(200))
      settle([a, b])
      same(a.view.page, { furthest: 200, latest: 200, ofThisDevice: 1 }, 'on a at last')
    },
  },
  {
    rule: 'D1',
    title: 'immutable: the first write wins everywhere, and nobody who sees it can write another',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      b.wall += 1
      b.edit(d => (d.author = 'second'))
      await rejects(() => b.edit(d => (d.author = 'again')), 'BAD_INPUT')
      a.edit(d => (d.author = 'first'))
      settle([a, b])
      same([a.view.author, b.view.author], ['first', 'first'], 'author')
      await rejects(() => b.edit(d => (d.author = 'again')), 'BAD_INPUT')
    },
  },
  {
    rule: 'D4',
    title: 'a renamed field stays where it was: devices on both versions write the same one',
    async check(make) {
      const [old, young] = replicas(make(), 'a', 'b') as [Replica, Replica]
      const { title, steps, notes } = sample.fields
      const renamed = defineKind('sample', {
        version: 2,
        fields: { heading: title, items: steps, remarks: notes },
        alias: { title: 'heading', steps: 'items', notes: 'remarks' },
      })
      old.edit(d => {
        d.title = 'old'
        d.notes.insert(0, 'written ')
      })
      young.pull(old)
      young.wall += 1
      const draft = draftOf(renamed, young.doc, young.context)
      young.doc.change(() => {
        draft.heading = 'new'
        draft.remarks.insert(8, 'twice')
      })
      settle([old, young])
      const view = readDocument(renamed, young.doc)
      same([old.view.title, view.heading], ['new', 'new'], 'title')
      same([old.view.notes.toString(), view.remarks.toString()], ['written twice', 'written twice'], 'text')
    },
  },
]

function randomLatest(engine: Engine, seed: number): void {
  const random = seededRandom(seed)
  const below = (n: number): number => Math.floor(random.number() * n)
  const all = ['x', 'y', 'z'].map(device => replica(engine, device + seed, { wall: START + below(60_000) }))
  const field = sample.fields.title
  const place = (of: Replica) => ({ doc: of.doc, root: 'title', field: 'title' })
  const written = new Map<string, string>()
  const overwritten = new Set<string>()
  for (let step = 0; step < 60; step++) {
    const one = all[below(3)] as Replica
    const other = all[below(3)] as Replica
    one.wall += below(5_000)
    if (random.number() < 0.4) {
      if (one !== other) one.pull(other)
      continue
    }
    const winner = field.candidates(place(one))[0]?.entry
    const value = `${seed}:${step}`
    one.edit(d => (d.title = value))
    same(one.view.title, value, `seed ${seed} step ${step}: own write`)
    const entry = field.candidates(place(one))[0]?.entry
    must(entry !== undefined, 'own entry')
    written.set(`${entry.stamp} ${entry.writer}`, value)
    if (winner !== undefined) overwritten.add(`${winner.stamp} ${winner.writer}`)
  }
  settle(all)
  const names = [...written.keys()].sort()
  const last = names.at(-1)
  for (const one of all) {
    same(one.view.title, last === undefined ? 'untitled' : written.get(last), `seed ${seed}: the greatest stamp`)
    same(one.doc.digest(), all[0]?.doc.digest(), `seed ${seed}: digests`)
    const reachable = new Set(losers(sample, one.doc, 'title').map(loser => loser.value))
    for (const name of names) {
      if (name === last || overwritten.has(name)) continue
      must(reachable.has(written.get(name) ?? ''), `seed ${seed}: ${written.get(name)} was lost unseen and is gone`)
    }
  }
}
