import { JoineryError } from '@joinery/core'
import { SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
import { engineLaws, seededRandom } from '@joinery/core/testing'
import { describe, expect, test } from 'vitest'
import { BOMBS } from '../../../core/test/gate/bombs.ts'
import * as Y from 'yjs'
import { yjs } from '@joinery/adapters/engines/yjs'
import { testedYjs } from './tested.ts'

describe('the contract', () => {
  for (const law of engineLaws) {
    test(`[${law.rule}] ${law.title}`, () => law.check(() => ({ engine: testedYjs, random: seededRandom(1) })))
  }
})

/** A document and its Y.Doc. */
function opened(author = 1) {
  const document = yjs.open(String(author))
  const updates: Uint8Array[] = []
  document.onUpdate(update => updates.push(update))
  if (!(document.raw instanceof Y.Doc)) throw new Error('raw is no Y.Doc')
  return { document, doc: document.raw, updates }
}

function copyOf(document: { encode(): Uint8Array }, author = 9) {
  const copy = opened(author)
  copy.document.apply(document.encode())
  return copy
}

function paragraph(...children: (string | Y.XmlElement)[]): Y.XmlElement {
  const element = new Y.XmlElement('paragraph')
  element.insert(
    0,
    children.map(child => (typeof child === 'string' ? new Y.XmlText(child) : child)),
  )
  return element
}

function around(name: string, ...children: Y.XmlElement[]): Y.XmlElement {
  const element = new Y.XmlElement(name)
  element.insert(0, children)
  return element
}

describe('rich text', () => {
  function rich() {
    const { document, doc, updates } = opened()
    doc
      .getXmlFragment('body')
      .insert(0, [
        paragraph('First ', around('mention'), 'line'),
        paragraph(),
        around(
          'bulletList',
          around('listItem', paragraph('one')),
          around('listItem', paragraph('two', around('hardBreak'), 'three')),
        ),
        around('image'),
        paragraph('last'),
      ])
    return { document, doc, updates }
  }
  const text = 'First line\n\none\ntwo\nthree\n\nlast'

  test('[D4] a rich field reads as plain text, a line for each block, before anybody here has given it a type', () => {
    const { document } = rich()
    const { document: copy, doc } = copyOf(document)
    for (const each of [document, copy]) {
      expect(each.text('body').toString()).toBe(text)
      expect(each.text('body').length).toBe(text.length)
    }
    expect(doc.getXmlFragment('body').length).toBe(5)
    expect(copy.digest()).toBe(document.digest())
  })

  test('[CR-18] a rich field is edited through raw only', () => {
    const { document, updates } = rich()
    const before = updates.length
    for (const each of [document, copyOf(document).document]) {
      expect(() => each.text('body').insert(0, 'x')).toThrow(expect.objectContaining({ code: 'FIELD_SHAPE' }))
      expect(() => each.text('body').delete(0, 1)).toThrow(expect.objectContaining({ code: 'FIELD_SHAPE' }))
    }
    expect(updates.length).toBe(before)
  })

  test('[CR-18] a root that an editor gave another type answers FIELD_SHAPE', () => {
    const { document, doc } = opened()
    doc.getArray('list').push([1])
    doc.getMap('map')
    doc.getText('text')
    expect(() => document.text('list').insert(0, 'x')).toThrow(JoineryError)
    expect(() => document.text('map').toString()).toThrow(expect.objectContaining({ code: 'FIELD_SHAPE' }))
    expect(() => document.map('text').get('k')).toThrow(expect.objectContaining({ code: 'FIELD_SHAPE' }))
    expect(document.content()).toEqual({ list: [1] })
  })

  test('[D1] content holds elements with their attributes, in an order that all replicas share', () => {
    const { document, doc } = opened()
    const heading = paragraph('Title')
    heading.setAttribute('level', '2')
    heading.setAttribute('align', 'left')
    doc.getXmlFragment('body').insert(0, [heading])
    const content = { body: [{ name: 'paragraph', attributes: { align: 'left', level: '2' }, children: ['Title'] }] }
    expect(document.content()).toEqual(content)
    expect(copyOf(document).document.content()).toEqual(content)
    const before = document.digest()
    heading.setAttribute('level', '3')
    expect(document.digest()).not.toBe(before)
  })
})

describe('formats', () => {
  test('[D1] a digest tells formats apart, and not how they came to be', () => {
    const [a, b] = [opened(1), opened(2)]
    a.doc.getText('t').insert(0, 'bold', { bold: true })
    const plain = opened(3)
    plain.doc.getText('t').insert(0, 'bold')
    expect(a.document.digest()).not.toBe(plain.document.digest())
    const text = b.doc.getText('t')
    text.insert(0, 'ld')
    text.insert(0, 'bo', { bold: true })
    text.format(0, 4, { bold: true })
    expect(b.document.content()).toEqual({ t: [{ text: 'bold', attributes: { bold: true } }] })
    expect(b.document.digest()).toBe(a.document.digest())
    text.format(0, 4, { bold: null })
    expect(b.document.digest()).toBe(plain.document.digest())
    text.insertEmbed(4, { image: 'x' })
    expect(b.document.content()).toEqual({ t: ['bold', { embed: { image: 'x' } }] })
  })

  test('[D1] text that two people formatted at once is one run for each format', () => {
    const [a, b] = [opened(1), opened(2)]
    a.doc.getText('t').insert(0, 'some words here')
    b.document.apply(a.document.encode())
    a.doc.getText('t').format(0, 6, { bold: true })
    b.doc.getText('t').format(3, 6, { bold: true })
    a.document.apply(b.document.encode())
    b.document.apply(a.document.encode())
    const shown = [{ text: 'some w', attributes: { bold: true } }, 'ords here']
    expect(a.document.content()).toEqual({ t: shown })
    expect(b.document.content()).toEqual({ t: shown })
  })

  test('[D4] formats that two people set at once cause no edit in those who only read', () => {
    const random = seededRandom(5)
    let tidiedByYjs = 0
    for (let round = 0; round < 60; round++) {
      const writers = [opened(1), opened(2)] as const
      writers[0].doc.getText('t').insert(0, 'some words here')
      writers[1].document.apply(writers[0].document.encode())
      for (let step = 0; step < 6; step++) {
        const text = writers[step % 2 === 0 ? 0 : 1].doc.getText('t')
        const from = Math.floor(random.number() * (text.length - 3))
        if (random.number() < 0.5) text.format(from, 3, { bold: random.number() < 0.6 ? true : null })
        else text.delete(from, 2)
      }
      const updates = writers.flatMap(writer => writer.updates)
      const readers = [updates, updates.toReversed()].map((ordered, at) => {
        const reader = opened(10 + at)
        reader.doc.getText('t')
        for (const update of ordered) reader.document.apply(update)
        expect(reader.updates).toEqual([])
        return reader
      })
      expect(new Set(readers.map(({ document }) => document.digest())).size).toBe(1)
      // What Yjs alone would do, or this test shows nothing.
      const bare = new Y.Doc()
      bare.getText('t')
      bare.on('update', (_update, _origin, _doc, transaction) => {
        if (transaction.local) tidiedByYjs += 1
      })
      for (const update of updates) Y.applyUpdate(bare, update)
    }
    expect(tidiedByYjs).toBeGreaterThan(0)
  })
})

describe('editors on raw', () => {
  test('[C1] a transaction that changes nothing, as editors make them, takes away nothing that can be redone', () => {
    const document = yjs.open('1')
    const y = document.raw as Y.Doc
    y.getText('body').insert(0, 'kept')
    expect(document.undo()).toBe(true)
    y.transact(() => undefined, 'editor')
    expect(document.redo()).toBe(true)
    expect(y.getText('body').toJSON()).toBe('kept')
  })

  test('[C1] what an editor writes is emitted, and undone in steps of typing', () => {
    const a = opened()
    const text = a.doc.getText('body')
    for (const [at, letter] of [...'hello'].entries()) a.doc.transact(() => text.insert(at, letter), 'an editor')
    expect(a.updates.length).toBe(5)
    a.document.map('fields').set('k', 1)
    a.doc.transact(() => text.insert(5, '!'), { another: 'editor' })
    const b = opened(2)
    b.document.applyAll(a.updates)
    expect(b.document.digest()).toBe(a.document.digest())
    expect(a.document.undo()).toBe(true)
    expect(a.document.content()).toEqual({ body: 'hello', fields: { k: 1 } })
    expect(a.document.undo()).toBe(true)
    expect(a.document.content()).toEqual({ body: 'hello' })
    expect(a.document.undo()).toBe(true)
    expect(a.document.content()).toEqual({})
    b.document.applyAll(a.updates)
    expect(b.document.digest()).toBe(a.document.digest())
  })

  test('[S2] what an observer writes while a remote edit comes in is emitted, and the remote edit is not', () => {
    const [a, b] = [opened(1), opened(2)]
    b.doc.getMap('fields').observe(event => {
      if (!event.transaction.local) b.document.map('seen').set('k', true)
    })
    a.document.map('fields').set('k', 1)
    b.document.applyAll(a.updates)
    expect(b.updates.map(update => testedYjs.authorsOf(update))).toEqual([[{ author: '2', from: 0, to: 1 }]])
    expect(b.document.content()).toEqual({ fields: { k: 1 }, seen: { k: true } })
  })

  test('[D1] an update that is applied while another is told of is new once, and nobody else wrote it', () => {
    const [a, b] = [opened(1), opened(2)]
    a.document.map('fields').set('a', 1)
    b.document.map('fields').set('b', 1)
    const applied: boolean[] = []
    a.document.onUpdate(() => {
      for (const update of [...b.updates, ...b.updates]) applied.push(a.document.apply(update))
    })
    a.document.map('fields').set('a', 2)
    expect(applied).toEqual([true, false])
    a.document.map('fields').delete('a')
    expect(a.document.content()).toEqual({ fields: { b: 1 } })
  })

  test('[D2] an observer that throws spoils no document', () => {
    const [a, b] = [opened(1), opened(2)]
    const scar = new Error('the app broke')
    const observer = (): never => {
      throw scar
    }
    b.doc.getMap('fields').observe(observer)
    a.document.map('fields').set('k', 1)
    expect(() => b.document.applyAll(a.updates)).toThrow(scar)
    b.doc.getMap('fields').unobserve(observer)
    b.document.map('fields').set('l', 2)
    expect(b.document.content()).toEqual({ fields: { k: 1, l: 2 } })
  })
})

describe('authors', () => {
  test('[A3] who else writes as this author is found out, and the author stays', () => {
    const [a, twin] = [opened(7), opened(7)]
    a.document.map('fields').set('a', 1)
    twin.document.map('fields').set('b', 1)
    twin.document.map('fields').set('c', 1)
    expect(() => a.document.apply(twin.document.encode())).toThrow(
      expect.objectContaining({ code: 'CONFLICTING_AUTHORSHIP' }),
    )
    expect(() => a.document.map('fields').set('d', 1)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    expect(a.doc.clientID).toBe(7)
  })

  test('[A3] a document goes on as the author it was left by', () => {
    const before = opened(7)
    before.document.map('fields').set('a', 1)
    const after = copyOf(before.document, 7)
    expect(after.doc.clientID).toBe(7)
    after.document.map('fields').set('b', 1)
    expect(after.updates.map(update => testedYjs.authorsOf(update))).toEqual([[{ author: '7', from: 1, to: 2 }]])
  })
})

describe('what others write', () => {
  test('[CR-16] a document nested thousands deep, which no relay takes, is still read, exported and emptied of what is beside it', () => {
    const source = new Y.Doc()
    source.clientID = 3
    source.transact(() => {
      let inner = source.getMap('deep')
      for (let depth = 0; depth < 8000; depth++) inner = inner.set('k', new Y.Map())
      let element: Y.XmlFragment = source.getXmlFragment('rich')
      for (let depth = 0; depth < 8000; depth++) {
        const child = new Y.XmlElement('quote')
        element.insert(0, [child])
        element = child
      }
      element.insert(0, [new Y.XmlText('bottom')])
      source.getText('body').insert(0, 'beside')
    })
    const update = Y.encodeStateAsUpdate(source)
    expect(scanYjsUpdate(update, SCAN_LIMITS)).toMatchObject({ code: 'TOO_DEEP' })
    const { document } = opened()
    expect(document.apply(update)).toBe(true)
    let depth = 0
    let value: unknown = document.map('deep').get('k')
    while (typeof value === 'object' && value !== null && 'k' in value) {
      value = value.k
      depth += 1
    }
    expect(depth).toBe(7999)
    expect(document.text('rich').toString()).toBe('bottom')
    expect(document.text('body').toString()).toBe('beside')
    expect(Object.keys(document.content() ?? {})).toEqual(['body', 'deep', 'rich'])
    const copy = copyOf(document)
    expect(copy.document.digest()).toBe(document.digest())
    document.text('body').delete(0, 6)
    expect(document.digest()).not.toBe(copy.document.digest())
  })

  test('[CR-10] clocks that no author reaches are refused by check: they would swallow what he writes later', () => {
    const far = BOMBS.filter(([name]) => /^(a GC|a Skip|deleted content|a delete|a clock) .*2\^53/.test(name))
    expect(far.length).toBeGreaterThanOrEqual(6)
    for (const [name, bytes] of far) expect(yjs.check(bytes), name).toMatchObject({ code: 'BAD_UPDATE' })
  })

  test('[CR-17] content made with a poisoned key inherits nothing', () => {
    const { document, doc } = opened()
    const poison: unknown = JSON.parse('{"__proto__":{"isAdmin":true}}')
    doc.getMap('fields').set('__proto__', { isAdmin: true })
    doc.getMap('fields').set('k', poison)
    doc.getMap('__proto__').set('isAdmin', true)
    for (const each of [document, copyOf(document).document]) {
      const content = each.content()
      expect(Object.getPrototypeOf(content)).toBe(null)
      const fields: unknown = Reflect.get(Object(content), 'fields')
      expect(Object.getPrototypeOf(fields)).toBe(null)
      expect(Object.keys(Object(fields))).toEqual(['__proto__', 'k'])
      for (const [, value] of each.map('fields').entries()) {
        expect(Object.getPrototypeOf(value)).toBe(null)
        expect('isAdmin' in Object(value) && !Object.hasOwn(Object(value), 'isAdmin')).toBe(false)
      }
    }
    expect('isAdmin' in {}).toBe(false)
    expect(scanYjsUpdate(document.encode(), SCAN_LIMITS)).toMatchObject({ code: 'FORBIDDEN_KEY' })
  })

  test('[CR-20] values that only other clients write are read as the nearest plain ones', () => {
    const { document, doc } = opened()
    const map = doc.getMap('fields')
    map.set('big', 2n ** 60n)
    map.set('undefined', undefined)
    map.set('list', Y.Array.from([1, 'a']))
    map.set('map', new Y.Map([['k', 1]]))
    map.set('text', new Y.Text('typed'))
    map.set('empty', new Y.Text())
    map.set('document', new Y.Doc({ guid: 'g' }))
    map.set('minus', -0)
    const expected = {
      fields: {
        big: '1152921504606846976',
        undefined: null,
        list: [1, 'a'],
        map: { k: 1 },
        text: 'typed',
        empty: '',
        document: { subdocument: 'g' },
        minus: -0,
      },
    }
    expect(document.content()).toEqual(expected)
    const { document: copy } = copyOf(document)
    expect(copy.content()).toEqual(expected)
    expect(copy.digest()).toBe(document.digest())
    expect(yjs.check(document.encode())).toBe(undefined)
  })

  test('[CR-20] a megabyte of bytes is one value', () => {
    const { document } = opened()
    const bytes = seededRandom(3).bytes(1024 * 1024)
    document.map('fields').set('k', bytes)
    expect(yjs.check(document.encode())).toBe(undefined)
    expect(copyOf(document).document.map('fields').get('k')).toEqual(bytes)
  })

  test('[CR-19] half of a surrogate pair reads the same where it was written as where it arrives', () => {
    const { document, doc } = opened()
    doc.getMap('fields').set('k', 'a\ud83d')
    doc.getText('body').insert(0, '\ude00b')
    const { document: copy } = copyOf(document)
    expect(document.text('body').toString()).toBe('\ufffdb')
    expect(document.map('fields').get('k')).toBe('a\ufffd')
    expect(copy.content()).toEqual(document.content())
    expect(copy.digest()).toBe(document.digest())
  })
})

describe('versions', () => {
  test('[D3] ranges of deletes that only one side knows whole are sent, alone, whoever wrote what they delete', () => {
    const [a, b] = [opened(1), opened(2)]
    a.document.text('body').insert(0, 'abcdefghij')
    b.document.apply(a.document.encode())
    for (const at of [8, 5, 2]) a.document.text('body').delete(at, 1)
    b.document.text('body').delete(0, 4)
    const forB = a.document.encode(b.document.version())
    const forA = b.document.encode(a.document.version())
    // No structs; one author; two ranges that b has not deleted, and one that a has not deleted whole.
    expect([...(forB ?? [])]).toEqual([0, 1, 1, 2, 5, 1, 8, 1])
    expect([...(forA ?? [])]).toEqual([0, 1, 1, 1, 0, 4])
    b.document.apply(forB ?? new Uint8Array())
    a.document.apply(forA ?? new Uint8Array())
    expect(a.document.text('body').toString()).toBe('eghj')
    expect(b.document.digest()).toBe(a.document.digest())
    expect(a.document.encode(b.document.version())).toBe(undefined)
  })

  test('[D1] text that waits is new once, and so is a delete that waits', () => {
    const [a, b] = [opened(1), opened(2)]
    a.document.text('body').insert(0, 'ab')
    a.document.text('body').insert(1, 'c')
    a.document.text('body').delete(0, 1)
    for (const update of a.updates.slice(1)) {
      expect(b.document.apply(update)).toBe(true)
      expect(b.document.apply(update)).toBe(false)
    }
    expect(b.document.waiting()).toBe(true)
  })

  test('[D3] what waits is in no snapshot and no version, and comes into effect all the same', () => {
    const [a, b] = [opened(1), opened(2)]
    a.document.text('body').insert(0, 'ab')
    a.document.text('body').delete(0, 1)
    a.document.text('body').insert(1, 'c')
    const [first, second, third] = a.updates
    b.document.applyAll([third, second].filter(update => update !== undefined))
    expect(b.document.waiting()).toBe(true)
    expect(b.document.encode()).toEqual(new Uint8Array([0, 0]))
    expect(b.document.encode(b.document.version())).toBe(undefined)
    expect(b.document.apply(first ?? new Uint8Array())).toBe(true)
    expect(b.document.waiting()).toBe(false)
    expect(b.document.digest()).toBe(a.document.digest())
  })
})

test('[CR-23] an array of very many values is read, however they are cut into items', () => {
  const { document, doc } = opened()
  const values = Array.from({ length: 600_000 }, (_, at) => at)
  doc.getArray('ink').insert(0, values)
  const copy = copyOf(document)
  expect(copy.document.digest()).toBe(document.digest())
  expect(copy.document.content()).toMatchObject({ ink: { length: 600_000 } })
})
