import { JoineryError } from '@joinery/core'
import { memoryStore, storeDisk, virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { createReadiness, type Readiness, type Verdict } from '../src/readiness.ts'

const SILENT = { info: () => undefined, error: () => undefined }

interface Probed {
  readonly readiness: Readiness
  readonly clock: ReturnType<typeof virtualClock>
  probes(): number
  /** What the next probes come to. */
  turn(outcome: () => Promise<void>): void
}

function probed(): Probed {
  const clock = virtualClock()
  let count = 0
  let outcome = (): Promise<void> => Promise.resolve()
  const disk = storeDisk({
    async step(name, method) {
      if (name !== 'write' || method !== 'probe') return
      count += 1
      await outcome()
    },
  })
  const readiness = createReadiness({ store: memoryStore({ disk }), clock, log: SILENT })
  return { readiness, clock, probes: () => count, turn: next => void (outcome = next) }
}

test('[MN-11] however many ask, the store is asked once a second', async () => {
  const { readiness, clock, probes } = probed()
  expect(await Promise.all(Array.from({ length: 50 }, () => readiness.look()))).toEqual(
    Array.from({ length: 50 }, () => 'ready'),
  )
  await clock.advance(999)
  expect(await readiness.look()).toBe('ready')
  expect(probes()).toBe(1)
  await clock.advance(1)
  expect(await readiness.look()).toBe('ready')
  expect(probes()).toBe(2)
})

test('[DU-05] it is not ready while the store has no room or fails, and ready by itself when it takes commits again', async () => {
  const { readiness, clock, turn } = probed()
  const verdicts: Verdict[] = []
  for (const error of [new JoineryError('QUOTA'), new JoineryError('UNAVAILABLE'), new Error('any'), undefined]) {
    turn(() => (error === undefined ? Promise.resolve() : Promise.reject(error)))
    verdicts.push(await readiness.look())
    await clock.advance(1_000)
  }
  expect(verdicts).toEqual(['full', 'store', 'store', 'ready'])
})

test('[MN-11] a store that does not answer is told of in two seconds, is asked once, and heard when it answers', async () => {
  const { readiness, clock, probes, turn } = probed()
  let answer = (): void => undefined
  turn(() => new Promise(resolve => (answer = resolve)))
  let verdict: Verdict | undefined
  void readiness.look().then(found => (verdict = found))
  await clock.advance(1_999)
  expect(verdict).toBe(undefined)
  await clock.advance(1)
  expect(verdict).toBe('slow')
  // At once.
  expect(await readiness.look()).toBe('slow')
  await clock.advance(60_000)
  expect(await readiness.look()).toBe('slow')
  expect(probes()).toBe(1)
  answer()
  await clock.advance(0)
  expect(await readiness.look()).toBe('ready')
})

test('[DU-13] from when it begins to stop it is not ready, also for who asked before', async () => {
  const { readiness } = probed()
  expect(await readiness.look()).toBe('ready')
  readiness.stop()
  expect(await readiness.look()).toBe('stopping')
  const other = probed()
  let answer = (): void => undefined
  other.turn(() => new Promise(resolve => (answer = resolve)))
  const asked = other.readiness.look()
  await other.clock.advance(0)
  other.readiness.stop()
  answer()
  expect(await asked).toBe('stopping')
})
