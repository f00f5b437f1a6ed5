// What a relay and its bus are to each other, as whoever runs it sees them: by its command, over a real Redis.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Bus } from '@joinery/core'
import { memoryStore } from '@joinery/core/testing'
import { redisBus } from '@joinery/adapters/bus/redis'
import { startPostgres } from '../../../test/postgres.ts'
import { startRedis, type RedisOptions, type TestRedis } from '../../../test/redis.ts'
import { decodeHint } from '../src/hint.ts'
import { dial, type Dialled } from './dial.ts'
import { stock } from './door/stock.ts'
import { scrape } from './metrics/scrape.ts'
import { type as typing, update, writer } from './rig.ts'
import { served } from './served.ts'
import { runJoinery, spawnRelay, type Spawned } from './spawned.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-bus-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function own(options: RedisOptions = {}): Promise<TestRedis> {
  const redis = await startRedis([], options)
  onTestFinished(() => redis.remove())
  return redis
}

/** On a machine that is busy. */
const PATIENCE = { timeout: 30_000 }

const count = (relay: Spawned, event: string): number => relay.log().split(`"event":"${event}"`).length - 1

test('[R5] a relay whose Redis is away starts, says so once, and is on the bus when it comes', async () => {
  const redis = await own({ up: false })
  const relay = await spawnRelay(folder(), { JOINERY_DEV: 'true', JOINERY_BUS: redis.url }, ['--metrics-port', '0'])
  const lost = await relay.logged(line => line['event'] === 'bus-lost')
  expect(lost).toMatchObject({ level: 'warn', reason: 'ECONNREFUSED' })
  const { port: metrics } = await relay.logged(line => line['event'] === 'metrics')
  const ann = await dial(relay.port, 'ann', 'phone')
  const pen = writer(1)
  ann.push('garden', update(1, 'd', pen.edit(typing('alone. '))))
  expect(await ann.answer(1)).toBe(1)
  const before = await scrape(Number(metrics))
  expect([before.value('joinery_bus_up'), before.value('joinery_hints_dropped_total')]).toEqual([0, 1])
  expect([count(relay, 'bus-lost'), count(relay, 'bus-reached')]).toEqual([1, 0])

  await redis.start()
  await relay.logged(line => line['event'] === 'bus-reached')
  const bus = redisBus({ url: redis.url })
  onTestFinished(() => bus.close())
  let tell: () => void
  const listening = new Promise<void>(resolve => void (tell = resolve))
  const hinted = new Promise<Uint8Array>(resolve => bus.subscribe('log/garden', resolve, () => tell()))
  await listening
  ann.push('garden', update(2, 'd', pen.edit(typing('with others.'))))
  expect(decodeHint(await hinted).seq).toBe(2)
  expect((await scrape(Number(metrics))).value('joinery_bus_up')).toBe(1)

  relay.signal('SIGTERM')
  expect(await relay.ended()).toBe(0)
})

test('[OP-04] what is no bus does not start, and nothing of a password in it is said', async () => {
  const serve = ['serve', '--dev', '--port', '0', '--data', folder()]
  const refusals = await Promise.all([
    runJoinery(serve, { JOINERY_BUS: 'http://:bus-canary@127.0.0.1' }),
    runJoinery(serve, { JOINERY_BUS: 'redis://:bus-canary@127.0.0.1/zero' }),
    runJoinery(serve, { JOINERY_BUS: 'redis://:bus-canary@127.0.0.1?db=1' }),
  ])
  for (const { code, err, out } of refusals) {
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('bus')
    expect(err).toContain('redis://')
    expect(err).not.toContain('canary')
  }
})

