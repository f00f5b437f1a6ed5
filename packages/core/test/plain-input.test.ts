import { canonical, checkName, isWellFormed, JoineryError, PLAIN_DEPTH, plainOf, type Plain } from '@joinery/core'
import { expect, test } from 'vitest'

function codeOf(attempt: () => unknown): string {
  try {
    attempt()
    return 'none'
  } catch (error) {
    return error instanceof JoineryError ? error.code : String(error)
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

test('[CR-20] what plainOf takes it gives back equal, as a copy, -0 as 0', () => {
  const bytes = Buffer.from([1, 2, 3])
  const given = { a: [null, true, 1.5, 'é😀', Number.NaN, -Infinity], bytes, inner: { k: {} } }
  const copy = plainOf(given)
  expect(copy).toEqual({ ...given, bytes: new Uint8Array([1, 2, 3]) })
  bytes[0] = 9
  given.a.push('later')
  given.inner.k = 1
  expect(copy).toEqual({ a: given.a.slice(0, -1), bytes: new Uint8Array([1, 2, 3]), inner: { k: {} } })
  expect(Object.is(plainOf(-0), 0)).toBe(true)
  const bare = Object.assign(Object.create(null) as object, { k: 1 })
  expect(plainOf(bare)).toEqual({ k: 1 })
})

test('[CR-20] what no engine can hold is BAD_INPUT, however deep it lies', () => {
  class Point {
    readonly x = 1
  }
  const half = '😀'.slice(0, 1)
  for (const value of [
    undefined,
    1n,
    Symbol('s'),
    () => 1,
    new Date(0),
    new Map(),
    new Point(),
    new ArrayBuffer(1),
    half,
  ]) {
    expect(codeOf(() => plainOf(value))).toBe('BAD_INPUT')
    expect(codeOf(() => plainOf([{ k: value }]))).toBe('BAD_INPUT')
  }
  expect(codeOf(() => plainOf({ [half]: 1 }))).toBe('BAD_INPUT')
})

test('[CR-15] nesting ends at PLAIN_DEPTH, also when it never ends', () => {
  expect(codeOf(() => plainOf(nested(PLAIN_DEPTH)))).toBe('none')
  expect(codeOf(() => plainOf(nested(PLAIN_DEPTH + 1)))).toBe('TOO_DEEP')
  expect(codeOf(() => plainOf(nested(2), 1))).toBe('TOO_DEEP')
  const circle: unknown[] = []
  circle.push(circle)
  expect(codeOf(() => plainOf(circle))).toBe('TOO_DEEP')
})

test('[CR-17] names that objects already have are FORBIDDEN_KEY', () => {
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    expect(codeOf(() => checkName(name))).toBe('FORBIDDEN_KEY')
    expect(codeOf(() => plainOf(JSON.parse(`{"${name}":{}}`)))).toBe('FORBIDDEN_KEY')
  }
  for (const name of ['toString', '', 'proto', 'é/~']) expect(checkName(name)).toBe(name)
})

test('[CR-19] well formed is what survives UTF-8', () => {
  for (const text of [
    '',
    'a',
    '😀',
    '\u0000',
    '\uffff',
    '\ud800\ud800',
    '\udc00',
    'a\ud83d',
    '\ude00b',
    '\ud83d\ude00\ud83d',
  ]) {
    expect(isWellFormed(text), JSON.stringify(text)).toBe(
      new TextDecoder().decode(new TextEncoder().encode(text)) === text,
    )
  }
})

test('[CR-16] canonical form has no depth limit, and tells values apart that look alike', () => {
  const deep = nested(200_000) as Plain
  expect(canonical(deep)).toBe(`${'['.repeat(200_000)}1${']'.repeat(200_000)}`)
  const alike: Plain[] = [
    1,
    '1',
    [1],
    { 0: 1 },
    true,
    'true',
    null,
    'null',
    {},
    [],
    '',
    new Uint8Array(),
    [[]],
    [null],
    Number.NaN,
    '#NaN',
  ]
  expect(new Set(alike.map(canonical)).size).toBe(alike.length)
  expect(canonical({ b: [1, { d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[1,{"c":2,"d":1}]}')
  expect(canonical(-0)).toBe(canonical(0))
})
