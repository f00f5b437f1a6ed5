// Several relays on one store: what one commits, the others show.
import { describe, expect, test } from 'vitest'
import type { Role, Store } from '@joinery/core'
import { encodeMessage } from '@joinery/core/protocol'
import { memoryBus } from '@joinery/adapters/bus/memory'
import { memoryStore } from '@joinery/core/testing'
import type { Telling } from '../src/elsewhere-telling.ts'
import { decodeHint, encodeHint, encodeTelling } from '../src/hint.ts'
import { createDecoder, readVarString } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import { rig, type as typing, update, writer, type Device, type Rig } from './rig.ts'
import { visitor, type Visitor } from './door/visitor.ts'
import { nodes } from './several-nodes.ts'

async function watching(at: Rig, name: string, device = 'phone'): Promise<Device> {
  const one = await at.device(name, device)
  one.say({ type: 'watch', space: 'team', cursor: undefined })
  await at.rest()
  return one
}

const seqsOf = (device: Device): number[] =>
  device.of('changes').flatMap(({ entries }) => entries.map(({ seq }) => seq))

test('[R5] what one node commits, another shows by a hint, and without hints by a poll, once and in order', async () => {
  const fleet = nodes()
  const [one, other] = fleet.nodes
  const [ann, bob] = [await watching(one, 'ann'), await watching(other, 'bob')]
  const pen = writer(1)
  const push = (n: number): void =>
    ann.say({ type: 'push', space: 'team', entries: [update(n, 'd', pen.edit(typing('x')))] })
  push(1)
  await fleet.rest()
  expect(seqsOf(bob)).toEqual([1])
  fleet.cut()
  push(2)
  await fleet.rest(4_000)
  expect(seqsOf(bob)).toEqual([1])
  await fleet.rest(2_000)
  expect(seqsOf(bob)).toEqual([1, 2])
})

test('[T3] what a hint brings is shown without a look at the log, and what it does not is read once, however many watch', async () => {
  const base = memoryStore()
  let reads = 0
  const store: Store = {
    ...base,
    read(...asked) {
      reads += 1
      return base.read(...asked)
    },
  }
  const fleet = nodes({ store })
  const [one, other] = fleet.nodes
  const ann = await watching(one, 'ann')
  const watchers = [await watching(other, 'bob'), await watching(other, 'cid'), await watching(other, 'dan')]
  const eve = visitor(other, 'team/d', 'eve')
  eve.step1()
  await fleet.rest()
  const pen = writer(1)
  const push = async (n: number): Promise<number> => {
    const before = reads
    ann.say({ type: 'push', space: 'team', entries: [update(n, 'd', pen.edit(typing(`${n} `)))] })
    await fleet.rest()
    return reads - before
  }
  await push(1)
  expect(await push(2)).toBe(0)
  fleet.cut()
  await push(3)
  fleet.mend(false)
  expect(await push(4)).toBe(1)
  expect(await push(5)).toBe(0)
  for (const watcher of watchers) expect(seqsOf(watcher)).toEqual([1, 2, 3, 4, 5])
  expect(eve.of('update')).toHaveLength(4)
})

