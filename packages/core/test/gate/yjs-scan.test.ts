// What the scan refuses whatever a document holds, and what it must not refuse.
import * as encoding from 'lib0/encoding'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { judgeYjs, SCAN_LIMITS, scanYjsUpdate, type ScanRefusal } from '@joinery/core/gate'
import { counted } from './counted.ts'
import {
  any,
  ARRAY,
  binary,
  by,
  bytes,
  deleted,
  embed,
  format,
  gc,
  item,
  json,
  MAP,
  nestedAny,
  objectWithKey,
  rawAny,
  rawText,
  run,
  subdoc,
  text,
  type,
  uint,
  update,
  XML_ELEMENT,
  type Content,
  type Write,
} from './craft.ts'
import { BOMBS } from './bombs.ts'
import { expectRefused, READS_A_BYTE, scanned } from './expecting.ts'
import { held } from './held.ts'
import { editedDocs } from './random-docs.ts'
import { randomFrom } from './random.ts'

const MAX = Number.MAX_SAFE_INTEGER

test('[CR-01] nothing, one byte and random bytes are refused, and nothing throws', () => {
  expectRefused(new Uint8Array(0), 'BAD_UPDATE')
  for (let byte = 0; byte < 256; byte++) expectRefused(Uint8Array.of(byte), 'BAD_UPDATE')
  const random = randomFrom(1)
  let refused = 0
  for (let i = 0; i < 20_000; i++) {
    const noise = Uint8Array.from({ length: 2 + random.below(62) }, () => random.below(256))
    if (!scanYjsUpdate(noise, SCAN_LIMITS).ok) refused += 1
  }
  // A few of twenty thousand happen to delete something in two bytes or so; the judge has the rest of the word.
  expect(refused).toBeGreaterThan(19_900)
})

test('[D3] the empty update is legal and nothing new', () => {
  const scan = scanned(Uint8Array.of(0, 0))
  expect(scan).toMatchObject({ authors: [], references: [], deletes: [], hasDeletes: false, structs: 0, depth: 0 })
  expect(judgeYjs(scan, held(), { owner: 'a' })).toEqual({ verdict: 'known' })
})

test.each(BOMBS)('[CR-02] a bomb of a few bytes is refused without work: %s', (_name, bomb) => {
  expect(bomb.length).toBeLessThan(64)
  expectRefused(bomb, 'BAD_UPDATE')
})

test('[CR-02] a count that could not be there is refused when it is read, not when it runs out', () => {
  const padding = new Uint8Array(100_000).fill(1)
  const many = bytes(e => {
    encoding.writeVarUint(e, 1)
    encoding.writeVarUint(e, 60_000)
    encoding.writeVarUint(e, 7)
    encoding.writeVarUint(e, 0)
    encoding.writeUint8Array(e, padding)
  })
  expectRefused(many, 'BAD_UPDATE', /counts more/, 16)
})

test('[CR-03] what Yjs writes as V2 is refused, all of it', () => {
  let seen = 0
  for (let seed = 1; seed <= 60; seed++) {
    for (const doc of editedDocs(seed, { docs: 2, edits: 40, onUpdateV2: check })) {
      check(Y.encodeStateAsUpdateV2(doc))
      check(Y.encodeStateAsUpdateV2(doc, Y.encodeStateVector(new Y.Doc())))
    }
  }
  expect(seen).toBeGreaterThan(2_000)
  function check(v2: Uint8Array): void {
    seen += 1
    expectRefused(v2, 'BAD_UPDATE', /V2/)
  }
})

test('[CR-03] a V1 update of nobody starts with 0 too, and is read', () => {
  const deletes = update([], [{ author: 4_000_000_000, ranges: [[3, 2]] }])
  expect(deletes[0]).toBe(0)
  expect(scanned(deletes)).toMatchObject({
    deletes: [{ author: 4_000_000_000, to: 5 }],
    hasDeletes: true,
    deleteRanges: 1,
  })
})

