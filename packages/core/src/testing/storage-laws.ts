/** The contract suite of the Storage port: every sentence of its header. An adapter that passes it can keep a device's data. */
import { compareKeys } from '../key-order.ts'
import { canonical, type Plain } from '../plain.ts'
import type { Key, KeyRange, Storage, Table, WriteTransaction } from '../ports/storage.ts'
import { TABLES } from '../ports/storage.ts'
import type { Law } from './law.ts'
import { must, rejects, same } from './must.ts'

/** One device's data, empty at first. Each `open` is another tab, or the next start of the app. */
export interface StoragePlace {
  open(): Storage | Promise<Storage>
}

export type MakeStoragePlace = () => StoragePlace | Promise<StoragePlace>

/** Keys in the order that the port asks for. */
const ORDERED: readonly Key[] = [
  [-1.5],
  [-1],
  [0],
  [0, 0],
  [0, ''],
  [Number.MIN_VALUE],
  [1],
  [2],
  [2, 'a'],
  [10],
  [2 ** 53],
  [Number.MAX_VALUE],
  [''],
  ['', ''],
  ['\0'],
  ['\0', 1],
  ['\0\0'],
  ['A'],
  ['a'],
  ['a', -7],
  ['a', 7],
  ['a', 7, 'x'],
  ['a', ''],
  ['a', '\0'],
  ['a', 'b'],
  ['a', 'b', 'c'],
  ['a\0'],
  ['aa'],
  ['a\u{7f}'],
  ['a\u{80}'],
  ['a\u{7ff}'],
  ['a\u{800}'],
  ['a\u{d7ff}'],
  // A lone surrogate, a pair, and a character that UTF-8 would put before the pair.
  ['a\ud83d'],
  ['a\u{1f600}'],
  ['a\u{1f600}', 1],
  ['a\udfff'],
  ['a\u{ff5e}'],
  ['a\u{ffff}'],
  ['b'],
]

const VALUES: readonly Plain[] = [
  null,
  true,
  false,
  0,
  -0,
  1.5,
  -(2 ** 40),
  Number.MAX_SAFE_INTEGER,
  Number.NaN,
  Infinity,
  -Infinity,
  '',
  'text \0 \u{1f600} lone \ud800 end',
  [],
  {},
  [null, [1, ['deep']], { a: { b: [{}] } }],
  { 'b': 1, 'a': 2, '': 3, '1': 4, 'length': 5 },
  new Uint8Array(0),
  new Uint8Array([0, 255, 1]),
  { bytes: [new Uint8Array([7])], at: 1_700_000_000_000 },
]

const ALL: KeyRange = {}

