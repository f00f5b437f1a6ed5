// What a reader does with bytes that nobody honest wrote: BAD_FRAME, and nothing else.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JoineryError, NO_MARK } from '@joinery/core'
import { decodeMessage, encodeMessage, type Message } from '@joinery/core/protocol'
import { anyMessage, generatorsByType } from './messages.ts'
import { samplesByName, update } from './samples.ts'

/** The code that a frame is refused with; what it says, if it is not. */
function reading(frame: Uint8Array): Message | 'passed over' | 'BAD_FRAME' {
  try {
    return decodeMessage(frame) ?? 'passed over'
  } catch (error) {
    if (error instanceof JoineryError && error.code === 'BAD_FRAME') return 'BAD_FRAME'
    throw error
  }
}

const frame = (...bytes: (number | string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(bytes.flatMap(part => (typeof part === 'number' ? [part] : [...Buffer.from(part)])))

describe('[P3] what is written is read back', () => {
  test.each([...generatorsByType])('%s', (_, messages) => {
    fc.assert(
      fc.property(messages, message => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message)
      }),
    )
  })

  test('[WS-15] from any view of any buffer, and nothing outside of it', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(20), fc.nat(20), (message, before, after) => {
        const bytes = encodeMessage(message)
        const pool = new Uint8Array(before + bytes.length + after).fill(1)
        pool.set(bytes, before)
        expect(decodeMessage(pool.subarray(before, before + bytes.length))).toEqual(message)
      }),
    )
  })

  test('and what was read keeps neither the frame nor the pool alive', () => {
    const pool = encodeMessage({ type: 'part', last: true, bytes: new Uint8Array([1, 2, 3]) })
    const read = decodeMessage(pool)
    pool.fill(0)
    expect(read).toEqual({ type: 'part', last: true, bytes: new Uint8Array([1, 2, 3]) })
    expect(read?.type === 'part' && read.bytes.buffer.byteLength).toBe(3)
  })
})

describe('[P3] [WS-15] a frame is read to its last byte or refused whole', () => {
  test.each([...samplesByName])('cut anywhere, %s is refused', (_, message) => {
    const whole = encodeMessage(message)
    const read = [...whole.keys()].map(end => reading(whole.subarray(0, end)))
    expect(read.filter(answer => answer !== 'BAD_FRAME')).toEqual([])
  })

  test.each([...samplesByName])('with a byte after it, %s is refused', (_, message) => {
    expect(reading(frame(...encodeMessage(message), 0))).toBe('BAD_FRAME')
  })

  test('random bytes are refused, passed over or a message, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        reading(bytes)
      }),
      { numRuns: 2_000 },
    )
  })

  test('and so are random bytes behind each number', () => {
    const numbers = [...new Set([...samplesByName.values()].map(message => encodeMessage(message)[0] ?? 0))]
    fc.assert(
      fc.property(fc.constantFrom(...numbers), fc.uint8Array({ maxLength: 100 }), (number, bytes) => {
        reading(frame(number, bytes))
      }),
      { numRuns: 5_000 },
    )
  })
})

/** A message that ends where it begins, so that what follows is fields behind it: `time` 0. */
const FIELDS_ALONE = [7, 0] as const