test('[CR-05] structs that wait for each other in a circle are refused', () => {
  const circle = update([
    { author: 1, clock: 0, structs: [item(text('a'), { left: [2, 0] })] },
    { author: 2, clock: 0, structs: [item(text('b'), { left: [1, 0] })] },
  ])
  expectRefused(circle, 'BAD_UPDATE', /wait for each other/)
  // Through three, and through the order of one author's own structs.
  const long = update([
    { author: 3, clock: 0, structs: [item(text('a')), item(text('b'), { left: [2, 0] })] },
    { author: 2, clock: 0, structs: [item(text('c'), { right: [1, 0] })] },
    { author: 1, clock: 0, structs: [item(text('d'), { parent: [3, 1] })] },
  ])
  expectRefused(long, 'BAD_UPDATE', /wait for each other/)
})

test('[CR-05] structs that wait for each other in turn are not a circle', () => {
  const braid = update([
    {
      author: 1,
      clock: 0,
      structs: [item(text('a')), item(text('c'), { left: [2, 0] }), item(text('e'), { left: [2, 1] })],
    },
    { author: 2, clock: 0, structs: [item(text('b'), { left: [1, 0] }), item(text('d'), { left: [1, 1] })] },
  ])
  expect(scanned(braid).references).toEqual([])
  const doc = new Y.Doc()
  Y.applyUpdate(doc, braid)
  expect(doc.getText('root').toJSON()).toBe('abcde')
})

test('[CR-05] a struct that refers to itself or to a later one of its author is refused', () => {
  for (const place of [
    { left: [1, 0] },
    { right: [1, 5] },
    { parent: [1, 0] },
    { left: [1, 9], right: [2, 0] },
  ] as const) {
    expectRefused(by(1, item(text('abc'), place)), 'BAD_UPDATE', /itself or a later/)
  }
  scanned(by(1, item(text('abc')), item(text('d'), { left: [1, 2] })))
})

test('[CR-06] 300,000 authors in one update are refused before they are read', () => {
  const crowd = update(
    Array.from({ length: 300_000 }, (_, i) => ({ author: 400_000 - i, clock: 0, structs: [item(text('x'))] })),
  )
  expectRefused(crowd, 'TOO_MANY_AUTHORS', undefined, 16)
  const deletes = update(
    [],
    Array.from({ length: 300_000 }, (_, i) => ({ author: 400_000 - i, ranges: [[0, 1]] as const })),
  )
  expectRefused(deletes, 'TOO_MANY_AUTHORS', undefined, 16)
  const referring = by(1, ...Array.from({ length: 5_000 }, (_, i) => item(text('x'), { left: [i + 2, 0] })))
  expectRefused(referring, 'TOO_MANY_AUTHORS')
})

test('[CR-06] as many authors as the limit are read', () => {
  const crowd = update(
    Array.from({ length: 4_096 }, (_, i) => ({ author: 5_000 - i, clock: 0, structs: [item(text('x'))] })),
  )
  expect(scanned(crowd).authors.length).toBe(4_096)
  const one = { ...SCAN_LIMITS, maxClients: 1 }
  const two = update([{ author: 2, clock: 0, structs: [gc(1)] }, { author: 1, clock: 0, structs: [gc(1)] }]) // prettier-ignore
  expect(scanYjsUpdate(two, one)).toMatchObject({ ok: false, code: 'TOO_MANY_AUTHORS' })
})

test('an author comes once, in whatever order', () => {
  const of = (...authors: number[]): Uint8Array =>
    update(authors.map(author => ({ author, clock: 0, structs: [gc(1)] })))
  expect(scanned(of(3, 9, 4)).authors.map(range => range.author)).toEqual([3, 9, 4])
  for (const authors of [[3, 3], [9, 3, 9], [3, 9, 4, 9], [1, 2, 1]]) expectRefused(of(...authors), 'BAD_UPDATE', /twice/) // prettier-ignore
})

