import { JoineryError } from '@joinery/core'
import { memoryStore } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { foldWith } from '../../src/index.ts'
import { yjs } from '@joinery/adapters/engines/yjs'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { trialsHere } from '../replay/poison.ts'
import { rig, type as typing, update, writer, type Rig } from '../rig.ts'

/** A watcher of `garden`. */
async function watching(one: Rig, name: string): Promise<Awaited<ReturnType<Rig['device']>>> {
  const device = await one.device(name, `${name}-phone`)
  device.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  return device
}

test('edits that wait for the disk are counted until they are answered, and how long that took', async () => {
  const store = memoryStore()
  let release = (): void => undefined
  const held = new Promise<void>(resolve => (release = resolve))
  const one = rig({ store: { ...store, commit: async spaces => held.then(() => store.commit(spaces)) } })
  const ann = await watching(one, 'ann')
  const edit = writer(1).edit(typing('hello'))
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', edit), update(2, 'e', edit)] })
  await one.rest()
  expect(one.relay.figures()).toMatchObject({ links: 1, watches: 1, queueEntries: 2, queueBytes: 2 * edit.length })
  await one.rest(40)
  release()
  await one.rest()
  expect(one.relay.figures()).toMatchObject({ queueEntries: 0, queueBytes: 0 })
  const { counts, bounds, sum } = one.relay.counters.distribution('ack-seconds')
  expect(counts[bounds.indexOf(0.05)]).toBe(2)
  expect(sum).toBeCloseTo(0.08)
  expect(one.relay.counters.distribution('commit-entries').counts.slice(0, 2)).toEqual([0, 1])
})

test('who does not read is counted as lagging, until he reads', async () => {
  const one = rig({ limits: { sendBuffer: 1_000 } })
  const [ann, bob] = [await watching(one, 'ann'), await watching(one, 'bob')]
  bob.reads(false)
  const writing = writer(1)
  for (const n of [1, 2, 3]) {
    ann.say({ type: 'push', space: 'garden', entries: [update(n, 'd', writing.edit(typing('x'.repeat(900))))] })
    await one.rest()
  }
  expect(one.relay.figures()).toMatchObject({ watches: 2, laggingReaders: 1 })
  bob.reads(true)
  await one.rest(100)
  expect(one.relay.figures().laggingReaders).toBe(0)
})

test('frames and bytes are counted both ways, each that is sent to each', async () => {
  const one = rig()
  const [ann, bob] = [await watching(one, 'ann'), await watching(one, 'bob')]
  const before = new Map(one.relay.counters.read())
  const more = (name: string): number => (one.relay.counters.read().get(name) ?? 0) - (before.get(name) ?? 0)
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', writer(1).edit(typing('hello')))] })
  await one.rest()
  expect(bob.of('changes').at(-1)?.entries).toHaveLength(1)
  // One came; an ack for ann, and the change for both.
  expect([more('frames-in'), more('frames-out')]).toEqual([1, 3])
  expect(more('bytes-in')).toBeGreaterThan(20)
  expect(more('bytes-out')).toBeGreaterThan(60)
})

test('a fold is counted, and its time', async () => {
  const one = rig({
    limits: { foldEntries: 3 },
    fold: async (_, updates) => foldWith(yjs, cryptoRandom(), updates),
  })
  const ann = await watching(one, 'ann')
  const writing = writer(1)
  ann.say({ type: 'push', space: 'garden', entries: [1, 2, 3].map(n => update(n, 'd', writing.edit(typing('x')))) })
  await one.rest(10_000)
  expect(one.relay.counters.read().get('folded')).toBe(1)
  expect(one.relay.counters.distribution('fold-seconds').counts.reduce((sum, count) => sum + count, 0)).toBe(1)
  expect(one.relay.figures().foldsWaiting).toBe(0)
})

test('what waits to be tried in its engine is told, and when it was, no more', async () => {
  const one = rig({ trials: trialsHere(), limits: { replayQuietMs: 5_000 } })
  const ann = await watching(one, 'ann')
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', writer(1).edit(typing('x')))] })
  await one.rest()
  expect(one.relay.figures().replaysWaiting).toBe(1)
  await one.rest(10_000)
  expect(one.relay.figures().replaysWaiting).toBe(0)
})

test('a commit that failed names the connections that it was for', async () => {
  const store = memoryStore()
  let isBroken = true
  const one = rig({
    store: {
      ...store,
      async commit(spaces) {
        if (isBroken) throw new JoineryError('UNAVAILABLE')
        return store.commit(spaces)
      },
    },
  })
  const ann = await watching(one, 'ann')
  const [{ session } = { session: '' }] = ann.of('welcome')
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', writer(1).edit(typing('hello')))] })
  await one.rest()
  isBroken = false
  await one.rest(5_000)
  const failed = one.lines.find(({ event }) => event === 'commit-failed')
  expect(failed?.fields).toMatchObject({ reason: 'UNAVAILABLE', entries: 1, sessions: session })
  expect(session).not.toBe('')
})
