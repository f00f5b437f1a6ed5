import * as A from '@automerge/automerge'
import { automergeSeed, SEED_AUTHOR } from '@joinery/core/gate'
import { engineLaws, seededRandom } from '@joinery/core/testing'
import { describe, expect, test } from 'vitest'
import { automerge } from '@joinery/adapters/engines/automerge'
import { testedAutomerge } from './tested.ts'

describe('the contract', () => {
  for (const law of engineLaws) {
    test(`[${law.rule}] ${law.title}`, () => law.check(() => ({ engine: testedAutomerge, random: seededRandom(1) })))
  }
})

const hexOf = (text: string): string => Buffer.from(text).toString('hex')

function opened(author = 'aa') {
  const document = automerge.open(author)
  const updates: Uint8Array[] = []
  document.onUpdate(update => updates.push(update))
  return { document, updates }
}

/** A change as another Automerge program makes it. */
function changeBy(actor: string, edit: (document: Record<string, unknown>) => void): Uint8Array {
  const change = A.getLastLocalChange(A.change(A.init<Record<string, unknown>>({ actor }), { time: 0 }, edit))
  if (change === undefined) throw new Error('nothing was changed')
  return change
}

describe('seeds', () => {
  test('[D1] the change that makes a text is what Automerge itself would write, for any name', () => {
    for (const key of ['body', 'x'.repeat(300), 'é/~😀']) {
      const actor = SEED_AUTHOR + hexOf(key)
      const change = { actor, seq: 1, startOp: 1, time: 0, message: null, deps: [], author: null }
      const ops = [{ action: 'makeText', obj: '_root', key, pred: [] }]
      expect(automergeSeed(key)).toEqual(A.encodeChange({ ...change, ops }))
      expect(automerge.check(automergeSeed(key))).toBe(undefined)
    }
  })

  test('[A3] a seed binds nobody, and another change under its author is refused', () => {
    expect(testedAutomerge.authorsOf(automergeSeed('body'))).toEqual([])
    const forged = changeBy(SEED_AUTHOR + hexOf('body'), document => (document['body'] = 'mine'))
    expect(automerge.check(forged)).toMatchObject({ code: 'BAD_UPDATE' })
    const renamed = changeBy(SEED_AUTHOR + hexOf('title'), document => (document['body'] = ''))
    expect(automerge.check(renamed)).toMatchObject({ code: 'BAD_UPDATE' })
    expect(() => automerge.open(SEED_AUTHOR + hexOf('body'))).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  })

  test('[A3] what a seed made here releases was not written here, and is not emitted', () => {
    const [a, b] = [opened('aa'), opened('bb')]
    a.document.text('body').insert(0, 'from a')
    const [update] = a.updates
    const withoutSeed = update?.subarray(automergeSeed('body').length) ?? new Uint8Array()
    b.document.apply(withoutSeed)
    expect(b.document.waiting()).toBe(true)
    b.document.text('body').insert(0, 'from b')
    expect(b.document.waiting()).toBe(false)
    expect(b.updates.map(made => testedAutomerge.authorsOf(made))).toEqual([[{ author: 'bb', from: 0, to: 1 }]])
    expect(b.document.text('body').length).toBe(12)
  })

  test('[D1] a text may begin in the middle of a change, which stays one update without a time', () => {
    const { document, updates } = opened()
    document.change(() => {
      document.map('fields').set('before', 1)
      document.text('body').insert(0, 'text')
      document.map('fields').set('after', 2)
    })
    expect(updates.map(update => testedAutomerge.authorsOf(update))).toEqual([[{ author: 'aa', from: 0, to: 2 }]])
    const times = A.getAllChanges(document.raw as A.Doc<unknown>).map(change => A.decodeChange(change).time)
    expect(times).toEqual([0, 0, 0])
    const copy = opened('bb').document
    copy.applyAll(updates)
    expect(copy.content()).toEqual({ fields: { before: 1, after: 2 }, body: 'text' })
  })
})

