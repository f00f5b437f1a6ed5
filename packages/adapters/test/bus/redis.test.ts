// Hints over a real Redis, which is killed, frozen and brought back.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { busLaws } from '@joinery/core/testing'
import { redisBus, type RedisBusOptions } from '@joinery/adapters/bus/redis'
import { find, systemPackages } from '../../../../scripts/system-packages.ts'
import { startRedis, type RedisOptions, type TestRedis } from '../../../../test/redis.ts'
import { busNode, flows, until, type BusNode } from './bus-node.ts'

let shared: TestRedis
beforeAll(async () => void (shared = await startRedis()))
afterAll(() => shared.remove())

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

function node(url: string, more: Partial<RedisBusOptions> = {}): BusNode {
  return busNode(events => redisBus({ url, ...events, ...more }))
}

async function own(flags: readonly string[] = [], options: RedisOptions = {}): Promise<TestRedis> {
  const redis = await startRedis(flags, options)
  onTestFinished(() => redis.remove())
  return redis
}

let databases = 0
for (const law of busLaws)
  test(`[${law.rule}] ${law.title}`, async () => {
    const url = `${shared.url}/${++databases}`
    await law.check(() => ({
      async node() {
        const { bus } = node(url)
        await until(bus.isUp)
        return bus
      },
      settle: () => pause(10),
    }))
  })

test('[R5] databases of one Redis hear their own', async () => {
  const [a, b, c] = [node(`${shared.url}/101`), node(`${shared.url}/101`), node(`${shared.url}/102`)]
  const wrong: Uint8Array[] = []
  c.bus.subscribe('t', payload => wrong.push(payload))
  await flows(a.bus, b.bus)
  await flows(c.bus, c.bus)
  // Of its own alone.
  const count = wrong.length
  await flows(a.bus, b.bus)
  expect(wrong).toHaveLength(count)
})

describe('[R5] Redis comes and goes', () => {
  test('killed and started again, hints flow again by themselves, and who listened looks at what he missed', async () => {
    const redis = await own()
    const [a, b] = [node(redis.url), node(redis.url)]
    const heard: number[] = []
    let missed = 0
    b.bus.subscribe('t', ([first = 0]) => heard.push(first), () => (missed += 1)) // prettier-ignore
    await until(() => missed === 1)
    a.bus.publish('t', bytes(1))
    await until(() => heard.length === 1)

    for (const round of [2, 3]) {
      await redis.kill()
      await until(() => !a.bus.isUp() && !b.bus.isUp())
      a.bus.publish('t', bytes(66))
      // A topic that somebody asks for meanwhile, and one that nobody does any more.
      let isHeld = false
      const leave = b.bus.subscribe(`later ${round}`, () => undefined, () => (isHeld = true)) // prettier-ignore
      b.bus.subscribe('left', () => heard.push(99))()
      await redis.start()
      await until(() => a.bus.isUp() && isHeld && missed === round)
      a.bus.publish('left', bytes(99))
      a.bus.publish('t', bytes(round))
      await until(() => heard.length === round)
      leave()
    }
    expect(heard).toEqual([1, 2, 3])
    expect(a.changes).toEqual([true, false, true, false, true])
    expect(a.dropped()).toBe(2)
  })

  test('away from the start, it is said once, and found when it comes', async () => {
    const redis = await own([], { up: false })
    const [a, b] = [node(redis.url), node(redis.url)]
    await until(() => a.changes.length > 0 && b.changes.length > 0)
    expect(a.bus.isUp()).toBe(false)
    expect(a.reasons.join()).toContain('ECONNREFUSED')
    a.bus.publish('t', bytes(1))
    await pause(300)
    expect(a.changes).toEqual([false])
    await redis.start()
    await flows(a.bus, b.bus)
    await until(a.bus.isUp)
    expect(a.changes).toEqual([false, true])
  })

  test('[T3] what is published while it is away or answers nothing is dropped, and not kept', async () => {
    const redis = await own()
    const [a, b] = [node(redis.url), node(redis.url)]
    await flows(a.bus, b.bus)
    redis.freeze()
    const payload = new Uint8Array(7_000)
    const publish = async (): Promise<void> => {
      for (let i = 0; i < 20_000; i++) {
        a.bus.publish('t', payload)
        if (i % 500 === 0) await pause(0)
      }
    }
    const before = process.memoryUsage().arrayBuffers
    // 140 MB, of which a few wait for a server that may answer yet.
    await publish()
    expect(a.dropped()).toBeGreaterThan(18_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000)
    // It is taken for dead after a while, and what waited is dropped with its connection.
    await until(() => !a.bus.isUp() && !b.bus.isUp())
    await redis.kill()
    await publish()
    expect(a.dropped()).toBeGreaterThanOrEqual(40_000 - 1_000)
    await redis.start()
    await flows(a.bus, b.bus)
    await until(a.bus.isUp)
  }, 60_000)

  test('closed while it is away, it is closed', async () => {
    const redis = await own([], { up: false })
    const { bus, changes } = node(redis.url)
    await until(() => changes.length > 0)
    await bus.close()
    await redis.start()
    await pause(300)
    expect(bus.isUp()).toBe(false)
    expect(changes).toEqual([false])
  })
})