test('[R5] what a hint brings is not shown where it does not fit: another place, another log, another past, another space, damaged', async () => {
  const fleet = nodes({ limits: { pollMs: 3_600_000 } })
  const [one, other] = fleet.nodes
  const [ann, bob] = [await watching(one, 'ann'), await watching(other, 'bob')]
  const pen = writer(1)
  const push = async (n: number): Promise<void> => {
    ann.say({ type: 'push', space: 'team', entries: [update(n, 'd', pen.edit(typing('x')))] })
    await fleet.rest()
  }
  await push(1)
  await push(2)
  const eve = visitor(other, 'team/d', 'eve')
  eve.step1()
  await fleet.rest()
  eve.forget()
  const head = await fleet.store.head('team')
  if (head === undefined) throw new Error('no log')
  const forged = (seq: number, change: { epoch?: string; space?: string; reset?: boolean } = {}): Uint8Array => {
    const { space = 'team', epoch = head.epoch, reset = false } = change
    const entry = { ...update(9, 'd', writer(2).edit(typing('forged'))), type: 'update' as const, seq, device: 'x', subject: 'x' } // prettier-ignore
    return encodeMessage({
      type: 'changes',
      space,
      cursor: { ...head, epoch, seq },
      live: true,
      reset,
      entries: [entry],
    })
  }
  const whole = forged(3)
  const { mark } = head
  const wrong: [seq: number, news: Uint8Array, before?: Uint8Array][] = [
    [4, forged(4)],
    [4, whole],
    [3, forged(3, { epoch: 'another' })],
    [3, forged(3, { space: 'other' })],
    [3, forged(3, { reset: true })],
    [3, whole.subarray(1)],
    [3, whole.subarray(0, 40)],
    // By a node that stands on another database, which was the same once.
    [3, whole, mark.with(0, 255 - (mark[0] ?? 0))],
  ]
  for (const [seq, news, before = mark] of wrong) {
    fleet.inject('log/team', encodeHint(seq, undefined, { news, before }))
    await fleet.rest()
  }
  expect([seqsOf(bob), eve.of('update')]).toEqual([[1, 2], []])
  for (const n of [3, 4, 5]) await push(n)
  expect(seqsOf(bob)).toEqual([1, 2, 3, 4, 5])
  expect(bob.of('changes').some(({ reset }) => reset)).toBe(false)
})

test('[R5] who tells readers what another node wrote says now and then what that takes, and who wrote it does not', async () => {
  const fleet = nodes()
  const [one, other] = fleet.nodes
  const [ann] = [await watching(one, 'ann'), await watching(other, 'bob')]
  const pen = writer(1)
  const tellings = (): Telling[] =>
    fleet.published.flatMap(({ topic, payload }) => (topic === 'log/team' ? (decodeHint(payload).telling ?? []) : []))
  for (let n = 1; n <= 45; n++) {
    ann.say({ type: 'push', space: 'team', entries: [update(n, 'd', pen.edit(typing('x')))] })
    await fleet.rest(50)
  }
  // Who asks who else is there says who he is.
  const [, asked] = fleet.published.filter(({ topic }) => topic === 'here/team')
  const bobs = readVarString(createDecoder(asked?.payload ?? new Uint8Array()))
  expect(tellings().map(({ node }) => node)).toEqual([bobs, bobs])
})

test('[R5] a crowd at other nodes makes commits keep more of a distance, each of their spaces, and what a node says of itself does not', async () => {
  /** How long one who writes all the time waits for the second commit, in ms. */
  const waited = async (telling: (self: string) => Telling | undefined, spaces = ['team']): Promise<number> => {
    const fleet = nodes({ limits: { commitDistanceMs: 12 } })
    const [one] = fleet.nodes
    const ann = await watching(one, 'ann')
    ann.say({ type: 'watch', space: 'shed', cursor: undefined })
    await one.rest()
    const pen = writer(1)
    const push = (n: number, space = 'team'): void =>
      ann.say({ type: 'push', space, entries: [update(n, 'd', pen.edit(typing('x')))] })
    // Who asks who else is there says who he is.
    const asked = fleet.published.find(({ topic }) => topic === 'here/team')
    const said = telling(readVarString(createDecoder(asked?.payload ?? new Uint8Array())))
    if (said !== undefined) for (const space of spaces) fleet.inject(`log/${space}`, encodeTelling(said))
    await one.rest(1)
    for (let n = 1; n <= 60; n++) push(n)
    ann.say({ type: 'push', space: 'shed', entries: [update(1, 'd', writer(2).edit(typing('x')))] })
    await one.rest(0)
    const first = ann.of('ack').length
    let ms = 0
    for (; ann.of('ack').length === first && ms < 100; ms++) {
      push(61 + ms)
      await one.rest(1)
    }
    return ms
  }
  const alone = await waited(() => undefined)
  expect(await waited(() => ({ node: 'another', ms: 4 }))).toBe(alone + 4 + 1)
  expect(await waited(() => ({ node: 'another', ms: 2 }), ['team', 'shed'])).toBe(alone + 2 * (2 + 1))
  expect(await waited(node => ({ node, ms: 4 }))).toBe(alone)
})