test('[R5] two relays, one store, one Redis: edits and carets cross; killed, edits do by a poll; back, all do again', async () => {
  const redis = await own()
  const store = memoryStore()
  const bus = (): Bus => {
    const made = redisBus({ url: redis.url })
    onTestFinished(() => made.close())
    return made
  }
  const [one, other] = [await served({ store, bus: bus() }), await served({ store, bus: bus() })]
  const [ann, bob] = [await one.device('ann', 'phone'), await other.device('bob', 'phone')]
  for (const device of [ann, bob]) {
    device.say({ type: 'watch', space: 'team', cursor: undefined })
    await device.next('changes')
  }
  const show = (device: Dialled, clock: number, state: unknown): void =>
    device.say({ type: 'presence', space: 'team', document: 'plan', session: '', subject: '', clock, state: JSON.stringify(state) }) // prettier-ignore
  const carets = (clock: number): Promise<unknown> => {
    show(ann, clock, { tab: { client: 77, clock, json: JSON.stringify({ at: clock }) } })
    eve.provider.awareness.setLocalState({ at: clock })
    return Promise.all([
      bob.next('presence', ({ subject, state }) => subject === 'ann' && state?.includes(`at\\":${clock}`) === true),
      bob.next('presence', ({ subject, state }) => subject === 'eve' && state?.includes(`at\\":${clock}`) === true),
      fay.until(() => at(77) === clock && at(eve.doc.clientID) === clock),
    ])
  }
  const [eve, fay] = [
    stock(`ws://127.0.0.1:${one.port}`, 'team/plan', { token: 'dev:eve' }),
    stock(`ws://127.0.0.1:${other.port}`, 'team/plan', { token: 'dev:fay' }),
  ]
  const at = (client: number): unknown => fay.provider.awareness.getStates().get(client)?.['at']
  await Promise.all([eve.synced(), fay.synced()])

  await carets(1)
  eve.type('over Redis. ')
  await fay.until(() => fay.text() === 'over Redis. ')
  await redis.kill()
  eve.type('without it. ')
  await fay.until(() => fay.text() === 'over Redis. without it. ')
  await redis.start()
  await carets(2)
  fay.type('And back.')
  await eve.until(() => eve.text() === 'over Redis. without it. And back.')

  ann.socket.close()
  await bob.next('presence', ({ subject, state }) => subject === 'ann' && state === undefined)
  await one.stop()
  await bob.next('presence', ({ subject, state }) => subject === 'eve' && state === undefined)
  await fay.until(() => at(77) === undefined)
})

test('[MN-04] [R5] two relays on one Postgres tell each other by it when nothing else is said, and show how full its queue is', async () => {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.remove())
  const settings = { JOINERY_DEV: 'true', JOINERY_STORE: await postgres.database() }
  // So rarely that the test would not end.
  const flags = ['--metrics-port', '0', '--limit', 'pollMs=60000']
  const [one, other] = [
    await spawnRelay(folder(), settings, flags),
    await spawnRelay(folder(), { ...settings, JOINERY_BUS: 'postgres' }, flags),
  ]
  for (const relay of [one, other]) await relay.logged(line => line['event'] === 'bus-reached')
  const [ann, bob] = [await dial(one.port, 'ann', 'phone'), await dial(other.port, 'bob', 'phone')]
  for (const device of [ann, bob]) {
    device.say({ type: 'watch', space: 'garden', cursor: undefined })
    await device.next('changes')
  }
  ann.push('garden', update(1, 'd', writer(1).edit(typing('by NOTIFY'))))
  expect((await bob.next('changes', ({ entries }) => entries.length > 0)).entries).toMatchObject([{ seq: 1 }])
  const { port: metrics } = await one.logged(line => line['event'] === 'metrics')
  const { value } = await scrape(Number(metrics))
  expect([value('joinery_bus_up'), value('joinery_bus_backlog')]).toEqual([1, 0])
  // As of the look that the scrape before began.
  const of = (file: string) => async (): Promise<number | undefined> =>
    (await scrape(Number(metrics))).value('joinery_store_bytes', { file })
  await expect.poll(of('database'), PATIENCE).toBeGreaterThan(100_000)
  await expect.poll(of('history'), PATIENCE).toBeGreaterThan(10_000)
  for (const relay of [one, other]) relay.signal('SIGTERM')
  expect(await Promise.all([one.ended(), other.ended()])).toEqual([0, 0])
}, 60_000)
