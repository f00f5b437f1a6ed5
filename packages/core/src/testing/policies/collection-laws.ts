/** The laws of `set`, `list` and `counter`. */
import type { Engine } from '../../ports/engine.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { seededRandom } from '../seeded-random.ts'
import { replica, replicas, settle, START, updatesOf, type Replica } from './replicas.ts'

export const collectionLaws: readonly Law<() => Engine>[] = [
  {
    rule: 'D1',
    title: 'set: an element added elsewhere without knowing of a removal stays, also one that was there already',
    async check(make) {
      const [a, b, c] = replicas(make(), 'a', 'b', 'c') as [Replica, Replica, Replica]
      a.edit(d => d.tags.add('home', 'work'))
      settle([a, b, c])
      b.edit(d => d.tags.delete('home', 'work'))
      c.edit(d => d.tags.add('home'))
      settle([a, b, c])
      for (const { view } of [a, b, c]) same(view.tags, ['home'], 'tags')
      a.edit(d => d.tags.add('home'))
      b.edit(d => d.tags.delete('home'))
      settle([a, b, c])
      for (const { view } of [a, b, c]) same(view.tags, ['home'], 'tags after adding again on the same device')
    },
  },
  {
    rule: 'D1',
    title: 'set: random adds and removes on three devices end as causality says',
    async check(make) {
      const engine = make()
      for (let seed = 0; seed < 8; seed++) randomSet(engine, seed)
    },
  },
  {
    rule: 'D1',
    title: 'set: elements are the same when their content is, come in one order, and are found by it',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      a.edit(d => d.tags.add('b', 'a/b~c', 'a', 'ä', '😀'))
      b.edit(d => d.tags.add('a', 'ab'))
      settle([a, b])
      same(a.view.tags, ['a', 'a/b~c', 'ab', 'b', 'ä', '😀'], 'tags')
      same(b.view.tags, a.view.tags, 'on b')
      b.edit(d => {
        must(d.tags.has('a/b~c') && !d.tags.has('c'), 'has')
        same([...d.tags].length, d.tags.size, 'size')
        d.tags.delete('a', 'a/b~c')
      })
      settle([a, b])
      same(a.view.tags, ['ab', 'b', 'ä', '😀'], 'tags after a removal')
    },
  },
  {
    rule: 'D1',
    title: 'list: a move here and an edit there both count',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      const [one] = insert(a, 0, 'one', 'two', 'three')
      b.pull(a)
      a.edit(d => must(d.steps.move(one, 2), 'moved'))
      b.edit(d => must(d.steps.replace(one, 'ONE'), 'edited'))
      settle([a, b])
      for (const { view } of [a, b]) same(valuesOf(view), ['two', 'three', 'ONE'], 'steps')
    },
  },
  {
    rule: 'D1',
    title: 'list: moved by two devices at once, an item is there once, where the later move put it',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      const [one] = insert(a, 0, 'one', 'two', 'three')
      b.pull(a)
      a.edit(d => d.steps.move(one, 1))
      b.wall += 1
      b.edit(d => d.steps.move(one, 2))
      settle([a, b])
      for (const { view } of [a, b]) same(valuesOf(view), ['two', 'three', 'one'], 'steps')
    },
  },
  {
    rule: 'D1',
    title:
      'list: an item edited elsewhere while it was deleted stays with the edit, in its place; one merely moved is gone',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      const [, two, , four] = insert(a, 0, 'one', 'two', 'three', 'four')
      b.pull(a)
      a.edit(d => d.steps.delete(two, four))
      b.edit(d => {
        d.steps.replace(two, 'TWO')
        d.steps.move(four, 0)
      })
      settle([a, b])
      for (const { view } of [a, b]) same(valuesOf(view), ['one', 'TWO', 'three'], 'steps')
      b.edit(d => d.steps.delete(two))
      settle([a, b])
      same(valuesOf(a.view), ['one', 'three'], 'steps when it is deleted again')
    },
  },
  {
    rule: 'D1',
    title: 'list: items that two devices put at the same place are all there, and there is room between any two',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      insert(a, 0, 'first', 'last')
      b.pull(a)
      insert(a, 1, 'a1', 'a2')
      insert(b, 1, 'b1', 'b2')
      settle([a, b])
      same(valuesOf(a.view), valuesOf(b.view), 'steps')
      same([...valuesOf(a.view)].sort(), ['a1', 'a2', 'b1', 'b2', 'first', 'last'], 'all steps')
      for (let at = 5; at >= 1; at--) {
        const [before, after] = valuesOf(a.view).slice(at - 1, at + 1)
        insert(a, at, 'between')
        same(valuesOf(a.view).slice(at - 1, at + 2), [before, 'between', after], `between ${at - 1} and ${at}`)
      }
    },
  },
  {
    rule: 'CR-26',
    title: 'list: equal and impossible order keys of a peer break nothing, and writing goes on around them',
    async check(make) {
      const [a, b] = replicas(make(), 'a', 'b') as [Replica, Replica]
      const stamp = a.context.stamp()
      a.doc.change(() => {
        for (const id of ['x', 'y']) {
          a.doc.map('steps').set(`${id}/v/a`, [stamp, id])
          a.doc.map('steps').set(`${id}/p/a`, [stamp, 'a1'])
        }
        a.doc.map('steps').set('z/v/a', [stamp, 'z'])
        a.doc.map('steps').set('z/p/a', [stamp, '!'])
      })
      b.pull(a)
      same(valuesOf(b.view), ['x', 'y', 'z'], 'steps')
      insert(b, 1, 'between equals')
      same(valuesOf(b.view), ['x', 'between equals', 'y', 'z'], 'steps with one between equal keys')
      for (const at of [0, 1, 2, 3]) insert(b, at, `${at}`)
      b.edit(d => must(d.steps.move('z', 0), 'moved'))
      settle([a, b])
      same(valuesOf(a.view), valuesOf(b.view), 'steps')
      same([a.view.steps[0]?.id, a.view.steps.length], ['z', 8], 'the moved one is first')
    },
  },
  {
    rule: 'D1',
    title: 'list: random edits on three devices end the same, and every edit that no delete knew is there',
    async check(make) {
      const engine = make()
      for (let seed = 0; seed < 6; seed++) randomList(engine, seed)
    },
  },
  {
    rule: 'D3',
    title: 'list: replacing by the same, moving to the same place and naming what is gone write nothing',
    async check(make) {
      const [a] = replicas(make(), 'a') as [Replica]
      const [one] = insert(a, 0, 'one', 'two')
      const updates = updatesOf(a, () =>
        a.edit(d => {
          must(d.steps.replace(one, 'one') && d.steps.move(one, 0), 'it is there')
          must(!d.steps.replace('gone', 'x') && !d.steps.move('gone', 0), 'it is gone')
          d.steps.delete('gone')
        }),
      )
      same(updates, 0, 'updates')
      await rejects(() => insert(a, 3, 'beyond'), 'BAD_INPUT')
      await rejects(() => insert(a, -1, 'before'), 'BAD_INPUT')
      await rejects(() => a.edit(d => d.steps.move(one, 2)), 'BAD_INPUT')
    },
  },
  {
    rule: 'D1',
    title: 'counter: all additions count, from wherever',
    async check(make) {
      const all = replicas(make(), 'a', 'b', 'c')
      const random = seededRandom(1)
      let sum = 0
      for (let step = 0; step < 60; step++) {
        const one = all[step % 3] as Replica
        const amount = Math.floor(random.number() * 9) - 3
        one.edit(d => d.votes.add(amount))
        sum += amount
        if (random.number() < 0.3) one.pull(all[(step + 1) % 3] as Replica)
      }
      settle(all)
      for (const { view } of all) same(view.votes, sum, 'votes')
      const [a] = all as [Replica]
      await rejects(() => a.edit(d => d.votes.add(0.5)), 'BAD_INPUT')
      await rejects(() => a.edit(d => d.votes.add(Number.NaN)), 'BAD_INPUT')
    },
  },
]

