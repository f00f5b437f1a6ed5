/** The small validators, and any Standard Schema at the edge of a field. */
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  array,
  boolean,
  day,
  nullable,
  number,
  object,
  oneOf,
  optional,
  plain,
  string,
  type ValueOf,
} from '../../src/kinds/index.ts'
import { accepted, readable } from '../../src/kinds/schema.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

function takes(schema: StandardSchemaV1, value: unknown): boolean {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) throw new Error('asynchronous')
  return result.issues === undefined
}

describe('the small validators', () => {
  test.each<[string, StandardSchemaV1, unknown[], unknown[]]>([
    ['string', string({ max: 3 }), ['', 'abc'], ['abcd', 1, null, undefined]],
    ['number', number({ min: 0, max: 5 }), [0, 2.5, 5], [-1, 6, Number.NaN, Infinity, '1']],
    ['integer', number({ integer: true }), [0, -3], [0.5, 2 ** 53, 1n]],
    ['boolean', boolean(), [true, false], [0, 'true', null]],
    ['oneOf', oneOf('a', 2), ['a', 2], ['2', 'b', null]],
    [
      'day',
      day(),
      ['2026-11-22', '2024-02-29'],
      ['2026-02-29', '2026-13-01', '2026-1-1', '2026-00-10', '1900-02-29', 20261122],
    ],
    ['plain', plain(), [null, { a: [1, 'x'] }], [undefined, 1n, new Date(), () => 1]],
    ['nullable', nullable(string()), [null, 'a'], [undefined, 1]],
    ['array', array(number()), [[], [1, 2]], [[1, 'x'], {}, 'ab']],
    [
      'object',
      object({ a: string(), b: optional(number()) }),
      [{ a: 'x' }, { a: 'x', b: 1 }],
      [{ b: 1 }, { a: 1 }, null, []],
    ],
  ])('[CR-26] %s takes what it says and nothing else', (_, schema, good, bad) => {
    for (const value of good) expect(takes(schema, value), JSON.stringify(value)).toBe(true)
    for (const value of bad) expect(takes(schema, value), String(value)).toBe(false)
  })

  test('[CR-17] object takes no inherited fields and leaves out those it does not know', () => {
    const schema = object({ toString: optional(string()), a: string() })
    expect(schema['~standard'].validate({ a: 'x', extra: 1 })).toEqual({ value: { a: 'x' } })
  })

  test('types follow from the declaration', () => {
    const schema = object({ a: string(), b: optional(number()), c: nullable(oneOf('x', 'y')) })
    expectTypeOf<ValueOf<typeof schema>>().branded.toEqualTypeOf<{
      readonly a: string
      readonly b?: number | undefined
      readonly c: 'x' | 'y' | null
    }>()
  })
})

describe('a schema at the edge of a field', () => {
  test('[CR-26] what does not fit is BAD_INPUT, with the field and each issue by its path', () => {
    const schema = z.object({ steps: z.array(z.object({ text: z.string() })) })
    expect(() => accepted(schema, { steps: [{ text: 1 }] }, 'recipe')).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        details: { field: 'recipe', issues: [expect.objectContaining({ path: 'steps.0.text' })] },
      }),
    )
    expect(() => accepted(array(object({ a: string() })), [{ a: 1 }], 'list')).toThrow(
      expect.objectContaining({ details: { field: 'list', issues: [{ path: '0.a', message: 'must be a string' }] } }),
    )
  })

  test('[CR-20] what is accepted is stored as plain data of its own, without undefined fields', () => {
    const value = { a: 'x', b: undefined, c: [{ d: 1 }] }
    const stored = accepted(z.object({ a: z.string(), b: z.string().optional(), c: z.array(z.any()) }), value, 'f')
    expect(stored).toEqual({ a: 'x', c: [{ d: 1 }] })
    expect(Object.keys(stored as object)).toEqual(['a', 'c'])
    value.c[0] = { d: 2 }
    expect(stored).toEqual({ a: 'x', c: [{ d: 1 }] })
  })

  test('[CR-20] what is not plain is BAD_INPUT with the field, also when the schema would take it', () => {
    for (const value of [new Date(), 10n, () => 1, new Map(), { a: new Date() }, '\ud800', { constructor: 1 }]) {
      expect(() => accepted(z.any(), value, 'f')).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
    }
    expect(() => accepted(z.any(), new Date(), 'f')).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field: 'f' }) as unknown }),
    )
  })

  test('an asynchronous validator is refused, and its failure is nobody’s', async () => {
    const rule = expect.objectContaining({
      details: { field: 'f', rule: expect.stringContaining('asynchronous') as unknown },
    }) as unknown
    const failing: StandardSchemaV1<string, string> = {
      '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('late')) },
    }
    for (const schema of [failing, z.string().refine(async text => Promise.resolve(text === 'x'))]) {
      expect(() => accepted(schema, 'x', 'f')).toThrow(rule)
      expect(readable(schema, 'x')).toBeUndefined()
      expect(() => accepted(nullable(schema), 'x', 'f')).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
    }
    // An unhandled rejection would end the run.
    await new Promise(resolve => setImmediate(resolve))
  })

  test('a schema that changes what it takes is settled when written, and one that never settles is refused', () => {
    expect(accepted(z.string().trim(), '  x ', 'f')).toBe('x')
    const growing = z.string().transform(text => `${text}!`)
    expect(() => accepted(growing, 'x', 'f')).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  })

  test('[D4] a schema that fills in what older versions did not write does so on reading', () => {
    expect(readable(z.object({ a: z.string(), b: z.number().default(7) }), { a: 'x' })).toEqual({ a: 'x', b: 7 })
  })

  test('[D2] what is read shares nothing with what is stored', () => {
    const stored = { a: ['x'] }
    const read = readable(plain(), stored) as { a: string[] }
    read.a.push('y')
    expect(stored).toEqual({ a: ['x'] })
  })
})
