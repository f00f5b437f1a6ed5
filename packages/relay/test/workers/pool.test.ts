import { systemClock } from '@joinery/adapters/clock/system'
import { writeRegister, type Clock } from '@joinery/core'
import { emptied, joinUpdates, partsOf } from '@joinery/core/gate'
import { virtualClock } from '@joinery/core/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createPool, type Pool } from '../../src/workers/pool.ts'
import { createWorkers } from '../../src/workers/workers.ts'
import type { Job } from '../../src/workers/jobs.ts'
import { POISON } from '../replay/poison.ts'
import { type as typing, writer } from '../rig.ts'

function pool(more: { timeoutMs?: number; maxWaiting?: number; clock?: Clock } = {}): Pool {
  const url = new URL('./odd-worker.ts', import.meta.url)
  const made = createPool({
    url,
    threads: 1,
    timeoutMs: 5_000,
    memoryMb: 16,
    maxWaiting: 100,
    clock: systemClock(),
    ...more,
  })
  onTestFinished(() => made.close())
  return made
}

const job = (engine: string): Job => ({
  do: 'fold',
  how: 'replay',
  engine,
  bytes: new Uint8Array(0),
  ends: new Uint32Array(0),
})
const fine = { snapshot: new Uint8Array([1]) }

test('[CR-23] a job that breaks its thread is refused, and the next one gets another thread', async () => {
  const threads = pool()
  const results = await Promise.allSettled(
    ['ok', 'exit', 'ok', 'throw', 'ok', 'ok'].map(engine => threads.run(job(engine))),
  )
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
})

test('a thread that had nothing to do for a while ends, and one that is used goes on', async () => {
  const clock = virtualClock()
  const threads = pool({ clock })
  const name = (): Promise<unknown> => threads.run(job('name'))
  const first = await name()
  await clock.advance(20_000)
  expect(await name()).toEqual(first)
  await clock.advance(20_000)
  expect(await name()).toEqual(first)
  await clock.advance(40_000)
  expect(await name()).not.toEqual(first)
})

test('[CR-22] a job that wants too much memory is ended, and this process is not', async () => {
  const threads = pool()
  await expect(threads.run(job('heap'))).rejects.toMatchObject({ code: 'TOO_LARGE', details: { budget: 'memory' } })
  expect(await threads.run(job('ok'))).toEqual(fine)
})

test('[T2] a job that takes too long is ended', async () => {
  const threads = pool({ timeoutMs: 1_000 })
  await expect(threads.run(job('hang'))).rejects.toMatchObject({ code: 'TOO_LARGE', details: { budget: 'time' } })
  expect(await threads.run(job('ok'))).toEqual(fine)
})

test('[T3] what waits is bounded, and being busy is no verdict', async () => {
  const threads = pool({ maxWaiting: 2 })
  const running = Array.from({ length: 5 }, () => threads.run(job('ok')).catch((error: unknown) => error))
  const results = await Promise.all(running)
  expect(results.map(result => (result instanceof Error ? Reflect.get(result, 'code') : 'done'))).toEqual([
    'done',
    'done',
    'done',
    'UNAVAILABLE',
    'UNAVAILABLE',
  ])
})

test('what waits when it closes is refused', async () => {
  const threads = pool()
  const waiting = [threads.run(job('hang')), threads.run(job('ok'))].map(one =>
    one.catch((error: unknown) => Reflect.get(Object(error), 'code')),
  )
  await threads.close()
  expect(await Promise.all(waiting)).toEqual(['CLOSED', 'CLOSED'])
})

test("[T2] the relay's own thread scans and folds, again and again", async () => {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const workers = createWorkers({
    url: new URL('../../src/main-worker.ts', import.meta.url),
    clock: systemClock(),
    log: silent,
  })
  onTestFinished(() => workers.close())
  const w = writer(1)
  const updates = [w.edit(typing('x'.repeat(100_000))), w.edit(typing('y'))]
  for (const bytes of updates) expect(await workers.scan('yjs', bytes)).toMatchObject({ ok: true })
  expect(await workers.scan('yjs', new Uint8Array([9, 9]))).toMatchObject({ ok: false, code: 'BAD_UPDATE' })
  expect((await workers.fold('yjs', updates))?.length).toBeGreaterThan(100_000)
  expect(await workers.fold('none', [])).toBeUndefined()
  const command = writeRegister({ turn: 1, at: 1, by: 'ann', n: 1, value: {} })
  expect(await workers.fold('register', [command])).toEqual(command)
  expect(await workers.fold('automerge', [new Uint8Array(1)], 'join')).toBeUndefined()
  expect(await workers.fold('yjs', updates, 'join')).toEqual(joinUpdates(updates))
  await expect(workers.fold('yjs', [updates[0]!.slice(1)], 'join')).rejects.toThrow('cannot be read')
  const whole = await workers.join.join(updates)
  expect(whole.update).toEqual(joinUpdates(updates))
  expect(whole.parts).toEqual(partsOf(whole.update))
  const rest = await workers.join.join(updates, new Uint8Array([1, 1, 5]))
  expect(partsOf(rest.update)?.runs).toMatchObject([{ author: 1, from: 5, to: 100_001 }])
  expect(await workers.join.lacking(updates.slice(1), updates[0]!)).toEqual(updates[0])
  expect(await workers.join.lacking(updates, updates[0]!)).toBeUndefined()
  await expect(workers.join.join([updates[0]!.slice(1)])).rejects.toThrow('cannot be read')
  await expect(workers.fold('yjs', [updates[1]!])).rejects.toMatchObject({ code: 'GAP' })
  const { map, value, run, split, trigger } = POISON
  expect(await workers.try('yjs', [map, value, run], 1, true)).toMatchObject({ trial: 'fine' })
  expect(await workers.try('yjs', [map, value, run, split, trigger], 3, false)).toMatchObject({ trial: 'throws' })
  expect(await workers.try('none', [map], 0, false)).toBeUndefined()
  expect(await workers.empty('yjs', [split, trigger], 'clocks')).toEqual([emptied(split, 'clocks'), new Uint8Array(2)])
  expect(await workers.empty('automerge', [map], 'clocks')).toBeUndefined()
  expect([await workers.leans('yjs', value, map), await workers.leans('yjs', trigger, split)]).toEqual([true, false])
})