function insert(of: Replica, at: number, ...values: readonly string[]): [string, string, string, string] {
  let ids: string[] = []
  of.edit(d => (ids = d.steps.insert(at, ...values)))
  return ids as [string, string, string, string]
}

function valuesOf(view: Replica['view']): string[] {
  return view.steps.map(step => step.value)
}

/** Each device keeps the names of the edits it knows; what a removal knew is what it removes. */
interface Knowing {
  readonly replica: Replica
  readonly knows: Set<number>
}

interface Edit {
  readonly of: string
  readonly removes: ReadonlySet<number> | undefined
  readonly value: string
}

function randomHistory(
  engine: Engine,
  seed: number,
  step: (one: Replica, below: (n: number) => number, record: (of: string, value: string | undefined) => void) => void,
): { all: readonly Replica[]; edits: readonly Edit[] } {
  const random = seededRandom(seed)
  const below = (n: number): number => Math.floor(random.number() * n)
  const all: readonly Knowing[] = ['x', 'y', 'z'].map(device => ({
    replica: replica(engine, device + seed, { wall: START + below(60_000) }),
    knows: new Set(),
  }))
  const edits: Edit[] = []
  for (let at = 0; at < 80; at++) {
    const one = all[below(3)] as Knowing
    const other = all[below(3)] as Knowing
    one.replica.wall += below(1_000)
    if (random.number() < 0.35) {
      one.replica.pull(other.replica)
      for (const edit of other.knows) one.knows.add(edit)
      continue
    }
    step(one.replica, below, (of, value) => {
      edits.push({ of, value: value ?? '', removes: value === undefined ? new Set(one.knows) : undefined })
      one.knows.add(edits.length - 1)
    })
  }
  settle(all.map(({ replica: one }) => one))
  return { all: all.map(({ replica: one }) => one), edits }
}