test('[R5] a hint is on its way before readers of its own node are told', async () => {
  const heardAtHint: number[] = []
  const bus = memoryBus()
  const node = rig({
    bus: {
      ...bus,
      publish(topic, payload) {
        if (topic === 'log/team') heardAtHint.push(seqsOf(bob).length)
        bus.publish(topic, payload)
      },
    },
  })
  const [ann, bob] = [await watching(node, 'ann'), await watching(node, 'bob')]
  ann.say({ type: 'push', space: 'team', entries: [update(1, 'd', writer(1).edit(typing('x')))] })
  await node.rest()
  expect([heardAtHint, seqsOf(bob)]).toEqual([[0], [1]])
})

test('[R2] who watches is shown what is committed while the end of the log is looked for, by this node and by another', async () => {
  const base = memoryStore()
  let held: Promise<void> | undefined
  let release = (): void => undefined
  const store: Store = {
    ...base,
    async head(space) {
      await held
      return base.head(space)
    },
  }
  const fleet = nodes({ store, limits: { pollMs: 3_600_000 } })
  const [one, other] = fleet.nodes
  const [ann, bob] = [await watching(one, 'ann'), await watching(other, 'bob')]
  const pen = writer(1)
  const push = async (n: number): Promise<void> => {
    ann.say({ type: 'push', space: 'team', entries: [update(n, 'd', pen.edit(typing('x')))] })
    await fleet.rest()
  }
  const hold = (): void => void (held = new Promise<void>(resolve => (release = resolve)))
  hold()
  // The first at the door of a space, and the first hint: both look for its end.
  const eve = visitor(one, 'team/d', 'eve')
  eve.step1()
  await fleet.rest()
  await push(1)
  await push(2)
  expect(seqsOf(ann)).toEqual([1, 2])
  release()
  await fleet.rest(100)
  expect(seqsOf(bob)).toEqual([1, 2])
  await push(3)
  expect([seqsOf(ann), seqsOf(bob)]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ])
  expect(eve.of('update').length).toBeGreaterThan(0)
})

test('[MN-03] a node that missed hints looks at the log when the bus is back', async () => {
  const fleet = nodes({ limits: { pollMs: 3_600_000 } })
  const [one, other] = fleet.nodes
  const [ann, bob] = [await watching(one, 'ann'), await watching(other, 'bob')]
  fleet.cut()
  ann.say({ type: 'push', space: 'team', entries: [update(1, 'd', writer(1).edit(typing('x')))] })
  await fleet.rest(60_000)
  expect(seqsOf(bob)).toEqual([])
  fleet.mend()
  await fleet.rest()
  expect(seqsOf(bob)).toEqual([1])
})

test('[A2] a role that is revoked ends on every node within 5 s, for links and at the door', async () => {
  const roles = new Map<string, Role>([
    ['ann', 'owner'],
    ['bob', 'editor'],
    ['cid', 'editor'],
  ])
  const base = memoryStore()
  await base.admit('team', 'ann', 'owner')
  const store = { ...base, roleOf: async (_space: string, subject: string) => roles.get(subject) }
  const fleet = nodes({ store, openToAll: false })
  const [one, other] = fleet.nodes
  const [ann, bob] = [await watching(one, 'ann'), await watching(other, 'bob')]
  const cid = visitor(other, 'team/d', 'cid')
  cid.step1()
  await fleet.rest(1_000)
  roles.delete('bob')
  roles.delete('cid')
  await fleet.rest(5_000)
  bob.forget()
  cid.forget()
  const pen = writer(1)
  ann.say({ type: 'push', space: 'team', entries: [update(1, 'd', pen.edit(typing('not for them')))] })
  bob.say({ type: 'push', space: 'team', entries: [update(1, 'e', writer(2).edit(typing('x')))] })
  await fleet.rest(6_000)
  expect([bob.of('changes'), bob.of('ack'), cid.of('update')]).toEqual([[], [], []])
  expect(bob.of('refused').length + bob.of('bye').length).toBeGreaterThan(0)
  expect(cid.closed).toMatchObject([{ code: expect.any(Number) as number }])
  expect(await store.head('team')).toMatchObject({ seq: 1 })
})

