// Several relays on one store: what one commits, the others show.
import { expect, test } from 'vitest'
import type { Role } from '@joinery/core'
import { memoryStore } from '@joinery/core/testing'
import { type as typing, update, writer, type Device, type Rig } from './rig.ts'
import { nodes } from './several-nodes.ts'
import { visitor } from './door/visitor.ts'

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