/** What was written and no removal knew, in the order written. */
function surviving(edits: readonly Edit[]): Edit[] {
  return edits.filter(
    (edit, at) => edit.removes === undefined && !edits.some(other => other.of === edit.of && other.removes?.has(at)),
  )
}

function randomSet(engine: Engine, seed: number): void {
  const { all, edits } = randomHistory(engine, seed, (one, below, record) => {
    const tag = `t${below(4)}`
    one.edit(d => {
      if (below(2) === 0) {
        d.tags.add(tag)
        record(tag, tag)
      } else {
        d.tags.delete(tag)
        record(tag, undefined)
      }
    })
  })
  const expected = [...new Set(surviving(edits).map(edit => edit.of))].sort()
  for (const one of all) {
    same(one.view.tags, expected, `seed ${seed}`)
    same(one.doc.digest(), all[0]?.doc.digest(), `seed ${seed}: digests`)
  }
}

function randomList(engine: Engine, seed: number): void {
  let made = 0
  const { all, edits } = randomHistory(engine, seed, (one, below, record) => {
    one.edit(d => {
      const items = [...d.steps]
      const item = items[below(items.length || 1)]
      const value = `v${made++}`
      const what = below(10)
      if (item === undefined || what < 4) {
        const [id = ''] = d.steps.insert(below(items.length + 1), value)
        record(id, value)
      } else if (what < 6) {
        d.steps.replace(item.id, value)
        record(item.id, value)
      } else if (what < 8) {
        const to = below(items.length)
        d.steps.move(item.id, to)
        same(d.steps.length, items.length, `seed ${seed}: length after a move`)
        same([...d.steps][to]?.id, item.id, `seed ${seed}: the moved item`)
      } else {
        d.steps.delete(item.id)
        record(item.id, undefined)
      }
    })
  })
  const left = surviving(edits)
  const [first] = all as [Replica]
  same(
    first.view.steps.map(step => step.id).sort(),
    [...new Set(left.map(edit => edit.of))].sort(),
    `seed ${seed}: items`,
  )
  for (const { id, value } of first.view.steps) {
    must(
      left.some(edit => edit.of === id && edit.value === value),
      `seed ${seed}: ${id} shows ${value}, which was removed`,
    )
  }
  for (const one of all) {
    same(one.view.steps, first.view.steps, `seed ${seed}: steps`)
    same(one.doc.digest(), first.doc.digest(), `seed ${seed}: digests`)
  }
}