describe('[P2] one value has one form', () => {
  test('what is read writes back to the same bytes, whatever was flipped', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samplesByName.values()),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (message, at, flip) => {
          const bytes = encodeMessage(message)
          const place = at % Math.min(bytes.length, 200)
          bytes[place] = (bytes[place] ?? 0) ^ flip
          const read = reading(bytes)
          // An unknown code is read as another one, on purpose (P7).
          if (typeof read !== 'object' || ('code' in read && read.code === 'UNAVAILABLE')) return
          const written = encodeMessage(read)
          expect(written).toEqual(bytes.subarray(0, written.length))
          // What is behind it reads as fields of a newer peer (P98).
          expect(reading(frame(...FIELDS_ALONE, ...bytes.subarray(written.length)))).not.toBe('BAD_FRAME')
        },
      ),
      { numRuns: 10_000 },
    )
  })

  const TIME = 7
  test.each([
    ['the largest number', frame(TIME, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f), Number.MAX_SAFE_INTEGER],
    ['one more', frame(TIME, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10), 'BAD_FRAME'],
    ['2^56 - 1', frame(TIME, ...Array<number>(7).fill(0xff), 0x7f), 'BAD_FRAME'],
    ['2^63', frame(TIME, ...Array<number>(9).fill(0x80), 0x01), 'BAD_FRAME'],
    ['a zero in two bytes', frame(TIME, 0x80, 0x00), 'BAD_FRAME'],
    ['a one in three bytes', frame(TIME, 0x81, 0x80, 0x00), 'BAD_FRAME'],
    ['a thousand empty groups before a one', frame(TIME, ...Array<number>(1_000).fill(0x80), 0x01), 'BAD_FRAME'],
    ['a number without an end', frame(TIME, ...Array<number>(1_000).fill(0x80)), 'BAD_FRAME'],
    ['a million groups of ones', frame(TIME, new Uint8Array(1_000_000).fill(0xff)), 'BAD_FRAME'],
  ])('%s', (_, bytes, expected) => {
    const read = reading(bytes)
    expect(typeof read === 'object' && read.type === 'time' ? read.id : read).toBe(expected)
  })

  test('a flag is 0 or 1', () => {
    expect(reading(frame(9, 1, 1, 7))).toMatchObject({ type: 'part', last: true })
    expect(reading(frame(9, 2, 1, 7))).toBe('BAD_FRAME')
  })

  const AUTH = 8
  const texts: [string, readonly number[], string][] = [
    ['a byte of no character', [0xff], 'BAD_FRAME'],
    ['a character cut short', [0xe6, 0x9c], 'BAD_FRAME'],
    ['a surrogate', [0xed, 0xa0, 0x80], 'BAD_FRAME'],
    ['a slash in two bytes', [0xc0, 0xaf], 'BAD_FRAME'],
    ['beyond the last character', [0xf4, 0x90, 0x80, 0x80], 'BAD_FRAME'],
    ['U+0000 (CR-19)', [0x61, 0x00], 'BAD_FRAME'],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], '\uFEFFa'],
    ['the last character', [0xf4, 0x8f, 0xbf, 0xbf], '\u{10FFFF}'],
  ]
  test.each(texts)('[WS-15] text is strict UTF-8: %s', (_, text, expected) => {
    const read = reading(frame(AUTH, text.length, ...text))
    expect(typeof read === 'object' && read.type === 'auth' ? read.token : read).toBe(expected)
  })
})

describe('[P4] a count or length off the wire makes nothing', () => {
  const space = frame(2, 'me')
  test.each([
    ['entries of a push', 3],
    ['documents of a have', 5],
    ['entries of an ack', 35],
    ['documents of a want', 37],
  ])('%s: more than the frame could hold', (_, number) => {
    expect(reading(frame(number, space, 4))).toBe('BAD_FRAME')
    expect(reading(frame(number, space, 0xff, 0xff, 0xff, 0xff, 0x0f))).toBe('BAD_FRAME')
    expect(reading(frame(number, space, ...Array<number>(7).fill(0xff), 0x0f))).toBe('BAD_FRAME')
  })

  test('a text or bytes longer than their frame', () => {
    expect(reading(frame(8, 5, 'four'))).toBe('BAD_FRAME')
    expect(reading(frame(9, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1))).toBe('BAD_FRAME')
  })

  const acks = (count: number) => ({
    type: 'ack' as const,
    space: 'me',
    entries: Array.from({ length: count }, () => ({ n: 1, seq: 1 })),
  })
  test('65,536 items are a list, one more is not', () => {
    const most = encodeMessage(acks(65_536))
    expect(reading(most)).toEqual(acks(65_536))
    expect(() => encodeMessage(acks(65_537))).toThrow('BAD_INPUT')
    // 65,536 is 80 80 04, one more 81 80 04.
    const more = frame(most.subarray(0, 4), 0x81, most.subarray(5), 1, 1)
    expect(reading(more)).toBe('BAD_FRAME')
  })

  test.each([
    ['token', 3_900, (text: string): Message => ({ type: 'auth', token: text })],
    ['token of hello', 3_900, (text: string): Message => ({ type: 'hello', version: 1, device: 'd', token: text })],
    [
      'subject',
      255,
      (text: string): Message => ({
        type: 'welcome',
        version: 1,
        session: 's',
        subject: text,
        personal: 'p',
        wall: 0,
        frameBytes: 1,
        documentBytes: 1,
      }),
    ],
    [
      '[CR-21] presence state',
      4_096,
      (text: string): Message => ({
        type: 'presence',
        space: 'me',
        document: 'd',
        session: '',
        subject: '',
        clock: 1,
        state: text,
      }),
    ],
  ])('%s: at most %i bytes of UTF-8', (_, max, message) => {
    const most = encodeMessage(message(`${'a'.repeat(max - 3)}木`))
    expect(reading(most)).toEqual(message(`${'a'.repeat(max - 3)}木`))
    expect(() => encodeMessage(message(`${'a'.repeat(max - 2)}木`))).toThrow('BAD_INPUT')
    // The same frame with one byte more of text, made by hand.
    const at = most.indexOf(97)
    const [low = 0, high = 0] = most.subarray(at - 2, at)
    const length = (low & 127) + high * 128 + 1
    expect(length).toBe(max + 1)
    const more = frame(most.subarray(0, at - 2), (length & 127) | 128, length >> 7, 97, most.subarray(at))
    expect(reading(more)).toBe('BAD_FRAME')
  })
})