test('[CR-10] no clock over 2^40, by one struct or by many', () => {
  const edge = 2 ** 40
  expect(scanned(by(1, gc(edge))).authors).toEqual([{ author: 1, from: 0, to: edge, gcOnly: true }])
  expectRefused(by(1, gc(edge + 1)), 'BAD_UPDATE', /last clock/)
  expectRefused(by(1, gc(edge), item(text('x'))), 'BAD_UPDATE', /last clock/)
  expectRefused(update([{ author: 1, clock: edge, structs: [item(text('x'))] }]), 'BAD_UPDATE', /last clock/)
  scanned(update([], [{ author: 1, ranges: [[edge - 1, 1]] }]))
  expectRefused(update([], [{ author: 1, ranges: [[edge - 1, 2]] }]), 'BAD_UPDATE', /last clock/)
})

test('[CR-13] an update cut anywhere is refused', () => {
  for (let seed = 1; seed <= 12; seed++) {
    for (const doc of editedDocs(seed, { docs: 2, edits: 12 })) {
      const whole = Y.encodeStateAsUpdate(doc)
      scanned(whole)
      for (let length = 0; length < whole.length; length++) expectRefused(whole.subarray(0, length), 'BAD_UPDATE')
    }
  }
})

test('[CR-14] an update that goes on after its end is refused', () => {
  const [doc] = editedDocs(3, { docs: 1, edits: 30 })
  const whole = Y.encodeStateAsUpdate(doc as Y.Doc)
  for (const tail of [[0], [255], [0, 0], [...whole]]) {
    expectRefused(Uint8Array.from([...whole, ...tail]), 'BAD_UPDATE', /goes on/)
  }
})

test('[CR-15] values nest as deep as the limit and no deeper', () => {
  const nest = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  const inObjects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
  expect(scanned(by(1, item(nestedAny(64)))).depth).toBe(64)
  expect(scanned(by(1, item(embed(nest(64))))).depth).toBe(64)
  for (const depth of [65, 1_000, 20_000]) {
    expectRefused(by(1, item(nestedAny(depth))), 'TOO_DEEP')
    expectRefused(by(1, item(embed(nest(depth)))), 'TOO_DEEP')
    expectRefused(by(1, item(embed(inObjects(depth)))), 'TOO_DEEP')
    expectRefused(by(1, item(format('bold', nest(depth)))), 'TOO_DEEP')
    expectRefused(by(1, item(json(nest(depth)))), 'TOO_DEEP')
    const meta: Content = {
      kind: 9,
      write: e => {
        encoding.writeVarString(e, 'guid')
        encoding.writeUint8(e, 118)
        encoding.writeVarUint(e, 1)
        encoding.writeVarString(e, 'meta')
        encoding.writeUint8Array(e, bytes(nestedAny(depth - 1).write).subarray(1))
      },
    }
    expectRefused(by(1, item(meta)), 'TOO_DEEP')
  }
})

test('[CR-16] types nest as deep as the limit and no deeper, however the chain is hidden', () => {
  expect(scanned(chain(64)).depth).toBe(64)
  for (const depth of [65, 8_000]) expectRefused(chain(depth), 'TOO_DEEP')
  // The next type beside another child, so that it names no parent.
  const beside = (depth: number): Uint8Array => {
    const structs: Write[] = [item(type(ARRAY))]
    for (let level = 1; level < depth; level++) {
      const parent = 2 * (level - 1)
      structs.push(item(text('x'), { parent: [1, parent] }), item(type(ARRAY), { left: [1, parent + 1] }))
    }
    return by(1, ...structs)
  }
  expect(scanned(beside(64)).depth).toBe(64)
  expectRefused(beside(65), 'TOO_DEEP')
  // Each type by another author, the deepest written first.
  const across = (depth: number): Uint8Array =>
    update(
      Array.from({ length: depth }, (_, i) => {
        const level = depth - i
        const parent = level === 1 ? 'root' : ([level - 1, 0] as const)
        return { author: level, clock: 0, structs: [item(type(MAP), { parent, key: 'k' })] }
      }),
    )
  expect(scanned(across(64)).depth).toBe(64)
  expectRefused(across(65), 'TOO_DEEP')
})

