/** What a device keeps, shows of others, and does in the long run. */
import { yjs } from '@joinery/adapters/engines/yjs'
import { seededRandom } from '@joinery/core/testing'
import { foldWith, personalSpaceOf } from '@joinery/relay'
import { expect, test } from 'vitest'
import { settle, world } from './kit.ts'
import { as, relayIn } from './relay.ts'

test('[C5] above its limit the bodies used least are left to the relay; rows and search stay, nothing unacked goes, and opening brings them back', async () => {
  const w = world()
  relayIn(w)
  const device = w.device('phone')
  const phone = await device.open({ ...as('ada'), evictAbove: 4_000 })
  const old: string[] = []
  for (let count = 0; count < 40; count++) {
    old.push(phone.note.create({ title: `Note ${count}`, tags: ['kept'] }).id)
    await w.clock.advance(10)
  }
  await w.clock.advance(2_000)
  using first = await phone.note.open(old[0] ?? '')
  w.network.partition('phone', 'out')
  const late = phone.note.create({ title: 'Unacked' })
  await w.clock.advance(1_000)
  w.network.heal('phone')
  await w.clock.advance(6 * 60_000)
  const bodies = async (): Promise<string[]> => {
    const rows = await device.disk.open().read(['documents'], tx => tx.range('documents', {}))
    return rows.map(({ value }) => (value as { body: string }).body)
  }
  const states = await bodies()
  expect(states.filter(state => state === 'evicted').length).toBeGreaterThan(10)
  expect(states.filter(state => state === 'here').length).toBeGreaterThan(2)
  expect((await phone.note.get()).rows.length).toBe(41)
  expect((await phone.note.search('note 7').get()).rows.map(row => row.title)).toContain('Note 7')
  expect(first.view.title).toBe('Note 0')
  // The least recently used of them, and one whose body is changed elsewhere meanwhile.
  const laptop = await w.device('laptop').open(as('ada'))
  await w.clock.advance(5_000)
  using there = await laptop.note.open(old[2] ?? '')
  there.change(d => {
    d.title = 'Changed elsewhere'
  })
  await w.clock.advance(2_000)
  expect((await phone.note.get()).rows.map(row => row.title)).toContain('Changed elsewhere')
  const opening = phone.note.open(old[1] ?? '')
  await w.clock.advance(1_000)
  using again = await opening
  expect([again.view.title, again.view.tags]).toEqual(['Note 1', ['kept']])
  using unacked = await phone.note.open(late.id)
  expect(unacked.view.title).toBe('Unacked')
})

test('[C5] a body with an unacked edit is not evicted, however long nobody used it', async () => {
  const w = world()
  relayIn(w)
  const device = w.device('phone')
  const phone = await device.open({ ...as('ada'), evictAbove: 1 })
  const made = phone.note.create({ title: 'One' })
  const other = phone.note.create({ title: 'Two' })
  await w.clock.advance(295_000)
  const note = await phone.note.open(made.id)
  const [link] = w.network.links()
  link?.stall('up')
  await note.change(d => {
    d.title = 'Unacked'
  }).saved
  note.close()
  await w.clock.advance(10_000)
  const body = async (id: string): Promise<unknown> => {
    const stored = await device.disk.open().read(['documents'], tx => tx.get('documents', ['me', id]))
    return (stored as { body: string }).body
  }
  expect([await body(made.id), await body(other.id)]).toEqual(['here', 'evicted'])
  link?.resume('up')
  await w.clock.advance(5_000)
  expect(phone.status.get().pending).toBe(0)
})

test('[C1] whoever waits for a body when the network goes is told, and does not wait for ever', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open({ ...as('ada'), evictAbove: 1 })
  const made = phone.note.create({ title: 'Away' })
  await w.clock.advance(6 * 60_000)
  const [link] = w.network.links()
  link?.stall('down')
  const opening = phone.note.open(made.id)
  const failed = opening.catch((error: unknown) => error)
  await w.clock.advance(1_000)
  w.network.partition('phone')
  link?.break()
  await w.clock.advance(30_000)
  expect(await failed).toMatchObject({ code: 'UNAVAILABLE' })
})

