// A relay whose store does not answer, and one whose store has another time.
import { JoineryError, stampOf, type Store } from '@joinery/core'
import { CLOSE } from '@joinery/core/protocol'
import { memoryStore, virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { createStoreWatch } from '../src/store-watch.ts'
import { visitor } from './door/visitor.ts'
import { rig, type, update, writer, type Rig } from './rig.ts'

/** A store that can be out of reach: then it answers nothing, or no. */
function remote(): { store: Store; reach(how: 'yes' | 'no' | 'never'): void } {
  const store = memoryStore()
  let reached: 'yes' | 'no' | 'never' = 'yes'
  const reachable = async (): Promise<void> => {
    if (reached === 'no') throw new JoineryError('UNAVAILABLE')
    if (reached === 'never') await new Promise(() => undefined)
  }
  return {
    store: {
      ...store,
      head: async space => (await reachable(), store.head(space)),
      commit: async spaces => (await reachable(), store.commit(spaces)),
    },
    reach: how => void (reached = how),
  }
}

for (const how of ['no', 'never'] as const) {
  test(`[MN-06] who does not reach the store sends everybody away after 5 s, and takes them when it does (${how})`, async () => {
    const { store, reach } = remote()
    const w = rig({ store })
    const [phone, guest] = [await w.device('ada', 'phone'), visitor(w, 'team/d')]
    guest.step1()
    await w.rest(2_000)
    reach(how)
    await w.rest(4_000)
    expect([phone.closed, guest.closed, w.relay.ready()]).toEqual([[], [], true])
    await w.rest(2_000)
    expect(phone.closed).toEqual([{ code: CLOSE.RESTART, reason: 'UNAVAILABLE' }])
    expect(phone.of('bye')).toMatchObject([{ code: 'UNAVAILABLE' }])
    expect(guest.closed).toMatchObject([{ code: CLOSE.RESTART }])
    expect(w.relay.ready()).toBe(false)
    expect((await w.device('ada', 'phone')).closed).toMatchObject([{ code: CLOSE.RESTART }])
    const late = visitor(w, 'team/d')
    await w.rest()
    expect(late.closed).toMatchObject([{ code: CLOSE.RESTART }])
    reach('yes')
    await w.rest(2_000)
    expect(w.relay.ready()).toBe(true)
    const [again, visiting] = [await w.device('ada', 'phone'), visitor(w, 'team/d')]
    visiting.step1()
    await w.rest(10_000)
    expect([again.closed, again.of('welcome').length, visiting.closed]).toEqual([[], 1, []])
    w.relay.close()
  })
}

test('[MN-06] a store that says no to one question is there', async () => {
  const store = memoryStore()
  const w = rig({ store: { ...store, head: () => Promise.reject(new JoineryError('QUOTA')) } })
  const phone = await w.device('ada', 'phone')
  await w.rest(20_000)
  expect(phone.closed).toEqual([])
  w.relay.close()
})

test('[MN-13] nodes whose clocks differ judge stamps by the time of their store', async () => {
  for (const skew of [-600_000, 600_000]) {
    const store = memoryStore()
    let told = false
    const w: Rig = rig({
      store: {
        ...store,
        async time() {
          told = true
          return w.clock.now() + skew
        },
      },
    })
    const phone = await w.device('ada', 'phone')
    expect(phone.of('welcome')).toEqual([])
    await w.rest(1_000)
    expect(told).toBe(true)
    expect(phone.of('welcome')[0]?.wall).toBe(w.clock.now() + skew)
    const there = w.clock.now() + skew
    const { edit } = writer(7)
    phone.say({ type: 'watch', space: 'me', cursor: undefined })
    const entries = [there + 100_000, there + 130_000].map((at, i) =>
      update(
        i + 1,
        `d${skew}`,
        edit(doc => void doc.getMap('m').set('k', [stampOf(at, 0), 'v'])),
      ),
    )
    phone.say({ type: 'push', space: 'me', entries })
    await w.rest(100)
    expect(phone.of('ack').flatMap(({ entries }) => entries.map(({ n }) => n))).toEqual([1])
    expect(phone.of('refused')).toMatchObject([{ n: 2, code: 'STAMP_AHEAD' }])
    w.relay.close()
  }
})

test('[MN-13] a node whose clock drifts is set right also while it is never quiet', async () => {
  const store = memoryStore()
  let drift = 0
  const clockOf = { now: () => 0 }
  const w = rig({ store: { ...store, time: async () => clockOf.now() + drift } })
  clockOf.now = w.clock.now
  const phone = await w.device('ada', 'phone')
  await w.rest(1_000)
  phone.say({ type: 'watch', space: 'me', cursor: undefined })
  drift = 3_000
  const { edit } = writer(7)
  for (let n = 1; n <= 130; n++) {
    phone.say({ type: 'push', space: 'me', entries: [update(n, 'd', edit(type('x')))] })
    await w.rest(500)
  }
  expect(phone.of('ack').flatMap(({ entries }) => entries)).toHaveLength(130)
  phone.say({ type: 'time', id: 1 })
  await w.rest()
  expect(phone.of('clock')[0]?.wall).toBe(w.clock.now() + drift)
  w.relay.close()
})

test('[MN-13] what the store says of its time is worth as much as it was quick, and no slow answer takes the place of a quick one', async () => {
  const store = memoryStore()
  const there = 3_000
  let slow = 2_000
  const w: Rig = rig({
    store: {
      ...store,
      async time() {
        const now = w.clock.now() + there
        // All of the time goes by on the way back.
        if (slow > 0) await new Promise<void>(resolve => void w.clock.after(slow, resolve))
        return now
      },
    },
  })
  const phone = await w.device('ada', 'phone')
  const wrongBy = async (): Promise<number> => {
    phone.forget()
    phone.say({ type: 'time', id: 1 })
    await w.rest()
    return Math.abs((phone.of('clock')[0]?.wall ?? Infinity) - w.clock.now() - there)
  }
  await w.rest(3_000)
  expect(phone.of('welcome')).toHaveLength(1)
  // The only one there is: half of the way is allowed for, and a better one is asked for soon.
  expect(await wrongBy()).toBe(1_000)
  slow = 20
  await w.rest(4_000)
  expect(await wrongBy()).toBe(10)
  slow = 2_000
  await w.rest(300_000)
  expect(await wrongBy()).toBe(10)
  w.relay.close()
})

test('[MN-13] the time that the store told is one in whole ms, however long its way was', async () => {
  const clock = virtualClock({ settle: () => new Promise(resolve => setImmediate(resolve)) })
  const time = async (): Promise<number> => {
    await new Promise<void>(resolve => void clock.after(5, resolve))
    return clock.now() + 3_000
  }
  const nothing = (): void => undefined
  const store = { head: async () => undefined, time }
  const watch = createStoreWatch({ store, clock, wanted: () => true, lost: nothing, back: nothing })
  await clock.advance(1_010)
  await watch.told
  expect(watch.clock.now() - clock.now()).toBe(3_003)
  watch.close()
})

test('[MN-13] a clock that was set meanwhile is followed also when the store answers slowly', async () => {
  const store = memoryStore()
  let there = 3_000
  let slow = 20
  const w: Rig = rig({
    store: {
      ...store,
      async time() {
        const now = w.clock.now() + there
        await new Promise<void>(resolve => void w.clock.after(slow, resolve))
        return now
      },
    },
  })
  const phone = await w.device('ada', 'phone')
  await w.rest(3_000)
  expect(phone.of('welcome')).toHaveLength(1)
  const wrongBy = async (): Promise<number> => {
    phone.forget()
    phone.say({ type: 'time', id: 1 })
    await w.rest()
    return Math.abs((phone.of('clock')[0]?.wall ?? Infinity) - w.clock.now() - there)
  }
  expect(await wrongBy()).toBe(10)
  slow = 400
  for (const step of [180_000, -180_000]) {
    there += step
    await w.rest(65_000)
    expect(await wrongBy()).toBe(200)
  }
  w.relay.close()
})