test('[CR-16] values inside types count together', () => {
  const inside = (types: number, values: number): Uint8Array => {
    const structs = chainStructs(types)
    structs.push(item(nestedAny(values), { parent: [1, types - 1] }))
    return by(1, ...structs)
  }
  expect(scanned(inside(32, 32)).depth).toBe(64)
  expectRefused(inside(33, 32), 'TOO_DEEP')
})

test('[CR-16] a type beside others is no deeper', () => {
  const structs: Write[] = [item(type(MAP), { parent: 'root', key: 'a' })]
  for (let i = 1; i < 500; i++) structs.push(item(type(ARRAY), { left: [1, i - 1] }))
  expect(scanned(by(1, ...structs)).depth).toBe(1)
})

const FORBIDDEN = ['__proto__', 'constructor', 'prototype']
const LEGAL = ['__proto', '_proto__x', 'Constructor', 'constructors', 'prototypo', 'toString', 'hasOwnProperty', '']

test.each(FORBIDDEN)('[CR-17] %s is refused wherever it would name something', key => {
  for (const holder of named(key)) expectRefused(by(1, holder), 'FORBIDDEN_KEY')
})

test.each(LEGAL)('[CR-17] "%s" is a name like others', key => {
  for (const holder of named(key)) scanned(by(1, holder))
})

test('[CR-17] a forbidden key is seen through the escapes of JSON', () => {
  for (const key of ['\\u005f_proto__', '__pr\\u006Fto__', '\\u0070rototype', 'construct\\u006fr']) {
    expectRefused(by(1, item(embed(`{"${key}":1}`))), 'FORBIDDEN_KEY')
    expectRefused(by(1, item(json(`[[{"a":{"${key}":{}}}]]`))), 'FORBIDDEN_KEY')
  }
  // Other characters that end in the same bits are other characters.
  for (const key of ['\\u00df_proto__', '\\u0170rototype', '\u00df_proto__'])
    scanned(by(1, item(embed(`{"${key}":1}`))))
  // As a value it is only text.
  scanned(by(1, item(embed('["__proto__","constructor"]'))))
  scanned(by(1, item(any('__proto__', ['constructor']))))
})

test('[CR-18] roots are named with their shape, once each', () => {
  const scan = scanned(
    by(
      1,
      item(text('a'), { parent: 'body' }),
      item(any(1), { parent: 'meta', key: 'a' }),
      item(any(1), { parent: 'meta', key: 'b' }),
      item(any(1), { parent: 'body', key: 'attribute' }),
      item(text('b'), { parent: 'body' }),
      item(text('c'), { parent: 'заметка' }),
      item(text('c'), { parent: 'x'.repeat(200) }),
    ),
  )
  expect(scan.roots).toEqual([
    { name: 'body', shape: 'sequence' },
    { name: 'meta', shape: 'map' },
    { name: 'body', shape: 'map' },
    { name: 'заметка', shape: 'sequence' },
    { name: 'x'.repeat(200), shape: 'sequence' },
  ])
})

test('[CR-18] roots are bounded', () => {
  const roots = (count: number): Uint8Array =>
    by(1, ...Array.from({ length: count }, (_, i) => item(text('x'), { parent: `root ${i}` })))
  expect(scanned(roots(4_096)).roots.length).toBe(4_096)
  expectRefused(roots(4_097), 'TOO_LARGE', /root/)
})

test('[CR-19] text that is not UTF-8 is refused: lone surrogates, overlong forms, beyond Unicode, cut short', () => {
  const wrong = [[0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80], [0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0x61, 0xe2, 0x28, 0xa1]] // prettier-ignore
  for (const content of wrong) expectRefused(by(1, item(rawText(content))), 'BAD_UPDATE', /UTF-8/)
})

