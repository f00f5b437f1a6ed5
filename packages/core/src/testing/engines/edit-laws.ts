/** Laws of editing: what an edit emits, who wrote it, what reading and undo leave alone. */
import { JoineryError } from '../../errors.ts'
import type { EngineDocument } from '../../ports/engine.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { exchanged, listened, type MakeEngine, opened, writtenBy } from './history.ts'

export const editLaws: readonly Law<MakeEngine>[] = [
  {
    rule: 'D3',
    title: 'an edit that changes nothing emits nothing',
    async check(make) {
      const { engine, random } = await make()
      const document = opened(engine, random)
      document.map('fields').set('k', { a: [1, 'x'] })
      if (engine.can.text) document.text('body').insert(0, 'text')
      const { updates, changes } = listened(document)
      const version = document.version()
      document.change(() => {})
      document.change(() => document.change(() => {}))
      document.map('fields').set('k', { a: [1, 'x'] })
      document.map('fields').delete('absent')
      document.map('absent').delete('k')
      if (engine.can.text) {
        document.text('body').insert(2, '')
        document.text('body').delete(1, 0)
        document.text('absent').insert(0, '')
        document.text('absent').delete(0, 0)
      }
      same(updates, [], 'updates of edits that change nothing')
      same(changes(), 0, 'calls of onChange')
      same(document.version(), version, 'the version')
    },
  },
  {
    rule: 'D4',
    title: 'reading what is absent gives nothing and writes nothing',
    async check(make) {
      const { engine, random } = await make()
      const document = opened(engine, random)
      const { updates, changes } = listened(document)
      const [digest, version] = [document.digest(), document.version()]
      const map = document.map('fields')
      same(
        [map.get('k'), map.get('toString'), map.get('__proto__'), [...map.entries()]],
        [undefined, undefined, undefined, []],
        'an absent map',
      )
      if (engine.can.text) {
        const text = document.text('body')
        same([text.length, text.toString()], [0, ''], 'an absent text')
      }
      same(document.content(), {}, 'the content')
      must(!document.waiting() && !document.undo() && !document.redo(), 'nothing waits, nothing to undo')
      same([updates.length, changes()], [0, 0], 'updates and changes')
      same([document.digest(), document.version()], [digest, version], 'digest and version')
      same(document.encode(version), undefined, 'what is new')
    },
  },
  {
    rule: 'S2',
    title:
      'one change is one update and one call of onChange, whatever it nests; what comes through apply is not emitted',
    async check(make) {
      const { engine, random } = await make()
      const [a, b] = [opened(engine, random), opened(engine, random)]
      const [atA, atB] = [listened(a), listened(b)]
      a.change(() => {
        a.map('fields').set('k', 1)
        a.change(() => {
          a.map('fields').set('l', 2)
          a.map('more').set('m', 3)
        })
        if (engine.can.text) a.text('body').insert(0, 'one')
        same(a.map('fields').get('l'), 2, 'what a change reads of its own')
        same(atA.updates.length, 0, 'updates before the change ends')
      })
      same([atA.updates.length, atA.changes()], [1, 1], 'updates and calls at the writer')
      b.applyAll(atA.updates)
      same([atB.updates.length, atB.changes()], [0, 1], 'updates and calls at the reader')
      b.applyAll(atA.updates)
      same([atB.updates.length, atB.changes()], [0, 1], 'updates and calls after nothing new')
      atA.stop()
      a.map('fields').set('k', 2)
      same([atA.updates.length, atA.changes()], [1, 1], 'updates and calls after the listeners left')
    },
  },
  {
    rule: 'S2',
    title: 'a change that throws passes the error on, and what it did before stays and is emitted',
    async check(make) {
      const { engine, random } = await make()
      const [a, b] = [opened(engine, random), opened(engine, random)]
      const { updates } = listened(a)
      const error = new JoineryError('BAD_INPUT')
      same(
        await rejects(() =>
          a.change(() => {
            a.map('fields').set('k', 1)
            throw error
          }),
        ),
        error,
        'the error',
      )
      same(updates.length, 1, 'updates')
      b.applyAll(updates)
      same([a.map('fields').get('k'), b.map('fields').get('k')], [1, 1], 'what the change did')
      a.map('fields').set('k', 2)
      same(updates.length, 2, 'updates after the next change')
    },
  },
  {
    rule: 'A3',
    title: 'authors are fresh, and what an update contains of whom is named exactly, from 0 without gaps',
    async check(make) {
      const { engine, random } = await make()
      const names = Array.from({ length: 1000 }, () => engine.newAuthor(random))
      same(new Set(names).size, names.length, 'fresh authors')
      const { documents, updates, updatesByAuthor } = writtenBy(engine, random, 3, 40)
      for (const [author, own] of updatesByAuthor) {
        let clock = 0
        for (const update of own) {
          for (const range of engine.authorsOf(update)) {
            same(
              { author: range.author, from: range.from },
              { author, from: clock },
              'who wrote an update, and from where',
            )
            must(range.to > range.from, 'a range is not empty')
            clock = range.to
          }
        }
      }
      if (!engine.can.merges) return
      const [document] = documents as [EngineDocument]
      document.applyAll(updates)
      const whole = new Map<string, number>()
      for (const { author, from, to } of engine.authorsOf(document.encode())) {
        same(from, whole.get(author) ?? 0, 'where a range of a snapshot begins')
        whole.set(author, to)
      }
      const written = [...updatesByAuthor].flatMap(([, own]) => own.flatMap(update => engine.authorsOf(update)))
      const ends = new Map<string, number>()
      for (const { author, to } of written) ends.set(author, Math.max(to, ends.get(author) ?? 0))
      same(new Map([...whole].sort(byName)), new Map([...ends].sort(byName)), 'the authors of a snapshot')
    },
  },
  {
    rule: 'A3',
    title: 'a document edits as the author it was opened with, and as no made-up one',
    async check(make) {
      const { engine, random } = await make()
      const author = engine.newAuthor(random)
      same(engine.open(author).author, author, 'the author')
      for (const bad of ['', '../etc', 'é', ' '.repeat(3)]) await rejects(() => engine.open(bad), 'BAD_INPUT')
    },
  },
  {
    rule: 'C1',
    title: 'undo takes back what was made here, change by change, and never what others made',
    async check(make) {
      const { engine, random } = await make()
      const [a, b] = [opened(engine, random), opened(engine, random)]
      a.map('fields').set('own', 1)
      if (!engine.can.undo) {
        must(!a.undo() && !a.redo(), 'an engine that cannot undo says so')
        same(a.map('fields').get('own'), 1, 'the value')
        return
      }
      a.map('fields').set('own', 2)
      b.map('fields').set('others', 'x')
      exchanged(a, b)
      const { updates } = listened(a)
      must(a.undo(), 'an edit was undone')
      same(a.content(), { fields: { own: 1, others: 'x' } }, 'after one undo')
      must(a.undo(), 'another was')
      must(!a.undo(), 'nothing is left to undo')
      same(a.content(), { fields: { others: 'x' } }, 'after all undos')
      must(a.redo() && a.redo(), 'both were done again')
      must(!a.redo(), 'nothing is left to do again')
      same(a.content(), { fields: { own: 2, others: 'x' } }, 'after all redos')
      same(updates.length, 4, 'updates of undo and redo')
      b.applyAll(updates)
      same(b.digest(), a.digest(), 'the digest elsewhere')
      must(!b.undo() || b.map('fields').get('own') === 2, 'undo elsewhere leaves it')
      if (!engine.can.text) return
      a.text('body').insert(0, 'mine')
      exchanged(a, b)
      b.text('body').insert(4, ' theirs')
      exchanged(a, b)
      must(a.undo(), 'typing was undone')
      same(a.text('body').toString(), ' theirs', 'the text without what was typed here')
    },
  },
  {
    rule: 'C1',
    title: 'a document takes no update inside a change, and nothing after it was closed',
    async check(make) {
      const { engine, random } = await make()
      const [a, b] = [opened(engine, random), opened(engine, random)]
      // The later command, where there is only one value.
      for (const value of [0, 1]) b.map('fields').set('k', value)
      const update = b.encode()
      a.change(() => a.map('fields').set('l', 1))
      await rejects(() => a.change(() => a.apply(update)), 'BAD_INPUT')
      must(a.apply(update) && a.map('fields').get('k') === 1, 'it takes one afterwards')
      const map = a.map('fields')
      a.close()
      a.close()
      await rejects(() => a.apply(update), 'CLOSED')
      await rejects(() => a.change(() => {}), 'CLOSED')
      await rejects(() => map.set('k', 2), 'CLOSED')
    },
  },
]

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