export const storageLaws: readonly Law<MakeStoragePlace>[] = [
  law('C1', 'a value written is read back, in the same transaction and after', async storage => {
    const within = await storage.write(['meta'], async tx => {
      await tx.put('meta', ['a', 1], { x: [1] })
      return [await tx.get('meta', ['a', 1]), await tx.get('meta', ['a'])]
    })
    same(within, [{ x: [1] }, undefined], 'inside the transaction')
    same(await storage.read(['meta'], tx => tx.get('meta', ['a', 1])), { x: [1] }, 'after it')
    await storage.write(['meta'], tx => tx.put('meta', ['a', 1], 'other'))
    same(await storage.read(['meta'], tx => tx.get('meta', ['a', 1])), 'other', 'written again')
    await storage.write(['meta'], tx => tx.delete('meta', ['a', 1]))
    same(await storage.read(['meta'], tx => tx.count('meta', ALL)), 0, 'deleted')
    await storage.write(['meta'], tx => tx.delete('meta', ['a', 1]))
  }),
  law('C1', 'a transaction resolves to what its body resolves to', async storage => {
    same(await storage.read([...TABLES], async () => 'read'), 'read', 'read')
    same(await storage.write([...TABLES], async () => 'written'), 'written', 'write')
  }),
  law('C1', 'tables are apart', async storage => {
    await storage.write([...TABLES], async tx => {
      for (const table of TABLES) await tx.put(table, ['k'], table)
    })
    await storage.write(['log'], tx => tx.deleteRange('log', ALL))
    const seen = await storage.read([...TABLES], tx => Promise.all(TABLES.map(table => tx.get(table, ['k']))))
    same(
      seen,
      TABLES.map(table => (table === 'log' ? undefined : table)),
      'values',
    )
  }),
  law('D5', 'every plain value comes back as it was', async storage => {
    await storage.write(['rows'], async tx => {
      for (const [i, value] of VALUES.entries()) await tx.put('rows', [i], value)
    })
    const rows = await storage.read(['rows'], tx => tx.range('rows', ALL))
    must(rows.length === VALUES.length, 'every value has its row')
    for (const [i, value] of VALUES.entries()) {
      same(rows[i]?.value, value, `value ${i}`)
      must(Object.is(rows[i]?.value, value) || typeof value === 'object', `value ${i} is the very same scalar`)
    }
  }),
  law('CR-17', 'a field called __proto__ is a field', async storage => {
    const value: Plain = Object.fromEntries([['__proto__', { polluted: true }]])
    await storage.write(['rows'], tx => tx.put('rows', ['p'], value))
    const back = await storage.read(['rows'], tx => tx.get('rows', ['p']))
    must(typeof back === 'object' && back !== null && Object.hasOwn(back, '__proto__'), 'it is its own field')
    must(!('polluted' in back), 'and changes no prototype')
  }),
  law('D1', 'values are not shared with whoever wrote or read them', async storage => {
    const backing = new Uint8Array([9, 1, 2, 9])
    const list = [1]
    await storage.write(['rows'], tx => {
      const put = tx.put('rows', ['v'], { bytes: backing.subarray(1, 3), list })
      backing.fill(0)
      list.push(2)
      return put
    })
    const first = await storage.read(['rows'], tx => tx.get('rows', ['v']))
    const expected = { bytes: new Uint8Array([1, 2]), list: [1] }
    same(first, expected, 'what was written')
    const { bytes } = first as { bytes: Uint8Array }
    must(
      Object.getPrototypeOf(bytes) === Uint8Array.prototype || bytes.constructor.name === 'Uint8Array',
      'Uint8Array itself',
    )
    must(bytes.buffer.byteLength === 2, 'bytes have a buffer of their own, not the one they were a part of')
    bytes.fill(7)
    same(await storage.read(['rows'], tx => tx.get('rows', ['v'])), expected, 'after a reader changed its copy')
    const [row] = await storage.read(['rows'], tx => tx.range('rows', ALL))
    must(row !== undefined, 'the row')
    ;(row.value as { bytes: Uint8Array }).bytes.fill(7)
    const [again] = await storage.read(['rows'], tx => tx.getMany('rows', [['v']]))
    same(again, expected, 'after a reader changed its row')
  }),
  law('D1', 'keys stand in order: numbers, then strings by code unit, the shorter before the longer', async storage => {
    await fill(storage, shuffled(ORDERED))
    const rows = await storage.read(['index'], tx => tx.range('index', ALL))
    same(
      rows.map(row => row.key),
      ORDERED,
      'keys',
    )
    for (const key of ORDERED)
      same(await storage.read(['index'], tx => tx.get('index', key)), [...key], `the value of ${show(key)}`)
    const back = await storage.read(['index'], tx => tx.range('index', { reverse: true }))
    same(
      back.map(row => row.key),
      ORDERED.toReversed(),
      'reversed',
    )
  }),
  law('D1', '0 and -0 are one key', async storage => {
    await storage.write(['index'], async tx => {
      await tx.put('index', [0], 'zero')
      await tx.put('index', [-0], 'minus zero')
    })
    same(await storage.read(['index'], tx => tx.range('index', ALL)), [{ key: [0], value: 'minus zero' }], 'one row')
  }),
  law('D1', 'a range is its prefix and its bounds, either way, up to its limit', async storage => {
    await fill(storage, shuffled(ORDERED))
    const bounds = [undefined, [0], [0, 1], ['a'], ['a', 7], ['a', 'b'], ['a\0'], ['a\u{1f600}'], ['zz']] as const
    const prefixes = [undefined, [], [0], [2], [''], ['a'], ['a', 7], ['a', 'b', 'c'], ['\0'], ['none']] as const
    const ranges: KeyRange[] = []
    for (const prefix of prefixes)
      for (const lower of bounds)
        for (const before of bounds)
          for (const bound of ['from', 'after'] as const)
            ranges.push({
              ...(prefix && { prefix }),
              ...(lower && { [bound]: lower }),
              ...(before && { before }),
              ...(ranges.length % 2 === 1 && { reverse: true }),
              ...(ranges.length % 3 > 0 && { limit: ranges.length % 5 }),
            })
    ranges.push({ from: ['a'], after: [1] }, { from: [1], after: ['a'] }, { from: ['a', 7], after: ['a', 7] })
    await storage.read(['index'], async tx => {
      for (const range of ranges) {
        const rows = await tx.range('index', range)
        same(
          rows.map(row => row.key),
          expectedIn(range),
          `range ${JSON.stringify(range)}`,
        )
        same(await tx.count('index', range), rows.length, `count ${JSON.stringify(range)}`)
      }
    })
  }),
  law('D1', 'deleteRange deletes exactly what range would give', async storage => {
    const ranges: KeyRange[] = [
      { prefix: ['a'] },
      { prefix: ['a'], after: ['a', 7], limit: 2 },
      { prefix: ['a'], reverse: true, limit: 3 },
      { from: [1], before: ['a'] },
      { after: ['zz'] },
      { limit: 0 },
      ALL,
    ]
    for (const range of ranges) {
      await storage.write(['index'], tx => tx.deleteRange('index', ALL))
      await fill(storage, ORDERED)
      await storage.write(['index'], tx => tx.deleteRange('index', range))
      const gone = new Set(expectedIn(range).map(show))
      const left = await storage.read(['index'], tx => tx.range('index', ALL))
      same(
        left.map(row => row.key),
        ORDERED.filter(key => !gone.has(show(key))),
        `after deleting ${JSON.stringify(range)}`,
      )
    }
  }),
  law('D1', 'getMany gives values in the order asked, undefined for what is not there', async storage => {
    await fill(storage, [['a'], ['b'], [3]])
    const asked = [[3], ['none'], ['a'], [3], ['b', 1], ['b']]
    const got = await storage.read(['index'], tx => tx.getMany('index', asked))
    same(got.length, asked.length, 'one answer each')
    same(
      got.map(value => value ?? 'undefined'),
      [[3], 'undefined', ['a'], [3], 'undefined', ['b']],
      'values',
    )
    same(await storage.read(['index'], tx => tx.getMany('index', [])), [], 'none')
  }),
  law('CR-17', 'a key is a non-empty list of strings and finite numbers', async storage => {
    const wrong = [[], [Number.NaN], [Infinity], ['a', null], [['a']], [true], [undefined]] as unknown as Key[]
    for (const key of wrong) {
      await rejects(
        storage.write(['meta'], tx => tx.put('meta', key, 1)),
        'BAD_INPUT',
      )
      await rejects(
        storage.read(['meta'], tx => tx.get('meta', key)),
        'BAD_INPUT',
      )
      await rejects(
        storage.read(['meta'], tx => tx.getMany('meta', [['fine'], key])),
        'BAD_INPUT',
      )
      await rejects(
        storage.read(['meta'], tx => tx.range('meta', { before: key })),
        'BAD_INPUT',
      )
    }
    same(await storage.read(['meta'], tx => tx.count('meta', ALL)), 0, 'nothing was written')
  }),
  law('C2', 'a body that throws changes nothing, and the caller gets what it threw', async storage => {
    await storage.write(['meta', 'log'], tx => tx.put('meta', ['kept'], 1))
    const thrown = new Error('of the body')
    const attempt = storage.write(['meta', 'log'], async tx => {
      await tx.put('meta', ['kept'], 2)
      await tx.put('log', ['new'], 1)
      await tx.deleteRange('meta', ALL)
      // Asked for and not waited for: it may not run when all is undone already.
      for (let at = 0; at < 20; at++) tx.put('log', [at], at).catch(() => undefined)
      throw thrown
    })
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    must(error === thrown, 'the same error')
    await storage.read(['meta', 'log'], async tx => {
      same(await tx.range('meta', ALL), [{ key: ['kept'], value: 1 }], 'meta is as before')
      same(await tx.count('log', ALL), 0, 'log is as before')
    })
    await storage.write(['meta'], tx => tx.put('meta', ['kept'], 3))
    same(await storage.read(['meta'], tx => tx.get('meta', ['kept'])), 3, 'it may be tried again')
  }),
  law('C2', 'an operation that fails fails the whole, also when the body minds not', async storage => {
    const notNamed = ['log'] as readonly Table[]
    await rejects(
      storage.write(['meta'], async tx => {
        await tx.put('meta', ['a'], 1)
        for (const table of notNamed) await tx.put(table, ['a'], 1).catch(() => undefined)
        return 'fine'
      }),
      'BAD_INPUT',
    )
    same(await storage.read(['meta', 'log'], tx => tx.count('meta', ALL)), 0, 'nothing was written')
  }),
  law('C2', 'what a body asks for and does not wait for is a part of the transaction', async storage => {
    await storage.write(['meta'], async tx => {
      void tx.put('meta', ['a'], 1)
      void tx.put('meta', ['a'], 2)
      void tx.delete('meta', ['b'])
    })
    same(await storage.read(['meta'], tx => tx.get('meta', ['a'])), 2, 'both puts ran, in the order asked')
  }),
  law('C2', 'operations may be taken off their transaction', async storage => {
    await storage.write(['meta'], async tx => {
      const { get, getMany, range, count, put, delete: remove, deleteRange } = { ...tx }
      await put('meta', ['a'], 1)
      await put('meta', ['b'], 2)
      await put('meta', ['c'], 3)
      await remove('meta', ['b'])
      await deleteRange('meta', { prefix: ['c'] })
      same(await get('meta', ['a']), 1, 'get')
      same(await getMany('meta', [['a'], ['b']]), [1, undefined], 'getMany')
      same(await range('meta', ALL), [{ key: ['a'], value: 1 }], 'range')
      same(await count('meta', ALL), 1, 'count')
    })
  }),
  law('C2', 'after its end a transaction is closed', async storage => {
    let late: WriteTransaction | undefined
    await storage.write(['meta'], async tx => {
      late = tx
      await tx.get('meta', ['a'])
    })
    await rejects(() => late?.put('meta', ['a'], 1), 'CLOSED')
    same(await storage.read(['meta'], tx => tx.count('meta', ALL)), 0, 'nothing was written')
  }),
  law('C3', 'writes run one after the other, across tabs too', async (first, open) => {
    const second = await open()
    const add = (storage: Storage): Promise<void> =>
      storage.write(['meta'], async tx => {
        const before = await tx.get('meta', ['sum'])
        await tx.get('meta', ['other'])
        await tx.put('meta', ['sum'], (typeof before === 'number' ? before : 0) + 1)
      })
    await Promise.all(Array.from({ length: 40 }, (_, i) => add(i % 2 === 0 ? first : second)))
    same(await first.read(['meta'], tx => tx.get('meta', ['sum'])), 40, 'no addition is lost')
    await second.close()
  }),
  law('C3', 'a reader sees all of a write or none of it', async (first, open) => {
    const second = await open()
    const writes = (async () => {
      for (let i = 1; i <= 30; i++)
        await first.write(['meta', 'log'], async tx => {
          await tx.put('meta', ['a'], i)
          await tx.put('log', ['b'], i)
        })
    })()
    for (let i = 0; i < 30; i++) {
      const seen = await second.read(['meta', 'log'], async tx => [
        await tx.get('meta', ['a']),
        await tx.get('log', ['b']),
        await tx.get('meta', ['a']),
      ])
      must(new Set(seen).size === 1, `one moment, not several: ${canonical(seen.map(value => value ?? null))}`)
    }
    await writes
    await second.close()
  }),
  law('C3', 'what a write resolved to is there for whoever reads or opens next', async (first, open) => {
    const second = await open()
    await first.write(['meta'], tx => tx.put('meta', ['a'], 1))
    same(await second.read(['meta'], tx => tx.get('meta', ['a'])), 1, 'in another tab')
    await first.close()
    await second.close()
    const third = await open()
    same(await third.read(['meta'], tx => tx.get('meta', ['a'])), 1, 'after a restart')
    await third.close()
  }),
  law('CL-02', 'close lets what was asked finish, and refuses the rest', async storage => {
    const asked = storage.write(['meta'], tx => tx.put('meta', ['a'], 1))
    const closing = storage.close()
    await rejects(
      storage.read(['meta'], tx => tx.get('meta', ['a'])),
      'CLOSED',
    )
    await asked
    await closing
    await storage.close()
    await rejects(
      storage.write(['meta'], async () => undefined),
      'CLOSED',
    )
  }),
  law('CL-16', 'after destroy nothing is left, and other tabs are closed', async (first, open) => {
    const second = await open()
    await first.write([...TABLES], async tx => {
      for (const table of TABLES) await tx.put(table, ['secret'], new Uint8Array([1, 2, 3]))
    })
    await second.read(['meta'], tx => tx.get('meta', ['secret']))
    await first.destroy()
    await rejects(
      second.write(['meta'], tx => tx.put('meta', ['secret'], 1)),
      'CLOSED',
    )
    await rejects(
      first.read(['meta'], tx => tx.get('meta', ['secret'])),
      'CLOSED',
    )
    await second.close()
    const third = await open()
    const counts = await third.read([...TABLES], tx => Promise.all(TABLES.map(table => tx.count(table, ALL))))
    same(
      counts,
      TABLES.map(() => 0),
      'rows left',
    )
    await third.write(['meta'], tx => tx.put('meta', ['a'], 1))
    same(await third.read(['meta'], tx => tx.get('meta', ['a'])), 1, 'the next user can write')
    await third.destroy()
    await third.destroy()
  }),
  law('CL-02', 'estimate and persist answer', async storage => {
    const { usage, quota, persisted } = await storage.estimate()
    must(usage === undefined || usage >= 0, 'usage is bytes or unknown')
    must(quota === undefined || quota >= 0, 'quota is bytes or unknown')
    must(typeof persisted === 'boolean', 'persisted is known')
    must(typeof (await storage.persist()) === 'boolean', 'persist answers')
  }),
  law('CR-16', 'ten thousand rows in one transaction, in any order', async storage => {
    const count = 10_000
    await storage.write(['rows'], async tx => {
      // 7,919 is prime: every row comes once, far from the one before.
      for (let i = 0; i < count; i++) void tx.put('rows', ['n', (i * 7919) % count], { i })
      await tx.deleteRange('rows', { prefix: ['n'], from: ['n', 4000], before: ['n', 6000] })
    })
    await storage.read(['rows'], async tx => {
      same(await tx.count('rows', { prefix: ['n'] }), count - 2000, 'count')
      const page = await tx.range('rows', { prefix: ['n'], after: ['n', 3998], limit: 3 })
      same(
        page.map(row => row.key[1]),
        [3999, 6000, 6001],
        'a page',
      )
      const newest = await tx.range('rows', { prefix: ['n'], reverse: true, limit: 2 })
      same(
        newest.map(row => row.key[1]),
        [count - 1, count - 2],
        'the last',
      )
    })
  }),
]