test('[CR-19] text counts in UTF-16 units, as clocks do', () => {
  const samples = [
    'a',
    'é',
    '€',
    '😀',
    '\u0000',
    '\uffff',
    '\u202e',
    'e\u0301'.repeat(50),
    `${'ascii'.repeat(20)}😀`,
    '\ufeffbom',
    '퟿',
  ]
  // At every distance from where ASCII is read eight at a time.
  for (let at = 0; at < 20; at++) samples.push(`${'a'.repeat(at)}é${'a'.repeat(at)}😀${'a'.repeat(9)}`)
  for (const sample of samples) {
    expect(scanned(by(1, item(text(sample)))).authors).toEqual([
      { author: 1, from: 0, to: sample.length, gcOnly: false },
    ])
  }
})

test('[CR-20] every value that Yjs can write is legal and comes back', () => {
  const values = [NaN, -0, 0, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 53 + 2, -1.5, 0.1, 1n << 60n, -1n, undefined, null, true, '', 'text', new Uint8Array(100_000).fill(7), [], {}, [{ a: [1, { b: null }] }]] // prettier-ignore
  const doc = new Y.Doc()
  values.forEach((value, i) => doc.getMap('values').set(`${i}`, value))
  // A list takes neither of these two bare.
  doc.getArray('list').push(values.map(value => (value === undefined || typeof value === 'bigint' ? [value] : value)))
  const whole = Y.encodeStateAsUpdate(doc)
  expect(scanned(whole).structs).toBeGreaterThan(values.length)
  const other = new Y.Doc()
  Y.applyUpdate(other, whole)
  values.forEach((value, i) => expect(other.getMap('values').get(`${i}`)).toEqual(value))
  expect(other.getArray('list').toArray()).toEqual(doc.getArray('list').toArray())
})

test('[CR-20] a whole number is at most 2^53 and as short as it can be', () => {
  const integer = (...encoded: number[]): Uint8Array =>
    by(1, item(rawAny(e => [125, ...encoded].forEach(b => encoding.writeUint8(e, b)))))
  scanned(integer(0x3f))
  scanned(integer(0x7f))
  scanned(integer(0xbf, ...uint(2 ** 47 - 1)))
  expectRefused(integer(0xbf, ...uint(2 ** 47)), 'BAD_UPDATE', /2\^53/)
  expectRefused(integer(0x80, 0), 'BAD_UPDATE', /longer/)
})

test('numbers are in the one way lib0 writes them', () => {
  const authored = (author: readonly number[]): Uint8Array => Uint8Array.from([1, 1, ...author, 0, 0, 1, 0])
  for (const author of [0, 127, 128, 2 ** 14, 2 ** 21, 2 ** 28 - 1, 2 ** 28, 2 ** 32 - 1, 2 ** 35, 2 ** 49, MAX]) {
    expect(scanned(authored(uint(author))).authors[0]?.author).toBe(author)
  }
  for (const long of [[0x80, 0], [0xff, 0], [0x81, 0x80, 0], [0x80, 0x80, 0x80, 0], [0x80, 0x80, 0x80, 0x80, 0], [0x80, 0x80, 0x80, 0x80, 0x80, 0], [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0]]) expectRefused(authored(long), 'BAD_UPDATE', /longer/) // prettier-ignore
  const over = [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x10], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Array(30).fill(0x80)] // prettier-ignore
  for (const number of over) expectRefused(authored(number), 'BAD_UPDATE', /2\^53/)
})

test('a struct is of a known kind, and says nothing that its kind cannot mean', () => {
  const kinds = Array.from({ length: 32 }, (_, kind) => kind).filter(kind => kind > 10)
  for (const kind of kinds)
    expectRefused(by(1, item({ kind, write: e => encoding.writeVarUint(e, 1) })), 'BAD_UPDATE', /kind/)
  for (const flags of [0x20, 0x40, 0x80, 0xe0]) {
    expectRefused(by(1, run(1, flags)), 'BAD_UPDATE', /kind/)
    expectRefused(by(1, run(1, flags | 10)), 'BAD_UPDATE', /Skip/)
  }
  for (const ref of [7, 8, 200]) expectRefused(by(1, item(type(ref))), 'BAD_UPDATE', /type/)
  for (const named of [3, 5]) scanned(by(1, item(type(named, 'p'))))
  const parent = (flag: number): Uint8Array => Uint8Array.from([1, 1, 1, 0, 4, flag, 1, 0x72, 1, 0x78, 0])
  scanned(parent(1))
  expectRefused(parent(2), 'BAD_UPDATE', /parent/)
})

