/** Laws of merging: order, repeats and gaps make no difference (D1), and what is known does not travel again (D3). */
import { canonical, type Plain } from '../../plain.ts'
import type { EngineDocument } from '../../ports/engine.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { exchanged, type MakeEngine, opened, shuffled, updateOf, writtenBy } from './history.ts'

export const mergeLaws: readonly Law<MakeEngine>[] = [
  {
    rule: 'D1',
    title: 'documents with the same updates show the same, in whatever order and however often they came',
    async check(make) {
      const { engine, random } = await make()
      for (let round = 0; round < 12; round++) {
        const history = writtenBy(engine, random, 3, 40)
        const documents = [...history.documents, opened(engine, random)]
        for (const document of documents) {
          for (const update of shuffled(random, [...history.updates, ...history.updates])) document.apply(update)
          must(!document.waiting(), 'nothing waits once every update is there')
        }
        same(new Set(documents.map(document => document.digest())).size, 1, 'digests of the replicas')
        same(new Set(documents.map(document => canonical(document.content()))).size, 1, 'contents of the replicas')
        for (const document of documents) document.close()
      }
    },
  },
  {
    rule: 'D1',
    title: 'applying many at once is applying them one by one',
    async check(make) {
      const { engine, random } = await make()
      const { updates } = writtenBy(engine, random, 3, 30)
      const [atOnce, oneByOne] = [opened(engine, random), opened(engine, random)]
      atOnce.applyAll(shuffled(random, updates))
      for (const update of updates) oneByOne.apply(update)
      same(atOnce.digest(), oneByOne.digest(), 'the digest after applyAll')
    },
  },
  {
    rule: 'D1',
    title: 'a document encoded whole shows what its updates one by one show',
    async check(make) {
      const { engine, random } = await make()
      const { documents, updates } = writtenBy(engine, random, 3, 30)
      for (const document of documents) document.applyAll(updates)
      for (const document of documents) {
        const snapshot = document.encode()
        same(engine.check(snapshot), undefined, 'check of a snapshot')
        const copy = opened(engine, random)
        copy.apply(snapshot)
        must(!copy.waiting(), 'a snapshot needs nothing else')
        same(copy.digest(), document.digest(), 'the digest of a copy')
        same(copy.content(), document.content(), 'the content of a copy')
        same(copy.encode(document.version()), undefined, 'what the copy has and the original lacks')
        same(document.encode(copy.version()), undefined, 'what the original has and the copy lacks')
      }
    },
  },
  {
    rule: 'D1',
    title: 'an update that needs another waits inside the document, and takes effect with it',
    async check(make) {
      const { engine, random } = await make()
      const writer = opened(engine, random)
      const [first, second, third] = [
        updateOf(writer, () => writer.map('fields').set('k', 1)),
        updateOf(writer, () => writer.map('fields').set('k', 2)),
        updateOf(writer, () => writer.map('fields').set('k', 3)),
      ]
      const reader = opened(engine, random)
      const empty = reader.digest()
      must(reader.apply(third), 'an update that waits is new')
      must(!reader.apply(third), 'the same again is not')
      if (engine.can.merges) {
        must(reader.waiting(), 'an update whose past is missing waits')
        same(reader.digest(), empty, 'the digest while all there is waits')
        const kept = opened(engine, random)
        kept.apply(reader.encode())
        must(!kept.waiting(), 'what waits is no part of a snapshot')
      } else {
        must(!reader.waiting(), 'an update that needs no other does not wait')
      }
      reader.apply(second)
      reader.apply(first)
      must(!reader.waiting(), 'nothing waits when all is there')
      same(reader.digest(), writer.digest(), 'the digest when all is there')
    },
  },
  {
    rule: 'D1',
    title: 'a digest names content: equal for equal content whatever its history, different for different content',
    async check(make) {
      const { engine, random } = await make()
      const [straight, winding] = [opened(engine, random), opened(engine, random)]
      const empty = straight.digest()
      straight.map('fields').set('k', [1, { a: 'x', b: null }])
      winding.map('fields').set('other', 0)
      winding.map('fields').set('k', 'before')
      winding.map('fields').set('k', [1, { b: null, a: 'x' }])
      winding.map('fields').delete('other')
      must(straight.digest() !== empty, 'content changes the digest')
      same(winding.digest(), straight.digest(), 'the digest of the same content')
      if (engine.can.text) {
        for (const text of ['ab', 'abc']) winding.text('body').insert(0, text)
        straight.text('body').insert(0, 'abcab')
        same(winding.digest(), straight.digest(), 'the digest of the same text')
        winding.text('body').delete(0, 1)
        must(winding.digest() !== straight.digest(), 'other text, another digest')
        winding.text('body').delete(0, 4)
        straight.text('body').delete(0, 5)
        same(winding.digest(), straight.digest(), 'the digest of text that is gone')
      }
      straight.map('fields').delete('k')
      same(straight.digest(), empty, 'the digest of a map that is empty again')
      const forms: readonly Plain[] = [
        1,
        '1',
        true,
        'true',
        null,
        'null',
        [],
        {},
        [1],
        { 0: 1 },
        new Uint8Array([1]),
        '',
      ]
      const digests = forms.map(value => {
        const document = opened(engine, random)
        document.map('fields').set('k', value)
        return document.digest()
      })
      same(new Set(digests).size, forms.length, 'digests of values that look alike')
    },
  },
  {
    rule: 'D3',
    title: 'encode(since) is what the other lacks, deletes too, and undefined when it lacks nothing',
    async check(make) {
      const { engine, random } = await make()
      const { documents, updates } = writtenBy(engine, random, 2, 40)
      const [a, b] = documents as [EngineDocument, EngineDocument]
      a.applyAll(updates)
      for (let turn = 0; turn < 20; turn++) {
        const news = a.encode(b.version())
        if (turn > 0) must(news !== undefined, 'an edit is new to who has not seen it')
        if (news !== undefined) {
          same(engine.check(news), undefined, 'check of what is new')
          must(b.apply(news), 'what is new is new')
        }
        same(a.encode(b.version()), undefined, 'what is left after that')
        same(a.encode(a.version()), undefined, 'what a document lacks of itself')
        same(b.digest(), a.digest(), 'digests after what was new')
        // Every second edit takes away only.
        if (turn % 2 === 0) a.map('fields').set('gone', turn)
        else a.map('fields').delete('gone')
      }
      await rejects(() => a.encode(new Uint8Array([255, 255, 255])), 'BAD_INPUT')
    },
  },
  {
    rule: 'D3',
    title: 'encode(since) holds what is new and not every delete there ever was',
    async check(make) {
      const { engine, random } = await make()
      if (!engine.can.merges) return
      const [a, b] = [opened(engine, random), opened(engine, random)]
      for (let i = 0; i < 300; i++) {
        a.map('fields').set(`k${i}`, i)
        a.map('fields').set(`l${i}`, i)
        a.map('fields').delete(`k${i}`)
      }
      b.apply(a.encode())
      a.map('fields').set('one', 1)
      const news = a.encode(b.version())
      must(news !== undefined && news.length < 250, `one small edit took ${news?.length} bytes`)
    },
  },
  {
    rule: 'D3',
    title: 'apply tells whether anything was new',
    async check(make) {
      const { engine, random } = await make()
      const { updates } = writtenBy(engine, random, 1, 20)
      const document = opened(engine, random)
      for (const update of updates) must(document.apply(update), 'an update is new')
      for (const update of updates) must(!document.apply(update), 'an update is new once')
      must(!document.applyAll(updates), 'many known updates are nothing new')
      must(!document.applyAll([]), 'no updates are nothing new')
      must(!document.apply(document.encode()), 'a document has nothing new for itself')
      must(!document.apply(opened(engine, random).encode()), 'an empty document has nothing new')
    },
  },
  {
    rule: 'D2',
    title:
      'edits of different keys made at once both survive where the engine merges; elsewhere one stands, the same everywhere',
    async check(make) {
      const { engine, random } = await make()
      const [a, b] = [opened(engine, random), opened(engine, random)]
      a.map('fields').set('a', 'of a')
      b.map('fields').set('b', 'of b')
      exchanged(a, b)
      const shown = a.content()
      same(b.content(), shown, 'the content of both')
      const survivors = [a.map('fields').get('a'), a.map('fields').get('b')].filter(value => value !== undefined)
      same(survivors.length, engine.can.merges ? 2 : 1, 'how many survive')
    },
  },
  {
    rule: 'D1',
    title: 'delete takes away the value that was seen; one set elsewhere meanwhile stays',
    async check(make) {
      const { engine, random } = await make()
      const [a, b] = [opened(engine, random), opened(engine, random)]
      a.map('fields').set('k', 'old')
      exchanged(a, b)
      a.map('fields').delete('k')
      same([a.map('fields').get('k'), [...a.map('fields').entries()]], [undefined, []], 'a key that was deleted')
      b.map('fields').set('k', 'new')
      exchanged(a, b)
      if (engine.can.merges)
        same([a.map('fields').get('k'), b.map('fields').get('k')], ['new', 'new'], 'the value set meanwhile')
      else same(a.content(), b.content(), 'the content of both')
      a.map('fields').delete('k')
      a.map('fields').set('k', 'again')
      exchanged(a, b)
      same([a.map('fields').get('k'), b.map('fields').get('k')], ['again', 'again'], 'a value after a delete')
    },
  },
  {
    rule: 'D1',
    title: 'two devices that begin the same text offline keep both halves',
    async check(make) {
      const { engine, random } = await make()
      if (!engine.can.text) return
      const [a, b] = [opened(engine, random), opened(engine, random)]
      a.text('body').insert(0, 'from a')
      b.text('body').insert(0, 'from b')
      exchanged(a, b)
      same(a.text('body').toString(), b.text('body').toString(), 'the text on both')
      must(
        a.text('body').toString().includes('from a') && a.text('body').toString().includes('from b'),
        'both halves are there',
      )
      a.text('body').delete(0, 12)
      b.text('body').insert(6, '!')
      exchanged(a, b)
      same([a.text('body').toString(), b.text('body').toString()], ['!', '!'], 'what was typed into a deleted text')
    },
  },
]