describe('addresses', () => {
  test('a password, and a name with one, are in the address; a wrong one is said and tried again', async () => {
    const redis = await own(['--requirepass', 'p@ss/word', '--user', 'ann', 'on', '>s%cret', '~*', '&*', '+@all'])
    const at = (login: string): string => `redis://${login}@127.0.0.1:${redis.port}`
    const [a, b] = [node(at(`:${encodeURIComponent('p@ss/word')}`)), node(at(`ann:${encodeURIComponent('s%cret')}`))]
    await flows(a.bus, b.bus)
    const wrong = node(at('ann:wrong'))
    await until(() => wrong.changes.length > 0)
    expect(wrong.reasons.join()).toContain('WRONGPASS')
    const none = node(redis.url)
    await until(() => none.changes.length > 0)
    expect(none.reasons.join()).toContain('NOAUTH')
    expect([wrong.bus.isUp(), none.bus.isUp()]).toEqual([false, false])
  })

  test('rediss:// is TLS, and a certificate that nobody vouches for is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'joinery-tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const asked = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=joinery', '-addext', 'subjectAltName=IP:127.0.0.1'] // prettier-ignore
    execFileSync(find(systemPackages.openssl) ?? '', [...asked, '-keyout', key, '-out', cert], { stdio: 'pipe' })
    const redis = await own([], { tls: { key, cert } })
    const ca = readFileSync(cert, 'utf8')
    const [a, b, stranger] = [node(redis.url, { ca }), node(redis.url, { ca }), node(redis.url)]
    await flows(a.bus, b.bus)
    await until(() => stranger.changes.length > 0)
    expect(stranger.reasons.join()).toContain('self-signed')
    // In the clear, to a server that speaks TLS.
    const clear = node(redis.url.replace('rediss', 'redis'))
    await until(() => clear.changes.length > 0)
    expect([stranger.bus.isUp(), clear.bus.isUp()]).toEqual([false, false])
  })

  test('what is no address of a Redis is refused at once, and said without what was in it', () => {
    for (const url of [
      '',
      'redis',
      'redis://',
      'redis:///0',
      'http://127.0.0.1:6379',
      'redis://:secret@127.0.0.1/x',
      'redis://:secret@127.0.0.1/0?enableOfflineQueue=true',
      'redis://:secret@127.0.0.1/0#x',
      'redis://:sec%ret@127.0.0.1',
      'redis://127.0.0.1:99999',
    ]) {
      const refusal = expect.objectContaining({ code: 'BAD_INPUT', details: expect.objectContaining({ what: 'bus' }) })
      expect(() => redisBus({ url }), url).toThrow(refusal)
      expect(() => redisBus({ url })).not.toThrow(/secret/)
    }
  })
})
