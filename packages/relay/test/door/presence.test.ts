// Who is in a document, by whatever way they came: carets at the door and presences of links are the same people.
import type { Presence } from '@joinery/core/protocol'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '@joinery/core/testing'
import { rig, type Device, type Rig } from '../rig.ts'
import { visitor, type Visitor } from './visitor.ts'

async function inside(at: Rig, name = 'ann', document = 'plan'): Promise<Visitor> {
  const one = visitor(at, `team/${document}`, name)
  one.step1()
  await at.rest()
  return one
}

async function watching(at: Rig, name: string, device = 'phone'): Promise<Device> {
  const one = await at.device(name, device)
  one.say({ type: 'watch', space: 'team', cursor: undefined })
  await at.rest()
  return one
}

function show(device: Device, clock: number, state: unknown, document = 'plan'): void {
  const json = state === undefined ? undefined : JSON.stringify(state)
  device.say({ type: 'presence', space: 'team', document, session: '', subject: '', clock, state: json })
}

/** As the SDK's editor binding shows a caret. */
function caret(client: number, clock: number, state: unknown): unknown {
  return { client, clock, json: JSON.stringify(state) }
}

const CURSOR = { anchor: { type: null, tname: 'body', item: null, assoc: 0 }, head: { type: null, tname: 'body', item: null, assoc: 0 } } // prettier-ignore
const ANN = { user: { name: 'Ann', color: '#b4532a' }, cursor: CURSOR }

const lastOf = (one: Visitor, client: number): unknown =>
  one
    .of('awareness')
    .filter(({ states }) => states.has(client))
    .at(-1)
    ?.states.get(client)?.state

const tabsOf = (presence: Presence | undefined): unknown => JSON.parse(presence?.state ?? 'null')