test('[C1] an evicted body that cannot be had offline says so, and is there again online', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open({ ...as('ada'), evictAbove: 1 })
  const made = phone.note.create({ title: 'Away' })
  await w.clock.advance(6 * 60_000)
  w.network.partition('phone')
  await w.clock.advance(90_000)
  await expect(phone.note.open(made.id)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(phone.note.open('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await phone.note.get()).rows.map(row => row.title)).toEqual(['Away'])
  w.network.heal('phone')
  await w.clock.advance(60_000)
  using note = await phone.note.open(made.id)
  expect(note.view.title).toBe('Away')
})

test('[CR-21] presence: others are shown while they are there, from every tab, and never stored', async () => {
  const w = world()
  relayIn(w)
  const device = w.device('laptop')
  const phone = await w.device('phone').open({ ...as('ada'), spaces: ['me', 'team'] })
  const left = await device.open({ ...as('bob'), spaces: ['me', 'team'], transport: w.network.transport('left') })
  const leftTab = device.lastTab()
  const right = await device.open({ ...as('bob'), spaces: ['me', 'team'], transport: w.network.transport('right') })
  const made = phone.space('team').note.create({ title: 'Shared' })
  await w.clock.advance(5_000)
  using a = await phone.space('team').note.open(made.id)
  using b = await left.space('team').note.open(made.id)
  using c = await right.space('team').note.open(made.id)
  const heard: number[] = []
  a.presence.subscribe(others => heard.push(others.length))
  a.presence.set({ cursor: 1 })
  b.presence.set({ cursor: 2 })
  c.presence.set({ cursor: 3 })
  await w.clock.advance(2_000)
  const states = (others: readonly { state: unknown; subject: string }[]) =>
    others
      .map(({ state, subject }) => [subject, (state as { cursor: number }).cursor] as const)
      .toSorted(([one], [other]) => one.localeCompare(other))
  expect(states(a.presence.others())).toEqual([
    ['bob', 2],
    ['bob', 3],
  ])
  expect(states(b.presence.others())).toEqual([
    ['', 3],
    ['ada', 1],
  ])
  expect(states(c.presence.others())).toEqual([
    ['', 2],
    ['ada', 1],
  ])
  c.close()
  await w.clock.advance(2_000)
  expect(states(a.presence.others())).toEqual([['bob', 2]])
  // The tab with the link dies: what it showed is gone, and the one that takes over shows again what it shows.
  using d = await right.space('team').note.open(made.id)
  d.presence.set({ cursor: 4 })
  await w.clock.advance(2_000)
  w.network.crash('left')
  leftTab?.crash()
  await w.clock.advance(5_000)
  expect(states(a.presence.others())).toContainEqual(['bob', 4])
  expect(states(a.presence.others())).not.toContainEqual(['bob', 2])
  a.presence.set(null)
  await w.clock.advance(2_000)
  expect(states(d.presence.others()).map(([subject]) => subject)).not.toContain('ada')
  expect(() => a.presence.set('x'.repeat(5_000))).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  expect(heard.length).toBeGreaterThan(2)
})

test('[A1] a shared space is another list: personal notes stay personal', async () => {
  const w = world()
  relayIn(w)
  const ada = await w.device('phone').open({ ...as('ada'), spaces: ['me', 'team'] })
  const bob = await w.device('laptop').open(as('bob'))
  ada.note.create({ title: 'Mine' })
  ada.space('team').note.create({ title: 'Ours' })
  const team = bob.space('team')
  await w.clock.advance(5_000)
  expect((await team.note.get()).rows.map(row => row.title)).toEqual(['Ours'])
  expect((await bob.note.get()).rows).toEqual([])
  expect((await ada.note.get()).rows.map(row => row.title)).toEqual(['Mine'])
})

test('[§6] events tell of each round of sync, and the status of what is on its way', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open(as('ada'))
  const events: string[] = []
  phone.events.subscribe(({ type }) => events.push(type))
  await w.clock.advance(5_000)
  expect(events).toEqual(['started', 'done'])
  const statuses: string[] = []
  phone.status.subscribe(({ pending, syncing, safeToClose }) => statuses.push(`${pending} ${syncing} ${safeToClose}`))
  const [link] = w.network.links()
  link?.stall('up')
  phone.note.create({ title: 'One' })
  await w.clock.advance(5_000)
  link?.resume('up')
  await w.clock.advance(5_000)
  expect(events).toEqual(['started', 'done', 'started', 'done'])
  expect(statuses).toContain('1 true true')
  expect(statuses.at(-1)).toBe('0 false true')
  w.network.partition('phone')
  phone.note.create({ title: 'Two' })
  await w.clock.advance(61_000)
  expect(events.at(-1)).toBe('failed')
  expect(phone.status.get()).toMatchObject({ pending: 1, mode: 'offline' })
})

test('[§6] sync now resolves to whether everything is in step', async () => {
  const w = world()
  const relay = relayIn(w)
  const phone = await w.device('phone').open(as('ada'))
  await w.clock.advance(5_000)
  phone.note.create({ title: 'One' })
  const now = phone.syncNow()
  await w.clock.advance(5_000)
  expect(await now).toBe(true)
  expect(phone.status.get().pending).toBe(0)
  relay.crash()
  await w.clock.advance(1_000)
  phone.note.create({ title: 'Two' })
  const later = phone.syncNow()
  await w.clock.advance(20_000)
  expect(await later).toBe(false)
})

test('[§6] what waits for the relay when the client closes is told so: sync now, and a document that is not here', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open(as('ada'))
  await w.clock.advance(5_000)
  const [link] = w.network.links()
  link?.stall('up')
  const synced = phone.syncNow()
  const opened = phone.note.open('elsewhere').catch((error: unknown) => error)
  await settle()
  await phone.close()
  expect(await synced).toBe(false)
  expect(await opened).toMatchObject({ code: 'CLOSED' })
})