test('JSON is what JSON.parse takes', () => {
  const right = ['null', 'true', 'false', '0', '-0', '12', '1.5e3', '1E-2', '1e+2', '""', '"a\\n\\u00e9\\/"', '[]', '{}', ' [ 1 , {"a" : [ ] } ] ', '"\\ud800"', '"é😀"', '{"a":1,"a":2}', '1e308', '9'.repeat(299)] // prettier-ignore
  for (const sample of right) {
    JSON.parse(sample)
    scanned(by(1, item(embed(sample))))
    scanned(by(1, item(format('key', sample))))
    scanned(by(1, item(json(sample, 'undefined'))))
  }
  const wrong = ['', ' ', 'undefined', 'nul', 'nulll', 'tru', 'True', '01', '-', '+1', '1.', '.5', '1e', '1e+', '"', '"a', '"\\', '"\\x"', '"\\u12"', '"\\u12g4"', '"\u0001"', '"\t"', '[', ']', '[1', '[1,', '[1,]', '[,1]', '[1 2]', '{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{a:1}', '{1:1}', '{"a" 1}', '1 2', 'null,', "'a'", 'NaN', 'Infinity', '\ufeff1', '/**/1'] // prettier-ignore
  for (const sample of wrong) {
    expect(() => JSON.parse(sample) as unknown).toThrow()
    expectRefused(by(1, item(embed(sample))), 'BAD_UPDATE', /JSON/)
    expectRefused(by(1, item(format('key', sample))), 'BAD_UPDATE', /JSON/)
    if (sample !== 'undefined') expectRefused(by(1, item(json(sample))), 'BAD_UPDATE', /JSON/)
  }
  // These parse, and would be written again as null.
  for (const sample of ['1e309', '-1e999', `1${'0'.repeat(400)}`, `[${'9'.repeat(310)}]`]) {
    expectRefused(by(1, item(embed(sample))), 'BAD_UPDATE', /double/)
  }
})

test('JSON agrees with JSON.parse on texts made by chance', () => {
  const random = randomFrom(5)
  const alphabet = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '\\',
    'u',
    '1',
    '-',
    '.',
    'e',
    '0',
    'true',
    'null',
    ' ',
    '\n',
    '😀',
  ]
  let right = 0
  for (let i = 0; i < 60_000; i++) {
    const sample = Array.from({ length: 1 + random.below(8) }, () => random.pick(alphabet)).join('')
    const parses = isJson(sample)
    if (parses) right += 1
    if (scanYjsUpdate(by(1, item(embed(sample))), SCAN_LIMITS).ok !== parses)
      expect.fail(`${JSON.stringify(sample)} parses: ${parses}`)
  }
  expect(right).toBeGreaterThan(1_000)
})

test('a subdocument has options that only say what Yjs lets them say', () => {
  for (const options of [{}, { gc: false, autoLoad: true, meta: { a: [1] } }])
    scanned(by(1, item(subdoc('guid', options))))
  for (const options of [null, undefined, 1, 'text', [], true]) {
    expectRefused(by(1, item(subdoc('guid', options))), 'BAD_UPDATE', /options/)
  }
  for (const options of [{ gcFilter: 1 }, { guid: 'other' }])
    expectRefused(by(1, item(subdoc('g', options))), 'FORBIDDEN_KEY')
  const many = (count: number): Uint8Array => by(1, ...Array.from({ length: count }, () => item(subdoc('g', {}))))
  expect(scanned(many(4_096)).structs).toBe(4_096)
  expectRefused(many(4_097), 'TOO_LARGE', /subdoc/)
})

