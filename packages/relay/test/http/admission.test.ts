/** Who may come in, and when, by itself on virtual time. */
import { seededRandom, virtualClock } from '@joinery/core/testing'
import { describe, expect, test } from 'vitest'
import { createAdmission, type Later, type Place } from '../../src/http/admission.ts'
import { createCounters, RELAY_LIMITS, type RelayLimits } from '../../src/index.ts'

interface Asker {
  readonly address: string
  place: Place | undefined
  later: Later | undefined
  at: number
  /** It does not want to any more. */
  goes(): void
}

function rig(limits: Partial<RelayLimits> = {}, late = 0) {
  const turned = virtualClock()
  const clock: typeof turned = { ...turned, after: (ms, run) => turned.after(ms + late, run) }
  const counters = createCounters()
  const admission = createAdmission({
    clock,
    random: seededRandom(1),
    counters,
    limits: { ...RELAY_LIMITS, ...limits },
  })
  const ask = (address = '192.0.2.1'): Asker => {
    const asker: Asker = { address, place: undefined, later: undefined, at: 0, goes: () => {} }
    const goes = admission.ask(address, place => {
      expect([asker.place, asker.later]).toEqual([undefined, undefined])
      asker.at = clock.monotonic()
      if (typeof place === 'number') asker.later = place
      else asker.place = place
    })
    return Object.assign(asker, { goes })
  }
  const herd = (count: number, address = (at: number): string => `192.0.2.${at % 250}`): Asker[] =>
    Array.from({ length: count }, (_, at) => ask(address(at)))
  return { clock, admission, ask, herd, counted: (name: string) => counters.read().get(name) ?? 0 }
}

const inside = (askers: readonly Asker[]): number => askers.filter(({ place }) => place !== undefined).length
const refused = (askers: readonly Asker[]): Asker[] => askers.filter(({ later }) => later !== undefined)

describe('[WS-17] a herd', () => {
  test('of 2,000 comes in at a bounded number a second, and nobody of it is sent away', async () => {
    const { clock, herd } = rig()
    const all = herd(2_000)
    expect(inside(all)).toBe(RELAY_LIMITS.admissionBurst)
    await clock.advance(500)
    expect(inside(all)).toBeLessThanOrEqual(RELAY_LIMITS.admissionBurst + RELAY_LIMITS.admissionsPerSecond / 2)
    expect(inside(all)).toBeGreaterThan(RELAY_LIMITS.admissionsPerSecond / 3)
    await clock.advance(1_500)
    expect([inside(all), refused(all).length]).toEqual([2_000, 0])
  })

  test('of stubborn ones, who ask again as soon as they are sent away, is let in no quicker', async () => {
    const { clock, ask } = rig({ admissionsPerSecond: 100, admissionBurst: 10, waitingConnections: 50 })
    const insideAt: number[] = []
    let asked = 0
    let all: Asker[] = Array.from({ length: 500 }, () => ask())
    for (let second = 0; second < 5; second++) {
      for (let time = 0; time < 10; time++) {
        all = all.map(asker => (asker.later === undefined ? asker : ((asked += 1), ask())))
        await clock.advance(100)
      }
      insideAt.push(inside(all))
    }
    expect(asked).toBeGreaterThan(10_000)
    const eachSecond = insideAt.map((count, second) => count - (insideAt[second - 1] ?? 10))
    for (const count of eachSecond) expect(count).toBeLessThanOrEqual(101)
    expect(insideAt.at(-1)).toBe(500)
  })

  test('waits in a bounded queue; who is sent away is told a time that chance says', async () => {
    const { clock, herd, counted } = rig()
    const all = herd(5_000)
    expect(inside(all)).toBe(100)
    const away = refused(all)
    expect(away).toHaveLength(5_000 - 100 - RELAY_LIMITS.waitingConnections)
    expect(counted('not-admitted.queue')).toBe(away.length)
    const times = new Map<number, number>()
    for (const { later = 0 } of away) times.set(later, (times.get(later) ?? 0) + 1)
    expect(new Set(times.keys())).toEqual(new Set([1, 2, 3, 4, 5]))
    for (const count of times.values()) expect(count).toBeGreaterThan(away.length / 10)
    // Within less than an honest client waits for its welcome.
    await clock.advance(3_000)
    expect(inside(all)).toBe(4_100)
  })

  test('is not overtaken by who comes later, in the moment when there is room for one', async () => {
    const { clock, herd, ask } = rig({ admissionsPerSecond: 100, admissionBurst: 1 }, 20)
    const all = herd(3)
    await clock.advance(25)
    const late = ask()
    expect([inside(all), inside([late])]).toEqual([1, 0])
    await clock.advance(10)
    expect([inside(all), inside([late])]).toEqual([2, 0])
    await clock.advance(100)
    expect(inside([late])).toBe(1)
  })

  test('that comes when all is quiet finds the burst again, and one alone does not wait', async () => {
    const { clock, ask, herd } = rig()
    herd(2_000)
    await clock.advance(3_000)
    expect(inside([ask()])).toBe(1)
    await clock.advance(1_000)
    expect(inside(herd(300))).toBe(100)
  })

  test('of one address does not keep others out: addresses take turns, and the longest row gives way', async () => {
    const { clock, ask, herd } = rig({ admissionsPerSecond: 100, admissionBurst: 10, waitingConnections: 100 })
    const flood = herd(1_000, () => 'flood')
    const [one, two] = [ask('one'), ask('two')]
    expect([one.later, two.later]).toEqual([undefined, undefined])
    await clock.advance(50)
    expect(inside([one, two])).toBe(2)
    expect(refused(flood)).toHaveLength(1_000 - 10 - 100 + 2)
  })

  test('is let in more slowly when there is so much to do that turns come late', async () => {
    const { clock, herd } = rig({ admissionsPerSecond: 1_000, admissionBurst: 500 }, 390)
    const all = herd(2_000)
    await clock.advance(400)
    expect(inside(all)).toBe(520)
    await clock.advance(400)
    expect(inside(all)).toBe(540)
  })
})

