// The assertions of the contract suites: one that never fails would make every suite pass.
import { describe, expect, test } from 'vitest'
import { JoineryError } from '@joinery/core'
import { must, rejects, same } from '@joinery/core/testing'

describe('must', () => {
  test('passes what holds and fails with its message what does not', () => {
    must(1, 'one')
    expect(() => must(0, 'zero')).toThrow('zero')
    expect(() => must(undefined, 'nothing')).toThrow('nothing')
  })
})

describe('same', () => {
  const alike: [unknown, unknown][] = [
    [
      { a: 1, b: [null, 'x'] },
      { b: [null, 'x'], a: 1 },
    ],
    [{ a: 1, b: undefined }, { a: 1 }],
    [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [new Uint8Array([1, 2]), new Uint8Array([0, 1, 2]).subarray(1)],
    [Buffer.from([1, 2]), new Uint8Array([1, 2])],
    [Number.NaN, Number.NaN],
    [-0, 0],
    [new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]])],
    [new Set([1, 2]), new Set([1, 2])],
  ]
  test.each(alike)('%o is %o', (a, b) => {
    same(a, b, 'alike')
    same(b, a, 'alike')
  })

  const different: [unknown, unknown][] = [
    [{ a: 1 }, { a: 1, b: 2 }],
    [
      { a: 1, b: undefined },
      { a: 1, c: 2 },
    ],
    [{ a: undefined }, { a: null }],
    [{ toString: 1 }, {}],
    [[1, 2], [1]],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [new Uint8Array([1]), [1]],
    [new Uint8Array([1]), new Uint8Array([2])],
    [1, '1'],
    [0, null],
    [new Map([['a', 1]]), new Map([['a', 2]])],
    [new Map(), new Set()],
    [new Error('a'), new Error('a')],
    [() => 1, () => 1],
  ]
  test.each(different)('%o is not %o', (a, b) => {
    expect(() => same(a, b, 'alike')).toThrow('alike')
    expect(() => same(b, a, 'alike')).toThrow('alike')
  })

  test('says what it saw', () => {
    expect(() => same({ b: new Uint8Array([255]), a: [1, 'x'] }, { a: 1n }, 'the value')).toThrow(
      'the value: expected {a: 1}, got {a: [1, "x"], b: 0xff}',
    )
  })
})

describe('rejects', () => {
  test('gives the error of a promise or a call that fails with the code', async () => {
    const error = new JoineryError('CLOSED')
    expect(await rejects(Promise.reject(error), 'CLOSED')).toBe(error)
    expect(await rejects(Promise.reject(error))).toBe(error)
    expect(
      await rejects(() => {
        throw error
      }, 'CLOSED'),
    ).toBe(error)
  })

  test('fails when nothing fails, or with another code, or with another error', async () => {
    await expect(rejects(Promise.resolve(7), 'CLOSED')).rejects.toThrow('expected CLOSED, got 7')
    await expect(rejects(() => 7)).rejects.toThrow('expected a JoineryError, got 7')
    await expect(rejects(Promise.reject(new JoineryError('GONE')), 'CLOSED')).rejects.toThrow('expected CLOSED')
    await expect(rejects(Promise.reject(new TypeError('x')), 'CLOSED')).rejects.toThrow('got TypeError: x')
  })
})