test('bytes and structs are bounded', () => {
  const small = { ...SCAN_LIMITS, maxBytes: 20, maxStructs: 3 }
  const code = (bytes: Uint8Array): ScanRefusal | undefined => {
    const result = scanYjsUpdate(bytes, small)
    return result.ok ? undefined : result.code
  }
  expect(code(by(1, gc(1), gc(1), gc(1)))).toBeUndefined()
  expect(code(by(1, gc(1), gc(1), gc(1), gc(1)))).toBe('TOO_LARGE')
  expect(code(by(1, item(text('x'.repeat(20)))))).toBe('TOO_LARGE')
  const watched = counted(new Uint8Array(SCAN_LIMITS.maxBytes + 1))
  expect(scanYjsUpdate(watched.bytes, SCAN_LIMITS)).toMatchObject({ ok: false, code: 'TOO_LARGE' })
  expect(watched.reads()).toBe(0)
})

test('several values under one key are refused unless the same update deletes them, wherever the key is said', () => {
  const run = any(1, 2, 3)
  const holder = item(any(0), { parent: 'm', key: 'k' })
  const places: [Write[], number][] = [
    [[item(run, { parent: 'm', key: 'k' })], 0],
    [[item(text('abc'), { parent: 'm', key: 'k' })], 0],
    [[item(json('1', '2', '3'), { parent: 'm', key: 'k' })], 0],
    // Behind an origin the key is not written; here neither says so, nor the one between.
    [[holder, item(run, { left: [1, 0] })], 1],
    [[holder, item(any(0), { right: [1, 0] }), item(run, { left: [1, 1] })], 2],
    // Beside one that is not here its own word counts.
    [[item(run, { left: [9, 0], key: 'k' })], 0],
  ]
  for (const [structs, at] of places) {
    const deleting = (...ranges: [number, number][]): Uint8Array =>
      update([{ author: 1, clock: 0, structs }], ranges.length === 0 ? [] : [{ author: 1, ranges }])
    expectRefused(deleting(), 'BAD_UPDATE', /under one key/)
    for (const some of [[[at, 2]], [[at + 1, 2]], [[at, 1], [at + 2, 1]]] as [number, number][][]) expectRefused(deleting(...some), 'BAD_UPDATE', /under one key/) // prettier-ignore
    for (const all of [[[at, 3]], [[at, 1], [at + 1, 2]]] as [number, number][][]) scanned(deleting(...all)) // prettier-ignore
    const another = update([{ author: 1, clock: 0, structs }], [{ author: 2, ranges: [[at, 3]] }])
    expectRefused(another, 'BAD_UPDATE', /under one key/)
  }
  scanned(by(1, item(deleted(3), { parent: 'm', key: 'k' })))
  scanned(by(1, item(any(0), { parent: 'list' }), item(run, { left: [1, 0], key: 'k' })))
})

test('the greatest stamp is found, whatever its key, however it is hidden', () => {
  const early = '~00000000010000'
  const late = '~0000000002000v'
  const found = (...structs: Write[]): string | undefined => scanned(by(1, ...structs)).stampMax
  expect(found(item(any([late, 1]), { parent: 'm', key: 'a' }), item(any([early, 2]), { parent: 'm', key: 'b' }))).toBe(
    late,
  )
  expect(found(item(any([early, 1]), { parent: 'm', key: 'a' }), item(any([late, 2]), { parent: 'm', key: 'b' }))).toBe(
    late,
  )
  // Behind an origin the key is not written, and whether there is one is the writer's word.
  expect(found(item(text('x'), { parent: 'm', key: 'a' }), item(any([late, 1]), { left: [1, 0] }))).toBe(late)
  expect(found(item(text('x'), { parent: 'm', key: 'a' }), item(any([late]), { right: [1, 0] }))).toBe(late)
  expect(found(item(text('x'), { parent: 'list' }), item(any(0, 0, [late]), { left: [1, 0] }))).toBe(late)
  expect(found(item(json(`["${late}",1]`), { parent: 'm', key: 'a' }))).toBe(late)
  expect(found(item(json(` [ "\\u007e${late.slice(1)}" ]`), { parent: 'm', key: 'a' }))).toBe(late)
  expect(found(item(embed(`["${late}"]`), { parent: 'm', key: 'a' }))).toBe(late)
})

