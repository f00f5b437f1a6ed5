/** A device whose network lets no WebSocket through works over HTTP, and says so. */
import { webSocketOrHttp } from '@joinery/adapters/transport/web-socket-or-http'
import type { Transport } from '@joinery/core'
import { expect, test } from 'vitest'
import { world } from './kit.ts'
import { as, relayIn } from './relay.ts'

test('[P105] [P106] a device that polls says so, is in step, and returns to real time without losing or doubling anything', async () => {
  const w = world()
  relayIn(w)
  let isBlocked = true
  const network = w.network.transport('phone')
  const webSocket: Transport = {
    connect: (url, on) => network.connect(isBlocked ? 'wss://nowhere/v1/sync' : url, on),
  }
  // As it stands to its holder: the same frames, and word that they are fetched.
  const http: Transport = { connect: (url, on) => ({ ...network.connect(url, on), polls: true }) }
  const transport = webSocketOrHttp({ clock: w.clock, webSocket, http })

  const phone = await w.device('phone').open({ ...as('ada'), transport })
  const laptop = await w.device('laptop').open(as('ada'))
  await w.clock.advance(5_000)
  expect(phone.status.get()).toMatchObject({ mode: 'polling', connection: 'polling', replica: 'complete' })
  const made = phone.note.create({ title: 'On a train' })
  await made.saved
  await w.clock.advance(1_000)
  await made.acked
  const asked = phone.syncNow()
  await w.clock.advance(1_000)
  expect(await asked).toBe(true)

  isBlocked = false
  const modes: string[] = []
  phone.status.subscribe(({ mode }) => modes.push(mode))
  for (let at = 0; at < 35; at++) {
    phone.note.create({ title: `note ${at}` })
    await w.clock.advance(1_000)
  }
  expect(phone.status.get()).toMatchObject({ mode: 'realtime', connection: 'live', pending: 0, shelf: 0 })
  expect(modes.filter((mode, at) => mode !== modes[at - 1])).toEqual(['polling', 'offline', 'realtime'])
  const { rows } = await laptop.note.where({ pinned: false }).get()
  const titles = Array.from({ length: 35 }, (_, at) => `note ${at}`)
  expect(rows.map(({ title }) => title).toSorted()).toEqual([...titles, 'On a train'].toSorted())
  await phone.close()
  await laptop.close()
})