test('[AU-07] nobody signed in stops the link and says so; a token given later starts it again', async () => {
  const w = world()
  relayIn(w)
  const signIn: { token?: string } = {}
  const phone = await w.device('phone').open({ ...as('ada'), token: () => signIn.token })
  phone.note.create({ title: 'One' })
  await w.clock.advance(5_000)
  expect(phone.status.get()).toMatchObject({ connection: 'needs-auth', pending: 1 })
  signIn.token = 'dev:ada'
  phone.linkTo({ ...as('ada'), token: () => signIn.token })
  await w.clock.advance(5_000)
  expect(phone.status.get()).toMatchObject({ connection: 'live', pending: 0 })
})

test('[C3] a tab that is linked later takes the lead from one that knows no relay', async () => {
  const w = world()
  relayIn(w)
  const device = w.device('phone')
  const left = await device.open({ transport: w.network.transport('left') })
  const right = await device.open({ transport: w.network.transport('right') })
  await left.note.create({ title: 'From the left' }).saved
  right.linkTo(as('ada'))
  await w.clock.advance(5_000)
  expect(left.status.get()).toMatchObject({ connection: 'live', pending: 0 })
  const laptop = await w.device('laptop').open(as('ada'))
  await w.clock.advance(5_000)
  expect((await laptop.note.get()).rows.map(row => row.title)).toEqual(['From the left'])
})

test('[CL-07] edits of 90 days offline, met by a log that was folded meanwhile, merge', async () => {
  const w = world()
  const limits = { foldEntries: 20, foldQuietMs: 200, foldSweepMs: 2_000 }
  const relay = relayIn(w, { limits, fold: async (_, updates) => foldWith(yjs, seededRandom(updates.length), updates) })
  const phone = await w.device('phone').open(as('ada'))
  const device = w.device('laptop')
  const laptop = await device.open(as('ada'))
  const made = phone.note.create({ title: 'Long' })
  await w.clock.advance(5_000)
  w.network.partition('laptop')
  using a = await phone.note.open(made.id)
  using b = await laptop.note.open(made.id)
  for (let edit = 0; edit < 600; edit++) await b.change(d => d.tags.add(`b${edit % 50}`)).saved
  for (let edit = 0; edit < 200; edit++) {
    a.change(d => d.tags.add(`a${edit % 50}`))
    await w.clock.advance(20)
  }
  await w.clock.advance(60_000)
  const body = await relay.store.body(personalSpaceOf('ada'), made.id)
  expect(body[0]?.type).toBe('snapshot')
  // None of the unacked lines was folded here (C5).
  const lines = await device.disk.open().read(['log'], tx => tx.count('log', { prefix: ['me', made.id] }))
  expect(lines).toBeGreaterThanOrEqual(600)
  w.network.heal('laptop')
  await w.clock.advance(90_000)
  expect([phone.status.get().pending, laptop.status.get().pending]).toEqual([0, 0])
  for (const view of [a.view, b.view]) expect(view.tags.length).toBe(100)
  // And what is acked is folded, so that opening it stays quick.
  await b.change(d => {
    d.pinned = true
  }).saved
  await w.clock.advance(5_000)
  expect(await device.disk.open().read(['log'], tx => tx.count('log', { prefix: ['me', made.id] }))).toBeLessThan(64)
})
