// A database of many nodes: it keeps the port's laws, and each way a call can fail leaves what it must.
import { expect, test } from 'vitest'
import { digestOf } from '../../src/digest.ts'
import type { CommittedSpace, Store } from '../../src/ports/store.ts'
import { sharedDatabase, type SharedDatabase, type Way } from '../../src/testing/shared-database.ts'
import { storeLaws } from '../../src/testing/store-laws.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

for (const law of storeLaws) {
  test(`[${law.rule}] ${law.title}`, () =>
    law.check(() => {
      const database = sharedDatabase()
      return { open: () => database.connect().store, damage: database.damage }
    }))
}

test('[MN-01] nodes that write at once get seqs without a gap, and nobody reads past one', async () => {
  const clock = virtualClock()
  let ways = 0
  const database = sharedDatabase({ clock })
  const nodes = [1, 2, 3].map(speed =>
    database.connect({ way: () => new Promise(resolve => void clock.after(speed + (++ways % 5), () => resolve())) }),
  )
  const told: (number | undefined)[] = []
  for (let n = 1; n <= 20; n++)
    for (const [at, { store }] of nodes.entries()) void write(store, n, `d${at}`).then(seq => told.push(seq))
  const reader = database.connect().store
  for (let at = 0; at < 1_000; at++) {
    await clock.advance(1)
    const seqs = (await reader.head('a')) === undefined ? [] : (await reader.read('a', 0, 1 << 20)).entries
    expect(seqs.map(({ seq }) => seq)).toEqual(Array.from(seqs, (_, i) => i + 1))
  }
  expect([...told].sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
})

test('a connection that is lost before the commit wrote nothing, and one that is lost behind it wrote all', async () => {
  for (const [at, count] of [
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 1],
  ] as const) {
    // prettier-ignore
    const database = sharedDatabase()
    let ways = 0
    const { store, gone } = database.connect({
      way() {
        if (++ways === at) throw new Error('lost')
      },
    })
    await expect(write(store, 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    gone()
    expect(await entriesOf(database), `lost on way ${at}`).toBe(count)
    expect(await write(database.connect().store, 1)).toBe(1)
  }
})

test('[MN-07] a transaction of a node that stands still is rolled back, and others go on', async () => {
  const clock = virtualClock()
  const database = sharedDatabase({ clock, idleMs: 500 })
  const standing = database.connect({ way: way => stand(way) })
  let ways = 0
  let goOn = (): void => undefined
  const stand = (way: Way): void | Promise<void> => {
    if (++ways === 2 && way === 'back') return new Promise<void>(resolve => (goOn = resolve))
  }
  const late = write(standing.store, 1, 'phone')
  late.catch(() => undefined)
  const others = [2, 3].map(n => write(database.connect().store, n, 'tablet'))
  await clock.advance(499)
  expect(await entriesOf(database)).toBe(0)
  await clock.advance(1)
  expect(await Promise.all(others)).toEqual([1, 2])
  goOn()
  await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(await entriesOf(database)).toBe(2)
})

test('[S1] a commit that has begun ends, whatever becomes of its node', async () => {
  const { database, flush } = slow()
  const node = database.connect()
  void write(node.store, 1).catch(() => undefined)
  await settled()
  node.gone()
  flush(0)
  await settled()
  expect(await entriesOf(database)).toBe(1)
})

test('a database that restarts keeps what was durable and the first of what was not, and tells nobody', async () => {
  for (const keep of [0, 1]) {
    const { database, flush } = slow()
    const asked = [write(database.connect().store, 1), write(database.connect().store, 2, 'tablet', 'b')]
    await settled()
    expect(database.committing()).toBe(2)
    database.crash(keep)
    flush(0)
    flush(1)
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await entriesOf(database)).toBe(keep)
    database.accept(false)
    await expect(database.connect().store.head('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  }
})

test('[MN-09] a failover goes on from the copy and says what it lost; a restored one lives anew', async () => {
  const clock = virtualClock()
  const database = sharedDatabase({ clock, lagMs: () => 100 })
  const told: unknown[] = []
  const { store } = database.connect({ onFatal: error => told.push(error) })
  await write(store, 1)
  await clock.advance(100)
  await write(store, 2)
  await write(store, 3)
  const before = await store.head('a')
  const backup = database.copy()
  expect(database.failover()).toEqual({ lost: 2, since: 100 })
  expect(await entriesOf(database)).toBe(1)
  for (let at = 0; at < 2; at++) await expect(store.head('a')).rejects.toMatchObject({ details: { fatal: true } })
  expect(told.length).toBe(1)
  const next = database.connect().store
  expect((await next.head('a'))?.epoch).toBe(before?.epoch)
  expect(await write(next, 4)).toBe(2)
  await clock.advance(100)
  expect(database.failover().lost).toBe(0)
  expect(await entriesOf(database)).toBe(2)
  database.restore(backup)
  const after = await database.connect().store.head('a')
  expect([after?.seq, after?.mark]).toEqual([before?.seq, before?.mark])
  expect(after?.epoch).not.toBe(before?.epoch)
})

function slow(): { database: SharedDatabase; flush: (at: number) => void } {
  const flushes: (() => void)[] = []
  const database = sharedDatabase({ flush: () => new Promise(resolve => flushes.push(resolve)) })
  return { database, flush: at => flushes[at]?.() }
}

/** Writes one entry, n of a device; the seq that it has. */
async function write(store: Store, n: number, device = 'phone', space = 'a'): Promise<number | undefined> {
  const bytes = Uint8Array.of(n, device.length)
  const [committed]: readonly CommittedSpace[] = await store.commit([
    {
      space,
      entries: [
        {
          type: 'update',
          document: `${device}-${n}`,
          kind: 'note',
          engine: 'yjs',
          at: 1_700_000_000_000,
          device,
          n,
          subject: 'ann',
          bytes,
          digest: digestOf(bytes),
          basedOn: 0,
          authors: [],
        },
      ],
    },
  ])
  const outcome = committed?.outcomes[0]
  return outcome !== undefined && 'seq' in outcome ? outcome.seq : undefined
}

async function entriesOf(database: SharedDatabase): Promise<number> {
  return (await database.copy().connect().store.head('a'))?.seq ?? 0
}

function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