describe('bytes', () => {
  test('[CR-22] documents and deflated changes are refused: only plain changes go in', () => {
    const { document } = opened()
    document.text('body').insert(0, 'text '.repeat(200))
    const view = document.raw as A.Doc<unknown>
    expect(automerge.check(A.save(view))).toMatchObject({ code: 'BAD_UPDATE' })
    const deflated = Uint8Array.from(automergeSeed('body'))
    deflated[8] = 2
    expect(automerge.check(deflated)).toMatchObject({ code: 'BAD_UPDATE' })
    expect(() => document.apply(new Uint8Array([1, 2, 3]))).toThrow(expect.objectContaining({ code: 'BAD_UPDATE' }))
  })

  test('[CR-13] one flipped bit is refused, wherever it is', () => {
    const { document } = opened()
    document.text('body').insert(0, 'a')
    document.map('fields').set('k', [1, 'x'])
    const update = document.encode()
    for (let at = 0; at < update.length; at++) {
      const flipped = Uint8Array.from(update)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      expect(automerge.check(flipped), `byte ${at}`).toBeDefined()
    }
  })
})

describe('authors', () => {
  test('[A3] two different changes under one number are found out', () => {
    const [a, twin] = [opened('aa'), opened('aa')]
    a.document.map('fields').set('a', 1)
    twin.document.map('fields').set('b', 1)
    expect(() => a.document.apply(twin.document.encode())).toThrow(
      expect.objectContaining({ code: 'CONFLICTING_AUTHORSHIP' }),
    )
    expect(() => a.document.content()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })
})

describe('what others see and write', () => {
  test('[D1] the raw document shows entries at `map/key` and texts at their names, as of now', () => {
    const { document } = opened()
    document.map('fields').set('title', 'x')
    document.map('a/b').set('c/d', 1)
    document.text('body').insert(0, 'text')
    expect({ ...Object(document.raw) }).toMatchObject({ 'a~1b/c/d': 1, 'body': 'text' })
    document.text('body').insert(4, '!')
    expect({ ...Object(document.raw) }).toMatchObject({ body: 'text!' })
    expect(document.content()).toEqual({ 'fields': { title: 'x' }, 'a/b': { 'c/d': 1 }, 'body': 'text!' })
  })

  test('[CR-20] values that only other programs write are read as the nearest plain ones', () => {
    const update = changeBy('cc', document => {
      document['fields/when'] = new Date(5)
      document['fields/count'] = new A.Counter(3)
      document['fields/text'] = 'merges'
      document['fields/nested'] = { list: [1, { text: 'x' }], when: new Date(7) }
      document['whole'] = 7
    })
    expect(automerge.check(update)).toBe(undefined)
    const low = A.getBackend(A.init({ actor: 'dd' }))
    low.put('/', 'fields/big', 2 ** 60, 'uint')
    low.commit()
    const { document } = opened()
    document.applyAll([update, ...low.getChanges([])])
    expect(document.content()).toEqual({
      fields: {
        when: 5,
        count: 3,
        text: 'merges',
        big: '1152921504606846976',
        nested: { list: [1, { text: 'x' }], when: 7 },
      },
      whole: 7,
    })
    expect(() => document.text('whole').toString()).toThrow(expect.objectContaining({ code: 'FIELD_SHAPE' }))
  })

  test('[CR-17] content made with a poisoned key inherits nothing', () => {
    const update = changeBy('cc', document => {
      document['fields/__proto__'] = { isAdmin: true }
      Object.defineProperty(document, '__proto__/isAdmin', {
        value: true,
        enumerable: true,
        configurable: true,
        writable: true,
      })
    })
    const { document } = opened()
    document.apply(update)
    const content = document.content()
    const fields: unknown = Reflect.get(Object(content), 'fields')
    expect([Object.getPrototypeOf(content), Object.getPrototypeOf(fields)]).toEqual([null, null])
    expect(Object.keys(Object(fields))).toEqual(['__proto__'])
    expect('isAdmin' in Object(fields)).toBe(false)
  })
})

describe('versions', () => {
  test('[D3] a document that is behind knows that it has nothing new for one that is ahead', () => {
    const [a, b] = [opened('aa'), opened('bb')]
    a.document.map('fields').set('k', 1)
    b.document.apply(a.document.encode())
    for (let i = 2; i < 5; i++) a.document.map('fields').set('k', i)
    expect(b.document.encode(a.document.version())).toBe(undefined)
    const news = a.document.encode(b.document.version()) ?? new Uint8Array()
    expect(testedAutomerge.authorsOf(news)).toEqual([{ author: 'aa', from: 1, to: 4 }])
  })
})