describe('[P2] [AU-15] an id is an id in every place', () => {
  /** Every message with one of its ids replaced. */
  function* withId(message: object, bad: string): Generator<object> {
    for (const [key, value] of Object.entries(message)) {
      if (ids.has(key) && value !== undefined) yield { ...message, [key]: bad }
      if (Array.isArray(value)) {
        for (const [at, item] of value.entries())
          for (const changed of withId(item, bad)) yield { ...message, [key]: value.with(at, changed) }
      } else if (key === 'cursor' && value !== undefined) {
        for (const changed of withId(value, bad)) yield { ...message, cursor: changed }
      }
    }
  }
  const ids = new Set([
    'space',
    'document',
    'device',
    'kind',
    'engine',
    'epoch',
    'session',
    'personal',
    'clockId',
    'code',
  ])
  const bads = ['a/b', '../x', 'ä', ' ', 'a\n', 'a'.repeat(129), '__proto__', 'constructor']

  test.each([...samplesByName])('%s: no writer writes another', (_, message) => {
    const changed = bads.flatMap(bad => [...withId(message, bad)]) as Message[]
    for (const bad of changed) expect(() => encodeMessage(bad), JSON.stringify(bad)).toThrow('BAD_INPUT')
    // Only these have no id in them.
    expect(changed.length > 0).toBe(!['time', 'auth', 'part'].includes(message.type))
  })

  test.each([...samplesByName])('%s: no reader reads another', (_, message) => {
    // Ids as long as the bad one, so that it can be written over them.
    const good = 'zzzzzzzzz'
    for (const changed of withId(message, good)) {
      if ('code' in changed && changed.code === good) continue
      const bytes = encodeMessage(changed as Message)
      const at = Buffer.from(bytes).indexOf(good)
      bytes.set(Buffer.from('__proto__'), at)
      expect(reading(bytes), JSON.stringify(changed)).toBe('BAD_FRAME')
      bytes.set(Buffer.from('../../etc'), at)
      expect(reading(bytes), JSON.stringify(changed)).toBe('BAD_FRAME')
    }
  })

  test('only in presence may it be empty: nobody is named yet', () => {
    const absent = (type: string, message: object): [string, Message][] =>
      [...withId(message, '')].map(changed => [type, changed as Message])
    const empties = [...samplesByName].flatMap(([name, message]) => absent(name, message))
    const written = empties.filter(([, message]) => {
      try {
        return encodeMessage(message)
      } catch {
        return false
      }
    })
    expect(written.every(([, message]) => message.type === 'presence' && message.session === '')).toBe(true)
    expect(written.length).toBeGreaterThan(0)
  })
})

describe('[P2] what a reader would refuse is not written', () => {
  const base = { type: 'fetch', space: 'me', document: undefined } as const
  test.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])('the number %d', before => {
    expect(() => encodeMessage({ ...base, before })).toThrow('BAD_INPUT')
  })

  test.each(['\uD800', 'a\uDC00b', '\uDC00\uD800', 'a\0b'])('[CR-19] the text %j', token => {
    expect(() => encodeMessage({ type: 'auth', token })).toThrow('BAD_INPUT')
  })

  test('a seq, n or version of 0', () => {
    expect(() => encodeMessage({ type: 'ack', space: 'me', entries: [{ n: 0, seq: 1 }] })).toThrow('BAD_INPUT')
    expect(() => encodeMessage({ type: 'ack', space: 'me', entries: [{ n: 1, seq: 0 }] })).toThrow('BAD_INPUT')
    expect(() => encodeMessage({ type: 'hello', version: 0, device: 'd', token: '' })).toThrow('BAD_INPUT')
    expect(reading(frame(35, 2, 'me', 1, 0, 1))).toBe('BAD_FRAME')
    expect(reading(frame(35, 2, 'me', 1, 1, 0))).toBe('BAD_FRAME')
    expect(reading(frame(35, 2, 'me', 1, 1, 1))).toEqual({ type: 'ack', space: 'me', entries: [{ n: 1, seq: 1 }] })
  })

  test('a mark that is not 16 bytes', () => {
    const cursor = { epoch: 'e', seq: 1, mark: new Uint8Array(15) }
    expect(() => encodeMessage({ type: 'watch', space: 'me', cursor })).toThrow('BAD_INPUT')
    expect(reading(frame(2, 2, 'me', 1, 1, 'e', 1, 15, new Uint8Array(15)))).toBe('BAD_FRAME')
    expect(reading(frame(2, 2, 'me', 1, 1, 'e', 1, 16, new Uint8Array(16)))).toMatchObject({ type: 'watch' })
  })
})