describe('links and the door see each other', () => {
  test('[P120] a caret of an SDK editor is the same caret at the door, moves, and goes with its session', async () => {
    const at = rig()
    const ann = await watching(at, 'ann')
    const bob = await inside(at, 'bob')
    show(ann, 1, { tab: caret(77, 3, ANN) })
    await at.rest(200)
    expect(lastOf(bob, 77)).toEqual(ANN)
    bob.forget()
    show(ann, 2, { tab: caret(77, 4, { ...ANN, cursor: null }) })
    await at.rest(200)
    expect(lastOf(bob, 77)).toEqual({ ...ANN, cursor: null })
    // Who comes later is told, and so is who comes when nobody was at the door.
    expect(lastOf(await inside(at, 'cid'), 77)).toEqual({ ...ANN, cursor: null })
    ann.breaks()
    await at.rest(200)
    expect(lastOf(bob, 77)).toBeNull()
  })

  test('[P120] who was there by a link before anybody came to the door is there', async () => {
    const at = rig()
    const ann = await watching(at, 'ann')
    show(ann, 1, { tab: caret(77, 3, ANN) })
    await at.rest(200)
    expect(lastOf(await inside(at, 'bob'), 77)).toEqual(ANN)
    expect((await inside(at, 'bob', 'other')).of('awareness')).toEqual([])
  })

  test('[P120] a caret at the door is the caret of an SDK editor, with the subject that the relay knows, and goes when it ends', async () => {
    const at = rig()
    const ann = await watching(at, 'ann')
    const bob = await inside(at, 'bob')
    ann.forget()
    bob.awareness([9, 1, { ...ANN, user: { name: 'Bob' } }])
    await at.rest(100)
    const [shown] = ann.of('presence')
    expect(shown).toMatchObject({ space: 'team', document: 'plan', subject: 'bob' })
    expect(Object.values(tabsOf(shown) as object)).toEqual([caret(9, 1, { ...ANN, user: { name: 'Bob' } })])
    const late = await watching(at, 'dan', 'tablet')
    expect(late.of('presence').map(({ session, state }) => [session, state])).toEqual([[shown?.session, shown?.state]])
    ann.forget()
    // The last one out.
    bob.breaks()
    await at.rest(100)
    expect(ann.of('presence').map(({ session, state }) => [session, state])).toEqual([[shown?.session, undefined]])
  })

  test('[P120] what an app shows that is no caret is somebody with a name, under an id that stays', async () => {
    const at = rig()
    const ann = await watching(at, 'ann')
    const bob = await inside(at, 'bob')
    show(ann, 1, { one: { reading: 'page 3' }, two: 'nothing of use' })
    await at.rest(200)
    const first = bob.of('awareness').at(-1)?.states ?? new Map()
    expect([...first.values()].map(({ state }) => state as unknown)).toEqual([
      { user: { name: 'ann' }, reading: 'page 3' },
    ])
    show(ann, 2, { one: { reading: 'page 4' } })
    await at.rest(200)
    expect([...(bob.of('awareness').at(-1)?.states.keys() ?? [])]).toEqual([...first.keys()])
    // Stock clients take whoever is not heard of for 30 s to be gone.
    bob.forget()
    await at.rest(60_000)
    const [client] = [...first.keys()] as number[]
    const heard = bob.of('awareness').filter(({ states }) => states.has(client ?? 0))
    expect(heard.length).toBeGreaterThanOrEqual(3)
    expect(heard.at(-1)?.states.get(client ?? 0)?.state).toEqual({ user: { name: 'ann' }, reading: 'page 4' })
  })

  test('[CR-21] nobody at the door takes an id from a link, nor a link one from the door', async () => {
    const at = rig()
    const ann = await watching(at, 'ann')
    const [bob, cid] = [await inside(at, 'bob'), await inside(at, 'cid')]
    bob.awareness([9, 1, { user: { name: 'Bob' } }])
    show(ann, 1, { tab: caret(77, 3, ANN) })
    await at.rest(200)
    bob.awareness([77, 2 ** 45, { user: { name: 'not Ann' } }])
    show(ann, 2, { tab: caret(77, 4, ANN), other: caret(9, 99, { user: { name: 'not Bob' } }) })
    await at.rest(200)
    expect(lastOf(cid, 77)).toEqual(ANN)
    expect(lastOf(cid, 9)).toEqual({ user: { name: 'Bob' } })
  })

  test('[CR-21] what is no state, or too large, is not told, and of what only fits without the rest, name and caret are', async () => {
    const at = rig()
    const ann = await watching(at, 'ann')
    const bob = await inside(at, 'bob')
    ann.forget()
    bob.awareness([9, 1, { ...ANN, notes: 'x'.repeat(3_500) }])
    bob.awareness([10, 1, { ...ANN, notes: '"'.repeat(1_000), user: { name: '"'.repeat(700) } }])
    await at.rest(100)
    const told = ann.of('presence').filter(({ state }) => state !== undefined)
    expect(told).toHaveLength(2)
    expect(JSON.stringify(told[1])).not.toContain('notes')
    bob.forget()
    for (const [clock, state] of [
      7,
      null,
      [],
      { t: 1 },
      { t: caret(-1, 1, {}) },
      { t: { client: 5, clock: 1, json: '{' } },
    ].entries()) {
      show(ann, clock + 1, state)
    }
    await at.rest(200)
    // Only what an app might show otherwise.
    for (const { states } of bob.of('awareness')) {
      for (const { state } of states.values()) expect(state).toMatchObject({ user: { name: 'ann' } })
    }
    expect(at.fatal).toEqual([])
  })

  test('[AU-12] a viewer at the door is seen by everybody and sees everybody', async () => {
    const store = memoryStore()
    await store.admit('team', 'ann', 'owner')
    await store.admit('team', 'vic', 'viewer')
    const at = rig({ store, openToAll: false })
    const ann = await watching(at, 'ann')
    const vic = await inside(at, 'vic')
    ann.forget()
    vic.awareness([9, 1, { user: { name: 'Vic' } }])
    show(ann, 1, { tab: caret(77, 3, ANN) })
    await at.rest(200)
    expect(ann.of('presence').map(({ subject }) => subject)).toEqual(['vic'])
    expect(lastOf(vic, 77)).toEqual(ANN)
  })

  test('[T3] nothing is made for links when none watches, and nothing is stored', async () => {
    const at = rig()
    const bob = await inside(at, 'bob')
    bob.awareness([9, 1, ANN])
    await at.rest(100)
    const ann = await watching(at, 'ann')
    expect(ann.of('presence').map(({ subject }) => subject)).toEqual(['bob'])
    expect(await at.store.head('team')).toMatchObject({ seq: 0 })
  })
})

