/** Laws of values and shapes: what can be written is read back equal everywhere, and the rest is refused before it is written. */
import { PLAIN_DEPTH } from '../../plain-input.ts'
import { canonical, type Plain } from '../../plain.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { exchanged, listened, type MakeEngine, opened, VALUES } from './history.ts'

export const valueLaws: readonly Law<MakeEngine>[] = [
  {
    rule: 'CR-19',
    title: 'text counts UTF-16 units, keeps every character, and refuses half of one and offsets outside',
    async check(make) {
      const { engine, random } = await make()
      if (!engine.can.text) return
      const [a, b] = [opened(engine, random), opened(engine, random)]
      const text = 'é\u0000\u202eab😀\u{1f468}\u200d\u{1f469}\n\ufeffz'
      a.text('body').insert(0, text)
      same([a.text('body').length, a.text('body').toString()], [text.length, text], 'the text')
      a.text('body').insert(text.length, '!')
      a.text('body').delete(5, 2)
      exchanged(a, b)
      const expected = `${text.slice(0, 5)}${text.slice(7)}!`
      same([a.text('body').toString(), b.text('body').toString()], [expected, expected], 'the text on both')
      const { updates } = listened(a)
      const length = a.text('body').length
      for (const at of [-1, length + 1, 0.5, Number.NaN])
        await rejects(() => a.text('body').insert(at, 'x'), 'BAD_INPUT')
      for (const [at, count] of [
        [0, length + 1],
        [length, 1],
        [0, -1],
        [-1, 1],
      ] as const) {
        await rejects(() => a.text('body').delete(at, count), 'BAD_INPUT')
      }
      await rejects(() => a.text('body').insert(0, '😀'.slice(0, 1)), 'BAD_INPUT')
      same(updates, [], 'updates of what was refused')
    },
  },
  {
    rule: 'CR-20',
    title: 'every value that can be written is read back equal everywhere, and shares nothing with what was given',
    async check(make) {
      const { engine, random } = await make()
      const [a, b] = [opened(engine, random), opened(engine, random)]
      for (const [at, { given }] of VALUES.entries()) a.map('fields').set(`k${at}`, given)
      b.apply(a.encode())
      for (const document of [a, b]) {
        for (const [at, { given, read }] of VALUES.entries()) {
          const value = document.map('fields').get(`k${at}`)
          must(isExactly(value, read), `${canonical(given)} is read back as ${canonical(value)}`)
        }
      }
      same(a.digest(), b.digest(), 'the digest')
      const given = { list: [1], bytes: new Uint8Array([1]) }
      a.map('fields').set('shared', given)
      given.list[0] = 2
      given.bytes[0] = 2
      const read = a.map('fields').get('shared') as typeof given
      same(read, { list: [1], bytes: new Uint8Array([1]) }, 'a value whose original was changed')
      read.list[0] = 3
      read.bytes[0] = 3
      same(a.map('fields').get('shared'), { list: [1], bytes: new Uint8Array([1]) }, 'a value whose copy was changed')
    },
  },
  {
    rule: 'CR-20',
    title: 'what no engine can hold is refused, and nothing is written',
    async check(make) {
      const { engine, random } = await make()
      const document = opened(engine, random)
      const { updates } = listened(document)
      const half = '😀'.slice(1)
      const refused: readonly unknown[] = [
        undefined,
        1n,
        () => 1,
        Symbol('s'),
        new Date(0),
        new Map(),
        half,
        [half],
        { [half]: 1 },
        [undefined],
        { a: undefined },
        { a: [1n] },
      ]
      for (const value of refused) await rejects(() => document.map('fields').set('k', value as Plain), 'BAD_INPUT')
      await rejects(() => document.map('fields').set(half, 1), 'BAD_INPUT')
      same([updates, document.content()], [[], {}], 'what was written')
    },
  },
  {
    rule: 'CR-15',
    title: 'a value nests as deep as the gate lets through, and no deeper',
    async check(make) {
      const { engine, random } = await make()
      const document = opened(engine, random)
      const { updates } = listened(document)
      document.map('fields').set('k', nested(PLAIN_DEPTH))
      same(
        updates.map(update => engine.check(update)),
        [undefined],
        'check of the deepest value',
      )
      same(opened(engine, random).apply(document.encode()), true, 'apply of the deepest value')
      const circle: { self?: unknown } = {}
      circle.self = circle
      for (const value of [nested(PLAIN_DEPTH + 1), nested(100_000), circle as Plain]) {
        await rejects(() => document.map('fields').set('l', value), 'TOO_DEEP')
      }
      same(updates.length, 1, 'updates')
    },
  },
  {
    rule: 'CR-17',
    title: 'nothing read is inherited, and the names that objects already have are refused',
    async check(make) {
      const { engine, random } = await make()
      const document = opened(engine, random)
      const poison: unknown = JSON.parse('{"__proto__":{"isAdmin":true}}')
      for (const name of ['__proto__', 'constructor', 'prototype']) {
        await rejects(() => document.map('fields').set(name, 1), 'FORBIDDEN_KEY')
        await rejects(() => document.map(name).set('k', 1), 'FORBIDDEN_KEY')
        await rejects(() => document.map('fields').set('k', { [name]: 1 }), 'FORBIDDEN_KEY')
        if (engine.can.text) await rejects(() => document.text(name).insert(0, 'x'), 'FORBIDDEN_KEY')
      }
      await rejects(() => document.map('fields').set('k', poison as Plain), 'FORBIDDEN_KEY')
      document.map('fields').set('k', { list: [{}] })
      const read = [
        document.content(),
        document.map('fields').get('k') ?? null,
        ...[...document.map('fields').entries()].map(([, value]) => value),
      ]
      for (const value of read) must(inheritsNothing(value), 'a record read has a prototype')
      same(
        [document.map('fields').get('toString'), document.map('toString').get('k')],
        [undefined, undefined],
        'names of what objects inherit',
      )
    },
  },
  {
    rule: 'CR-18',
    title: 'a field used in the wrong shape answers FIELD_SHAPE and stays as it was',
    async check(make) {
      const { engine, random } = await make()
      const document = opened(engine, random)
      document.map('fields').set('k', 1)
      await rejects(() => document.text('fields').toString(), 'FIELD_SHAPE')
      await rejects(() => document.text('fields').insert(0, 'x'), 'FIELD_SHAPE')
      same(document.content(), { fields: { k: 1 } }, 'the content')
      if (!engine.can.text) return
      document.text('body').insert(0, 'x')
      const copy = opened(engine, random)
      copy.apply(document.encode())
      for (const each of [document, copy]) {
        await rejects(() => each.text('fields').length, 'FIELD_SHAPE')
        await rejects(() => each.text('fields').insert(0, 'x'), 'FIELD_SHAPE')
        await rejects(() => each.map('body').get('k'), 'FIELD_SHAPE')
        await rejects(() => each.map('body').set('k', 1), 'FIELD_SHAPE')
        await rejects(() => [...each.map('body').entries()], 'FIELD_SHAPE')
        same(each.content(), { fields: { k: 1 }, body: 'x' }, 'the content')
      }
    },
  },
  {
    rule: 'CR-18',
    title: 'a field that two devices made in two shapes shows each of them, and breaks nothing',
    async check(make) {
      const { engine, random } = await make()
      if (!engine.can.text) return
      const [a, b] = [opened(engine, random), opened(engine, random)]
      a.text('field').insert(0, 'text')
      b.map('field').set('k', 1)
      exchanged(a, b)
      const reader = opened(engine, random)
      reader.applyAll([a.encode(), b.encode()])
      same([reader.digest(), a.digest(), b.digest()], [a.digest(), b.digest(), reader.digest()], 'the digests')
      same([a.text('field').toString(), b.map('field').get('k')], ['text', 1], 'each shape where it was made')
      same([reader.text('field').toString(), reader.map('field').get('k')], ['text', 1], 'both shapes elsewhere')
      const before = reader.digest()
      a.text('field').insert(4, '!')
      reader.apply(a.encode())
      must(reader.digest() !== before, 'a digest tells of both shapes')
    },
  },
]

function isExactly(a: Plain | undefined, b: Plain): boolean {
  return typeof a === 'number' || typeof b === 'number' ? Object.is(a, b) : canonical(a) === canonical(b)
}

function inheritsNothing(value: Plain): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true
  const parts: Plain[] = Object.values(value)
  return (Array.isArray(value) || Object.getPrototypeOf(value) === null) && parts.every(inheritsNothing)
}

function nested(depth: number): Plain {
  let value: Plain = 1
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}