describe('[P5] [MN-12] numbers that this version does not know', () => {
  const known = new Set([...samplesByName.values()].map(message => encodeMessage(message)[0]))

  test('below 128 they are refused', () => {
    for (let number = 0; number < 128; number++) {
      if (!known.has(number)) expect(reading(frame(number)), `${number}`).toBe('BAD_FRAME')
    }
  })

  test('from 128 on they are passed over, whatever follows', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), bytes => {
        expect(reading(frame(0x80, 0x01, bytes))).toBe('passed over')
        expect(reading(frame(0xff, 0xff, 0x03, bytes))).toBe('passed over')
      }),
    )
  })
})

describe('[P98] [MN-12] fields that this version does not know', () => {
  const field = fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 200 })).map(([number, bytes]) => {
    const written = encodeMessage({ type: 'part', last: true, bytes })
    return frame(...encodeMessage({ type: 'time', id: number }).subarray(1), ...written.subarray(2))
  })

  test('behind any message they are passed over', () => {
    fc.assert(
      fc.property(anyMessage, fc.array(field, { minLength: 1, maxLength: 3 }), (message, fields) => {
        expect(decodeMessage(frame(encodeMessage(message), ...fields))).toEqual(message)
      }),
    )
  })

  test('cut short, or longer than the frame, they are refused', () => {
    const message = encodeMessage({ type: 'time', id: 5 })
    const field = [90, 2, 7, 7]
    expect(reading(frame(...message, ...field))).toEqual({ type: 'time', id: 5 })
    for (let end = 1; end < field.length; end++)
      expect(reading(frame(...message, ...field.slice(0, end)))).toBe('BAD_FRAME')
  })
})

describe('[P97] [MN-12] types of entries that this version does not know', () => {
  const message = {
    type: 'changes',
    space: 'me',
    cursor: { epoch: 'e', seq: 9, mark: NO_MARK },
    live: true,
    reset: false,
  } as const
  const entry = { ...update, type: 'other-63' } as const

  test('are read as what they are, and written as they were', () => {
    const bytes = encodeMessage({ ...message, entries: [entry] })
    expect(decodeMessage(bytes)).toEqual({ ...message, entries: [entry] })
    for (const type of ['other-64', 'nothing'] as const)
      expect(() => encodeMessage({ ...message, entries: [{ ...entry, type: type as 'other-9' }] })).toThrow('BAD_INPUT')
  })

  test('from 64 on they are none', () => {
    const bytes = encodeMessage({ ...message, entries: [entry] })
    bytes[bytes.indexOf(63)] = 64
    expect(reading(bytes)).toBe('BAD_FRAME')
  })
})

test('[P7] a code that this side does not know reads as UNAVAILABLE, so that nothing is given up', () => {
  expect(reading(frame(39, 8, 'NEW_CODE', 5))).toEqual({ type: 'bye', code: 'UNAVAILABLE', retryAfter: 5 })
  expect(reading(frame(36, 2, 'me', 0, 0, 8, 'toString', 0))).toMatchObject({ type: 'refused', code: 'UNAVAILABLE' })
  expect(reading(frame(39, 4, 'GONE', 5))).toEqual({ type: 'bye', code: 'GONE', retryAfter: 5 })
})

test('a refusal tells how long the frame was and nothing that was in it', () => {
  const error = (() => {
    try {
      return decodeMessage(frame(8, 9, 'secret'))
    } catch (caught) {
      return caught
    }
  })()
  expect(error).toMatchObject({ code: 'BAD_FRAME', details: { bytes: 8 } })
  expect(JSON.stringify(error) + String(error)).not.toContain('secret')
})
