/** What becomes of bytes that a thread dies of, with real threads: they are refused or put aside, and nobody else waits for it. */
import { systemClock } from '@joinery/adapters/clock/system'
import { expect, onTestFinished, test } from 'vitest'
import { createWorkers, type Workers } from '../../src/workers/workers.ts'
import { rig, type as typing, update, writer } from '../rig.ts'
import { served } from '../served.ts'

const LARGE = 'x'.repeat(100_000)

function mortals(): Workers {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const workers = createWorkers({ url: new URL('./mortal-worker.ts', import.meta.url), clock: systemClock(), log })
  onTestFinished(() => workers.close())
  return workers
}

test('[CR-22] [CR-23] an edit that its thread dies of is refused; the thread is replaced, and what others sent is written', async () => {
  const relay = await served({ scanLarge: mortals().scan })
  const [eve, ann] = [await relay.device('eve', 'evil'), await relay.device('ann', 'phone')]
  const [evil, honest] = [writer(5), writer(7)]
  for (let n = 1; n <= 3; n++) {
    eve.push('garden', update(n, 'd', evil.edit(typing(`${LARGE} poison`))))
    ann.push('garden', update(n, 'mine', honest.edit(typing(LARGE))))
    expect(await eve.answer(n)).toBe('BAD_UPDATE')
    expect(await ann.answer(n)).toEqual(expect.any(Number))
  }
  expect(await relay.store.body('garden', 'd')).toEqual([])
  expect(await relay.store.body('garden', 'mine')).toHaveLength(3)
  // The socket stays, and so does the document.
  eve.push('garden', update(4, 'd', writer(6).edit(typing(LARGE))))
  expect(await eve.answer(4)).toEqual(expect.any(Number))
})

test('[CR-27] a document that its loader dies of three times is quarantined with a reason; it can be read, and the rest is served', async () => {
  const limits = { foldEntries: 10, foldQuietMs: 1_000 }
  const one = rig({ fold: mortals().fold, limits })
  const ann = await one.device('ann', 'phone')
  const [bad, good] = [writer(3), writer(4)]
  const push = (n: number, document: string, bytes: Uint8Array): void =>
    ann.say({ type: 'push', space: 'garden', entries: [update(n, document, bytes)] })
  push(1, 'p', bad.edit(typing('poison')))
  for (let n = 2; n <= 12; n++) push(n, 'p', bad.edit(typing('x')))
  for (let n = 13; n <= 24; n++) push(n, 'd', good.edit(typing('x')))
  await one.rest()
  const counted = (name: 'quarantined' | 'fold-failed' | 'folded'): number => one.relay.counters.read().get(name) ?? 0
  // A thread takes its own time to die.
  while (counted('quarantined') === 0 || counted('folded') === 0) await one.rest(1_000)
  expect([counted('fold-failed'), counted('quarantined')]).toEqual([3, 1])
  expect((await one.store.document('garden', 'p'))?.quarantined).toBe('QUARANTINED')
  expect((await one.store.document('garden', 'd'))?.quarantined).toBeUndefined()
  expect(one.lines.filter(({ event }) => event === 'quarantined')).toMatchObject([{ fields: { document: 'p' } }])
  expect(await one.store.body('garden', 'd')).toHaveLength(1)
  ann.forget()
  push(25, 'p', bad.edit(typing('y')))
  push(26, 'd', good.edit(typing('y')))
  ann.say({ type: 'fetch', space: 'garden', document: 'p', before: 0 })
  await one.rest()
  expect(ann.of('refused')).toMatchObject([{ n: 25, code: 'QUARANTINED' }])
  expect(ann.of('ack')).toMatchObject([{ entries: [{ n: 26 }] }])
  expect(ann.of('bodies')[0]?.entries).toHaveLength(12)
})