describe('[WS-13] places', () => {
  test('are as many as a node has: one more is told to come back, nobody is put out, and one that leaves makes room', async () => {
    const { clock, ask, herd, counted } = rig()
    const all = herd(RELAY_LIMITS.connections + 1)
    await clock.advance(5_000)
    expect([inside(all), counted('not-admitted.full')]).toEqual([4_100, 0])
    const rest = herd(901)
    await clock.advance(5_000)
    expect(inside([...all, ...rest])).toBe(5_000)
    expect([inside(rest), refused(rest).length, counted('not-admitted.full')]).toEqual([900, 1, 1])
    expect(ask().later).toBeGreaterThan(0)
    const [first] = all
    first?.place?.leave()
    first?.place?.leave()
    expect(inside([ask(), ask()])).toBe(1)
  })

  test('of one address are few for those who have not said who they are, and none the fewer for others', async () => {
    const { ask, herd } = rig({ strangersPerAddress: 3, admissionBurst: 100 })
    const silent = herd(3, () => 'one')
    expect(ask('one').later).toBeGreaterThan(0)
    expect(ask('two').place).toBeDefined()
    silent[0]?.place?.known()
    silent[0]?.place?.known()
    expect(ask('one').place).toBeDefined()
    expect(ask('one').later).toBeGreaterThan(0)
    silent[1]?.place?.leave()
    expect(ask('one').place).toBeDefined()
  })

  test('are not for those who have gone meanwhile', async () => {
    const { clock, ask } = rig({ admissionsPerSecond: 100, admissionBurst: 1 })
    const [first, gone, last] = [ask(), ask(), ask()]
    gone.goes()
    await clock.advance(1_000)
    expect([first, gone, last].map(({ place }) => place !== undefined)).toEqual([true, false, true])
  })
})

test('[DU-13] told to stop, it sends away whoever waits, and whoever asks', async () => {
  const { clock, admission, ask, herd, counted } = rig()
  const all = herd(300)
  admission.close()
  expect([inside(all), refused(all).length]).toEqual([100, 200])
  expect(ask().later).toBeGreaterThan(0)
  expect(counted('not-admitted.stopping')).toBe(201)
  await clock.advance(1_000)
  expect(inside(all)).toBe(100)
})