function law(
  rule: string,
  title: string,
  check: (storage: Storage, open: () => Promise<Storage>) => Promise<void>,
): Law<MakeStoragePlace> {
  return {
    rule,
    title,
    async check(make) {
      const place = await make()
      const storage = await place.open()
      try {
        await check(storage, async () => place.open())
      } finally {
        await storage.destroy()
      }
    },
  }
}

/** Rows whose value is their key, as a list. */
function fill(storage: Storage, keys: readonly Key[]): Promise<void> {
  return storage.write(['index'], async tx => {
    for (const key of keys) await tx.put('index', key, [...key])
  })
}

/** What a range gives by the letter of the port, on `ORDERED`. */
function expectedIn(range: KeyRange): Key[] {
  const { prefix = [], from, after, before, limit = Infinity } = range
  const within = ORDERED.filter(
    key =>
      prefix.every((part, i) => key[i] === part) &&
      (from === undefined || compareKeys(key, from) >= 0) &&
      (after === undefined || compareKeys(key, after) > 0) &&
      (before === undefined || compareKeys(key, before) < 0),
  )
  return (range.reverse ? within.toReversed() : within).slice(0, limit)
}

function shuffled(keys: readonly Key[]): Key[] {
  return keys.map((_, i) => keys[(i * 29) % keys.length] ?? [])
}

function show(key: Key): string {
  return canonical([...key])
}