async function inside(at: Rig, name: string): Promise<Visitor> {
  const one = visitor(at, 'team/plan', name)
  one.step1()
  await at.rest()
  return one
}

function show(device: Device, clock: number, state: unknown): void {
  const json = state === undefined ? undefined : JSON.stringify(state)
  device.say({ type: 'presence', space: 'team', document: 'plan', session: '', subject: '', clock, state: json })
}

/** As the SDK's editor binding shows a caret. */
const caret = (client: number, clock: number, state: unknown): unknown => ({
  tab: { client, clock, json: JSON.stringify(state) },
})

const shownTo = (device: Device): unknown[] =>
  device.of('presence').map(({ subject, state }) => [subject, state === undefined ? undefined : JSON.parse(state)])

const lastOf = (one: Visitor, client: number): unknown => statesOf(one, client).at(-1)?.state
const statesOf = (one: Visitor, client: number): { clock: number; state: unknown }[] =>
  one.of('awareness').flatMap(({ states }) => states.get(client) ?? [])

describe('presence crosses nodes', () => {
  test('[CR-21] what somebody shows by a link is seen by links and at the door of another node, by who comes later too, and goes', async () => {
    const fleet = nodes()
    const [one, other] = fleet.nodes
    const ann = await watching(one, 'ann')
    const [bob, cid] = [await watching(other, 'bob'), await inside(other, 'cid')]
    await fleet.rest()
    show(ann, 1, caret(77, 3, { at: 1 }))
    await fleet.rest(200)
    expect(shownTo(bob)).toEqual([['ann', caret(77, 3, { at: 1 })]])
    expect(lastOf(cid, 77)).toEqual({ at: 1 })
    // He does not hear himself.
    expect(shownTo(ann)).toEqual([])
    const [late, lateAtDoor] = [await watching(other, 'dan', 'tablet'), await inside(other, 'eve')]
    expect(shownTo(late)).toEqual([['ann', caret(77, 3, { at: 1 })]])
    expect(lastOf(lateAtDoor, 77)).toEqual({ at: 1 })
    bob.forget()
    show(ann, 2, caret(77, 4, { at: 2 }))
    await fleet.rest(200)
    expect(shownTo(bob)).toEqual([['ann', caret(77, 4, { at: 2 })]])
    bob.forget()
    ann.breaks()
    await fleet.rest(200)
    expect(shownTo(bob)).toEqual([['ann', undefined]])
    expect(lastOf(cid, 77)).toBeNull()
    expect(shownTo(await watching(other, 'fay', 'watch'))).toEqual([])
    expect(await fleet.store.head('team')).toMatchObject({ seq: 0 })
  })

  test('[CR-21] a caret at the door is seen by links and at the door of another node, with its own clock, and goes when it ends', async () => {
    const fleet = nodes()
    const [one, other] = fleet.nodes
    const ann = await inside(one, 'ann')
    const [bob, cid] = [await watching(other, 'bob'), await inside(other, 'cid')]
    await fleet.rest()
    ann.awareness([7, 5, { at: 1 }])
    await fleet.rest(200)
    expect(bob.of('presence')).toMatchObject([{ subject: 'ann', session: 'y-7', clock: 5 }])
    expect(statesOf(cid, 7)).toEqual([{ clock: 5, state: { at: 1 } }])
    // As a stock client does with all that it hears.
    cid.awareness([7, 5, { at: 1 }])
    // That he is still there, as he says himself.
    ann.awareness([7, 6, { at: 1 }])
    await fleet.rest(6_000)
    expect(statesOf(cid, 7).at(-1)).toEqual({ clock: 6, state: { at: 1 } })
    expect(statesOf(ann, 7).every(({ clock }) => clock <= 6)).toBe(true)
    await fleet.rest(60_000)
    expect(statesOf(cid, 7).at(-1)).toEqual({ clock: 6, state: { at: 1 } })
    ann.breaks()
    await fleet.rest(200)
    expect(statesOf(cid, 7).at(-1)).toEqual({ clock: 7, state: null })
    expect(bob.of('presence').at(-1)).toMatchObject({ session: 'y-7', state: undefined })
  })

  test('[CR-21] who comes to a node where nobody was is told who is elsewhere, at once', async () => {
    const fleet = nodes()
    const [one, other] = fleet.nodes
    const [ann, eve] = [await watching(one, 'ann'), await inside(one, 'eve')]
    show(ann, 1, caret(77, 3, { at: 1 }))
    eve.awareness([7, 1, { at: 2 }])
    await fleet.rest(1_000)
    const cid = await inside(other, 'cid')
    await fleet.rest(200)
    expect([lastOf(cid, 77), lastOf(cid, 7)]).toEqual([{ at: 1 }, { at: 2 }])
    const bob = await watching(other, 'bob')
    expect(bob.of('presence').map(({ subject }) => subject)).toEqual(['ann', 'eve'])
  })

  test('[MN-08] who moves to another node is there once, whatever the node that he left says later', async () => {
    const fleet = nodes()
    const [one, other, third] = fleet.nodes
    const [before, ann] = [await inside(one, 'ann'), await watching(one, 'ann')]
    const [bob, cid] = [await watching(other, 'bob'), await inside(other, 'cid')]
    const far = await watching(third, 'dan')
    before.awareness([7, 5, { at: 'one' }])
    await fleet.rest(200)
    const after = await inside(other, 'ann')
    after.awareness([7, 6, { at: 'other' }])
    await fleet.rest(200)
    expect([lastOf(cid, 7), lastOf(after, 7)]).toEqual([{ at: 'other' }, { at: 'other' }])
    // The socket that he left is noticed a minute later.
    await fleet.rest(20_000)
    before.breaks()
    await fleet.rest(1_000)
    expect(lastOf(cid, 7)).toEqual({ at: 'other' })
    for (const device of [bob, ann, far]) expect(device.of('presence').at(-1)?.state).toContain('other')
    after.breaks()
    await fleet.rest(20_000)
    expect(lastOf(cid, 7)).toBeNull()
    for (const device of [bob, ann, far]) expect(device.of('presence').at(-1)?.state).toBeUndefined()
  })

  test('[MN-08] who moved while the bus was away is there, and goes with the last node that has him', async () => {
    const fleet = nodes()
    const [one, other, third] = fleet.nodes
    const far = await watching(third, 'dan')
    fleet.cut()
    // A stock client says what it said before when it connects.
    const [before, after] = [await inside(one, 'ann'), await inside(other, 'ann')]
    for (const at of [before, after]) at.awareness([7, 5, { at: 1 }])
    await fleet.rest(200)
    fleet.mend()
    await fleet.rest(20_000)
    expect(far.of('presence').map(({ state }) => state?.includes('at'))).toEqual([true])
    before.breaks()
    await fleet.rest(6_000)
    expect(far.of('presence').at(-1)?.state).toContain('at')
    after.breaks()
    await fleet.rest(20_000)
    expect(far.of('presence').at(-1)?.state).toBeUndefined()
  })

  test('[R5] a goodbye that comes twice, or late, says nothing of where somebody is by then', async () => {
    const fleet = nodes()
    const [one, other, third] = fleet.nodes
    const far = await watching(third, 'dan')
    const before = await inside(one, 'ann')
    before.awareness([7, 5, { at: 'one' }])
    await fleet.rest(200)
    fleet.published.length = 0
    before.breaks()
    await fleet.rest(200)
    const after = await inside(other, 'ann')
    after.awareness([7, 7, { at: 'other' }])
    await fleet.rest(200)
    const [goodbye] = fleet.published.filter(({ topic }) => topic === 'here/team')
    fleet.inject('here/team', goodbye?.payload ?? new Uint8Array())
    await fleet.rest(200)
    expect(far.of('presence').map(({ state }) => state !== undefined)).toEqual([true, false, true])
  })

  test('[CR-21] a client id is its subject’s who brought it first, whatever another node is told', async () => {
    const fleet = nodes()
    const [one, other] = fleet.nodes
    const [ann, mallory] = [await inside(one, 'ann'), await inside(other, 'mallory')]
    const bob = await watching(one, 'bob')
    await fleet.rest()
    // Both at once: neither node knows of the other's.
    ann.awareness([7, 5, { is: 'ann' }])
    mallory.awareness([7, 99, { is: 'mallory' }])
    await fleet.rest(11_000)
    expect([lastOf(ann, 7), lastOf(mallory, 7)]).toEqual([{ is: 'ann' }, { is: 'mallory' }])
    expect(bob.of('presence').map(({ subject }) => subject)).toEqual(['ann'])
    mallory.awareness([8, 1, { is: 'mallory' }])
    await fleet.rest(200)
    ann.awareness([8, 99, { is: 'ann' }])
    await fleet.rest(200)
    expect([lastOf(ann, 8), lastOf(mallory, 8)]).toEqual([{ is: 'mallory' }, { is: 'mallory' }])
  })

  test('[CR-21] who is on a node that dies is gone after a while, and who is on one that stops, at once', async () => {
    for (const dies of [true, false]) {
      const fleet = nodes()
      const [one, other] = fleet.nodes
      const [ann, bob] = [await watching(one, 'ann'), await watching(other, 'bob')]
      show(ann, 1, { at: 1 })
      await fleet.rest(200)
      // Said again and again, he stays, and is told once.
      await fleet.rest(60_000)
      expect(shownTo(bob)).toHaveLength(1)
      if (dies) fleet.cut()
      else one.relay.close()
      await other.rest(200)
      expect(bob.of('presence').at(-1)?.state === undefined).toBe(!dies)
      await other.rest(20_000)
      expect(shownTo(bob)).toEqual([
        ['ann', { at: 1 }],
        ['ann', undefined],
      ])
    }
  })

  test('[R5] what the bus lost is shown when it is back, and without a word of it, a few seconds later', async () => {
    for (const isTold of [true, false]) {
      const fleet = nodes()
      const [one, other] = fleet.nodes
      const [ann, bob] = [await watching(one, 'ann'), await watching(other, 'bob')]
      fleet.cut()
      show(ann, 1, { at: 1 })
      await fleet.rest(200)
      fleet.mend(isTold)
      await fleet.rest(isTold ? 200 : 5_000)
      expect(shownTo(bob)).toEqual([['ann', { at: 1 }]])
    }
  })

  test('[T3] what changes in a tick is one message, no larger than a hint, and nothing goes around', async () => {
    const fleet = nodes()
    const [one, other] = fleet.nodes
    const devices: Device[] = []
    for (let i = 0; i < 20; i++) devices.push(await watching(one, `p${i}`, `device${i}`))
    const bob = await watching(other, 'bob')
    const cid = await inside(other, 'cid')
    await fleet.rest(200)
    fleet.published.length = 0
    for (let clock = 1; clock <= 100; clock++) show(devices[0] as Device, clock, { tab: { at: clock } })
    await fleet.rest(200)
    const presence = (): Uint8Array[] =>
      fleet.published.filter(({ topic }) => topic.startsWith('here/')).map(({ payload }) => payload)
    expect(presence()).toHaveLength(1)
    for (const device of devices) show(device, 200, { tab: { text: 'x'.repeat(3_900) } })
    await fleet.rest(200)
    expect(presence()).toHaveLength(1 + 20)
    for (const payload of presence()) expect(payload.length).toBeLessThanOrEqual(7_000)
    expect(bob.of('presence')).toHaveLength(1 + 20)
    // Stock clients repeat what they hear: none of it is theirs.
    const heard = cid.of('awareness').flatMap(({ states }) => [...states])
    expect(heard.length).toBeGreaterThanOrEqual(20)
    for (const [client, { clock, state }] of heard) cid.awareness([client, clock, state])
    await fleet.rest(4_000)
    expect(presence()).toHaveLength(1 + 20)
  })

  test('[T3] a node where nobody watches listens to nothing, and one where nobody shows anything says nothing', async () => {
    const fleet = nodes()
    const [one, other] = fleet.nodes
    const ann = await watching(one, 'ann')
    await watching(other, 'bob').then(bob => bob.breaks())
    await fleet.rest(1_000)
    expect([...fleet.heard].toSorted()).toEqual(['here/team', 'log/team'])
    fleet.published.length = 0
    await fleet.rest(60_000)
    expect(fleet.published).toEqual([])
    ann.breaks()
    await fleet.rest(1_000)
    expect([...fleet.heard]).toEqual([])
  })

  test('[P98] [MN-12] what a newer node adds is passed over, and the rest is shown', async () => {
    const fleet = nodes()
    const [one, other] = fleet.nodes
    const [ann, bob] = [await watching(one, 'ann'), await watching(other, 'bob')]
    show(ann, 1, { at: 1 })
    await fleet.rest(200)
    bob.forget()
    const shown = { type: 'presence', space: 'team', document: 'd', session: 'far', subject: 'cid', clock: 1 } as const
    const frame = encodeMessage({ ...shown, state: JSON.stringify({ tab: { at: 7 } }) })
    const fields = new Uint8Array([90, 3, 1, 2, 3])
    const unheardOf = new Uint8Array([0xc8, 0x01, 9, 9])
    const message = (kind: number, frames: readonly Uint8Array[]): Uint8Array => {
      const encoder = createEncoder()
      writeVarString(encoder, 'newer')
      writeVarUint(encoder, kind)
      for (const each of frames) writeVarUint8Array(encoder, each)
      return toUint8Array(encoder)
    }
    fleet.inject('here/team', message(7, [unheardOf]))
    fleet.inject('here/team', message(0, [unheardOf, new Uint8Array([...frame, ...fields]), unheardOf]))
    fleet.inject('of-the-future/team', unheardOf)
    await fleet.rest(200)
    expect(bob.of('presence')).toMatchObject([{ session: 'far', subject: 'cid' }])
  })

  test('[T2] what no node of ours wrote is passed over', async () => {
    const fleet = nodes()
    const [one, other] = fleet.nodes
    const [ann, bob] = [await watching(one, 'ann'), await watching(other, 'bob')]
    show(ann, 1, { at: 1 })
    await fleet.rest(200)
    const said = fleet.published.filter(({ topic }) => topic === 'here/team').at(-1)?.payload ?? new Uint8Array()
    bob.forget()
    for (let at = 0; at < said.length; at++) {
      fleet.inject('here/team', said.subarray(0, at))
      fleet.inject('here/team', said.with(at, 255 - (said[at] ?? 0)))
      fleet.inject('here/other', said)
    }
    await fleet.rest(200)
    show(ann, 2, { at: 2 })
    await fleet.rest(200)
    expect(shownTo(bob).at(-1)).toEqual(['ann', { at: 2 }])
    expect([one.fatal, other.fatal]).toEqual([[], []])
  })
})
