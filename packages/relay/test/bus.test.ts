// What a relay and its bus are to each other, as whoever runs it sees them: by its command, over a real Redis.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { redisBus } from '@joinery/adapters/bus/redis'
import { startRedis, type RedisOptions, type TestRedis } from '../../../test/redis.ts'
import { dial } from './dial.ts'
import { scrape } from './metrics/scrape.ts'
import { type as typing, update, writer } from './rig.ts'
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
  const hinted = new Promise(resolve => bus.subscribe('log/garden', resolve, () => tell()))
  await listening
  ann.push('garden', update(2, 'd', pen.edit(typing('with others.'))))
  expect(await hinted).toEqual(Uint8Array.of(2))
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
