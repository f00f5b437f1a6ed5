/** Nobody's payload keeps the others waiting: what is read and written between two turns is bounded, whatever a message brings. */
import type { Store } from '@joinery/core'
import { memoryStore } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import * as craft from '../../../core/test/gate/craft.ts'
import type { Scanned } from '../../src/gate/gate.ts'
import { yjsGate } from '../../src/index.ts'
import { rig, type, update, writer } from '../rig.ts'

test('[T4] what is small is written while something large of another document is still being scanned', async () => {
  let release = (): void => undefined
  const scanLarge = (_engine: string, bytes: Uint8Array): Promise<Scanned> =>
    new Promise(resolve => (release = () => resolve(yjsGate().scan(bytes))))
  const { device, rest } = rig({ limits: { inlineScanBytes: 1_000 }, scanLarge })
  const ann = await device('ann', 'phone')
  ann.say({ type: 'push', space: 'me', entries: [update(1, 'd', writer(1).edit(type('x'.repeat(5_000))))] })
  await rest(100)
  ann.say({ type: 'push', space: 'me', entries: [update(2, 'e', writer(2).edit(type('y')))] })
  await rest(100)
  expect(ann.of('ack')).toMatchObject([{ entries: [{ n: 2 }] }])
  release()
  await rest(100)
  expect(ann.of('ack').flatMap(({ entries }) => entries.map(({ n }) => n))).toEqual([2, 1])
})

test('[T2] [CR-02] a message of many that are small enough each is scanned in turns, in order, and written', async () => {
  let turns = 0
  const turn = (): Promise<void> => {
    turns += 1
    return new Promise(resolve => void setImmediate(resolve))
  }
  const { device, rest } = rig({ turn })
  const ann = await device('ann', 'phone')
  const w = writer(1)
  const entries = Array.from({ length: 30 }, (_, at) => update(at + 1, 'd', w.edit(type('x'.repeat(30_000)))))
  turns = 0
  ann.say({ type: 'push', space: 'garden', entries })
  for (let i = 0; i < 100; i++) await rest(10)
  expect(ann.of('refused')).toEqual([])
  expect(ann.of('ack').flatMap(({ entries }) => entries.map(({ n }) => n))).toEqual(entries.map(({ n }) => n))
  // 900 KB of them, 64 KiB and the last of them between two turns.
  expect(turns).toBeGreaterThanOrEqual(10)
})

test('[CR-06] a commit moves so many heads of authors and no more, and what is left comes with the next', async () => {
  const sizes: number[] = []
  const store = memoryStore()
  const commit: Store['commit'] = spaces => {
    sizes.push(
      spaces.reduce((sum, { entries }) => sum + entries.reduce((heads, { authors }) => heads + authors.length, 0), 0),
    )
    return store.commit(spaces)
  }
  const { device, rest } = rig({ store: { ...store, commit }, limits: { batchAuthors: 100 } })
  const ann = await device('ann', 'phone')
  const crowd = (n: number, count: number): Uint8Array =>
    craft.update(
      Array.from({ length: count }, (_, at) => ({
        author: n * 1_000 - at,
        clock: 0,
        structs: [craft.item(craft.text('x'))],
      })),
    )
  const entries = [40, 40, 40, 300, 1, 1].map((count, at) => update(at + 1, `d${at}`, crowd(at + 1, count)))
  ann.say({ type: 'push', space: 'garden', entries })
  for (let i = 0; i < 20; i++) await rest(10)
  expect(ann.of('refused')).toEqual([])
  // What is small goes with the first; one update may be more by itself.
  expect(sizes).toEqual([82, 40, 300])
})