describe('awareness', () => {
  test('[P119] [CR-21] fifty clients, one cursor move, and all of them repeat it: fifty frames, made once', async () => {
    const at = rig()
    const all: Visitor[] = []
    for (let i = 0; i < 50; i++) all.push(await inside(at, `p${i}`))
    const [first, ...others] = all as [Visitor, ...Visitor[]]
    for (const one of all) one.frames.length = 0
    first.awareness([1, 1, { cursor: 1 }])
    await at.rest(50)
    // As stock clients do with all they hear.
    for (const one of others) one.awareness([1, 1, { cursor: 1 }])
    await at.rest(1_000)
    expect(all.map(({ frames }) => frames.length)).toEqual(all.map(() => 1))
    expect(new Set(all.flatMap(({ frames }) => frames)).size).toBe(1)
  })

  test('[P119] that somebody is still where he was goes out later, with what else there is, and in time', async () => {
    const at = rig()
    const all: Visitor[] = []
    for (let i = 0; i < 10; i++) all.push(await inside(at, `p${i}`))
    for (const [i, one] of all.entries()) one.awareness([i + 1, 1, { at: i }])
    await at.rest(100)
    for (const one of all) one.frames.length = 0
    // A stock client says it every 15 s, each at its own time.
    for (const [i, one] of all.entries()) {
      one.awareness([i + 1, 2, { at: i }])
      await at.rest(200)
    }
    expect(all[0]?.frames).toHaveLength(0)
    await at.rest(5_000)
    expect(all[0]?.frames).toHaveLength(1)
    expect(all[0]?.of('awareness').at(-1)?.states.get(10)?.clock).toBe(2)
    // Who moves takes them along.
    all[1]?.awareness([2, 3, { at: 1 }])
    all[2]?.awareness([3, 3, { at: 'elsewhere' }])
    await at.rest(100)
    expect(all[0]?.of('awareness').at(-1)?.states.get(2)?.clock).toBe(3)
  })

  test('[P119] a QueryAwareness is answered with everybody; asked again and again, once a second', async () => {
    const at = rig()
    const [ann, bob] = [await inside(at), await inside(at, 'bob')]
    ann.awareness([7, 1, { at: 1 }])
    await at.rest(100)
    bob.forget()
    for (let i = 0; i < 1_000; i++) bob.frame(Uint8Array.of(3))
    expect(bob.of('awareness').map(({ states }) => [...states.keys()])).toEqual([[7]])
    await at.rest(3_000)
    expect(bob.of('awareness')).toHaveLength(2)
  })

  test('[P118] two tabs of one person are two, and one may bring the news of the other', async () => {
    const at = rig()
    const [one, two, bob] = [await inside(at), await inside(at), await inside(at, 'bob')]
    // The second tab heard of the first by BroadcastChannel, and is quicker.
    two.awareness([1, 1, { tab: 1 }], [2, 1, { tab: 2 }])
    one.awareness([1, 1, { tab: 1 }])
    await at.rest(100)
    one.awareness([1, 2, { tab: 'moved' }])
    await at.rest(100)
    two.breaks()
    await at.rest(100)
    expect(lastOf(bob, 1)).toEqual({ tab: 'moved' })
    expect(lastOf(bob, 2)).toBeNull()
  })

  test('[CR-21] all states of a document together are bounded, whoever brings them, and go again with their connections', async () => {
    const at = rig()
    const crowd: Visitor[] = []
    for (let i = 0; i < 100; i++) {
      const one = visitor(at, 'team/plan', 'mallory')
      one.step1()
      one.awareness(...[0, 1, 2, 3].map(id => [i * 4 + id + 1, 1, { text: 'x'.repeat(4_000) }] as const))
      crowd.push(one)
    }
    await at.rest(100)
    const late = await inside(at, 'cid')
    const frame = late.frames.find(([type]) => type === 1)
    expect(frame?.length).toBeGreaterThan(900_000)
    expect(frame?.length).toBeLessThan(1_100_000)
    for (const one of crowd) one.breaks()
    late.awareness([9_999, 1, { at: 1 }])
    await at.rest(100)
    expect(lastOf(late, 9_999)).toEqual({ at: 1 })
  })

  test('[CR-21] a mark of byte order makes no state', async () => {
    const at = rig()
    const [ann, bob] = [await inside(at), await inside(at, 'bob')]
    // One state: client 7, clock 1, five bytes.
    ann.frame(Uint8Array.of(1, 9, 1, 7, 1, 5, 0xef, 0xbb, 0xbf, 0x7b, 0x7d))
    await at.rest(100)
    expect(bob.of('awareness')).toEqual([])
    expect(ann.closed).toEqual([])
  })
})