test('what only looks like a stamp is none', () => {
  const stamp = '~0000000002000v'
  const contents: Content[] = [any(stamp), any({ 0: stamp }), any([1, stamp]), any([[stamp]]), any([`${stamp}0`]), any([stamp.slice(1)]), any([stamp.replace('v', 'w')]), any([stamp.replace('v', 'V')]), any([stamp.replace('~', '-')]), json(`"${stamp}"`), json(`[1,"${stamp}"]`), json(`[["${stamp}"]]`), json(`["${stamp}é"]`)] // prettier-ignore
  for (const content of contents)
    expect(scanned(by(1, item(content, { parent: 'm', key: 'k' }))).stampMax).toBeUndefined()
  expect(scanned(by(1, item(any([stamp]), { parent: 'list' }))).stampMax).toBeUndefined()
  expect(
    scanned(by(1, item(any(0), { parent: 'list' }), item(any([], stamp), { left: [1, 0] }))).stampMax,
  ).toBeUndefined()
})

test(
  'work is linear: a megabyte of each kind of struct is looked at a bounded number of times a byte',
  { timeout: 60_000 },
  () => {
    const kinds: readonly ((clock: number) => Write)[] = [
      () => gc(1),
      () => item(deleted(3)),
      () => item(text('some text, é 😀')),
      () => item(any([1, 'two', [3, { four: 5 }]]), { parent: 'm', key: 'key' }),
      () => item(any(1, 'two', [3, { four: 5 }]), { parent: 'list' }),
      () => item(json('{"a":[1,2,{"b":"c"}]}', 'undefined')),
      () => item(embed('{"src":"https://example.org/\\u00e9"}')),
      () => item(format('bold', 'true')),
      () => item(binary(new Uint8Array(5))),
      () => item(type(XML_ELEMENT, 'paragraph')),
      clock =>
        clock === 0
          ? item(type(MAP))
          : item(type(MAP), { left: [1, clock - 1], right: clock > 1 ? [1, 0] : undefined }),
      clock => item(text('x'), clock === 0 ? {} : { left: [1, clock - 1] }),
    ]
    for (const kind of kinds) {
      const structs = Array.from({ length: 20_000 }, (_, i) => kind(i))
      const watched = counted(by(1, ...structs))
      const result = scanYjsUpdate(watched.bytes, SCAN_LIMITS)
      expect(result.ok && result.scan.structs).toBe(20_000)
      expect(watched.reads()).toBeLessThanOrEqual(watched.bytes.length * READS_A_BYTE)
    }
  },
)

function chainStructs(depth: number): Write[] {
  return Array.from({ length: depth }, (_, i) => item(type(MAP), { parent: i === 0 ? 'root' : [1, i - 1], key: 'k' }))
}

function chain(depth: number): Uint8Array {
  return by(1, ...chainStructs(depth))
}

/** Every place where a name stands. */
function named(key: string): Write[] {
  const quoted = JSON.stringify(key)
  return [
    item(any(1), { parent: 'm', key }),
    item(text('x'), { parent: key }),
    item(any(1), { parent: key, key: 'k' }),
    item(objectWithKey(key)),
    item(rawAny(e => (encoding.writeUint8(e, 117), encoding.writeVarUint(e, 1), nested(objectWithKey(key))(e)))),
    item(json(`{${quoted}:1}`)),
    item(json('1', `[{"a":{${quoted}:1}}]`)),
    item(embed(`{${quoted}:{}}`)),
    item(format(key, '1')),
    item(format('bold', `{"a":1,${quoted}:2}`)),
    item({ kind: 9, write: e => (encoding.writeVarString(e, 'guid'), nested(objectWithKey(key))(e)) }),
  ]
}

/** The value of `rawAny` without its count. */
function nested(content: Content): Write {
  return e => encoding.writeUint8Array(e, bytes(content.write).subarray(1))
}

function isJson(sample: string): boolean {
  try {
    JSON.parse(sample)
    return true
  } catch {
    return false
  }
}
