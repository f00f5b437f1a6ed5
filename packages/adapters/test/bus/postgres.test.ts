// Hints by NOTIFY on a real Postgres, which is killed and brought back, with and without PgBouncer before it.
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { busLaws } from '@joinery/core/testing'
import { postgresBus } from '@joinery/adapters/bus/postgres'
import { startPgBouncer } from '../../../../test/pgbouncer.ts'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { busNode, flows, until, type BusNode } from './bus-node.ts'

let postgres: TestPostgres
beforeAll(async () => void (postgres = await startPostgres()), 60_000)
afterAll(() => postgres.remove())

const node = (url: string): BusNode => busNode(events => postgresBus({ url, ...events }))
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

for (const law of busLaws)
  test(`[${law.rule}] ${law.title}`, async () => {
    const url = await postgres.database()
    await law.check(() => ({
      async node() {
        const { bus } = node(url)
        await until(bus.isUp)
        return bus
      },
      settle: () => pause(20),
    }))
  }, 20_000)

/** Hears all that is notified in a database, as it is sent. */
async function eavesdropper(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url })
  const heard: string[] = []
  client.on('notification', ({ payload = '' }) => void heard.push(payload))
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('LISTEN joinery')
  return heard
}

const own = (heard: readonly string[]): string[] => heard.filter(payload => !payload.startsWith('?'))
/** Postgres refuses 8,000. */
const NOTIFY_BYTES = 8_000

test('[MN-02] a hint is the name of a space and a seq, some hundred bytes for the longest name', async () => {
  const url = await postgres.database()
  const [a, b] = [node(url), node(url)]
  await flows(a.bus, b.bus)
  const heard = await eavesdropper(url)
  // 128 bytes are the longest that is a space, and a trace beside the largest seq is the longest hint.
  const topic = `log/${'w'.repeat(128)}`
  const hint = new Uint8Array(8 + 2 + 24).fill(255)
  let seen: Uint8Array | undefined
  b.bus.subscribe(topic, payload => void (seen = payload))
  a.bus.publish(topic, hint)
  await until(() => seen !== undefined)
  expect(seen).toEqual(hint)
  // Who listens beside the nodes may be told after them.
  await until(() => own(heard).length > 0)
  const [sent = '', ...more] = own(heard)
  expect(more).toEqual([])
  expect(sent.length).toBeLessThan(350)
  const said = Buffer.from(sent.split(' ')[3] ?? '', 'base64')
  // The name of the node, the topic and the hint, each with its length before it, and nothing else.
  expect(said.length).toBe(1 + 16 + 2 + topic.length + 1 + hint.length)
  expect(said.subarray(-hint.length)).toEqual(Buffer.from(hint))
})

test('[MN-02] what is sent at once goes in pieces below what NOTIFY takes, and arrives whole', async () => {
  const url = await postgres.database()
  const [a, b] = [node(url), node(url)]
  await flows(a.bus, b.bus)
  const heard = await eavesdropper(url)
  const topics = Array.from({ length: 400 }, (_, at) => `log/${String(at).padStart(128, 'w')}`)
  // No space is called so, and a bus takes any topic.
  topics.push(`log/${'名前'.repeat(64)}`, `log/${'🌳'.repeat(128)}`)
  const largest = new Uint8Array(7_000).fill(7)
  const before = a.dropped()
  const seen = new Map<string, Uint8Array>()
  for (const topic of topics) b.bus.subscribe(topic, payload => void seen.set(topic, payload))
  for (const topic of topics) a.bus.publish(topic, topic.includes('w') ? bytes(1, 2) : largest)
  await until(() => seen.size === topics.length)
  for (const [topic, payload] of seen) expect(payload).toEqual(topic.includes('w') ? bytes(1, 2) : largest)
  // Who listens beside hears it when he does.
  await until(() => own(heard).length > 8)
  for (const payload of own(heard)) expect(Buffer.byteLength(payload)).toBeLessThan(NOTIFY_BYTES)
  expect([a.changes, a.dropped()]).toEqual([[true], before])
})

test('[MN-04] what gathers goes out together, the latest of each topic, and nothing waits behind a commit', async () => {
  const url = await postgres.database()
  const [a, b] = [node(url), node(url)]
  await flows(a.bus, b.bus)
  const before = a.dropped()
  const heard = await eavesdropper(url)
  const latest = new Map<string, number>()
  for (let t = 0; t < 500; t++) b.bus.subscribe(`log/${t}`, ([seq = 0]) => latest.set(`log/${t}`, seq))
  for (let seq = 1; seq <= 100; seq++) for (let t = 0; t < 500; t++) a.bus.publish(`log/${t}`, bytes(seq))
  await until(() => latest.size === 500 && [...latest.values()].every(seq => seq === 100))
  expect(own(heard).length).toBeLessThan(10)
  expect(a.dropped()).toBe(before)
})

test('[MN-04] how full the queue is, is told', async () => {
  const { backlogs } = node(await postgres.database())
  await until(() => backlogs.length > 0)
  expect(backlogs[0]).toBe(0)
})

test('[R5] what somebody else notifies there is passed over', async () => {
  const url = await postgres.database()
  const [a, b] = [node(url), node(url)]
  await flows(a.bus, b.bus)
  const heard = await eavesdropper(url)
  a.bus.publish('t', bytes(1, 2, 3))
  await until(() => own(heard).length > 0)
  const [sent = ''] = own(heard)
  for (const text of ['', '?', 'x', 'x 0 1', 'x 0 1 %%%', 'x 0 2 AAAA', 'x 1 2 AAAA', sent.slice(0, -3), `${sent}AAAA`])
    await postgres.run(`SELECT pg_notify('joinery', '${text}')`, url)
  await flows(a.bus, b.bus)
})

describe('[R5] Postgres comes and goes', () => {
  test('killed and started again, hints flow again by themselves, and who listened looks at what he missed', async () => {
    const apart = await startPostgres()
    onTestFinished(() => apart.remove())
    const url = await apart.database()
    const [a, b] = [node(url), node(url)]
    await until(() => a.bus.isUp() && b.bus.isUp())
    const heard: number[] = []
    let missed = 0
    b.bus.subscribe('t', ([first = 0]) => heard.push(first), () => (missed += 1)) // prettier-ignore
    a.bus.publish('t', bytes(1))
    await until(() => heard.length === 1)
    expect(missed).toBe(0)
    await apart.kill()
    await until(() => !a.bus.isUp() && !b.bus.isUp())
    for (let i = 0; i < 1_000; i++) a.bus.publish('t', bytes(66))
    let later = 0
    b.bus.subscribe('later', () => undefined, () => (later += 1)) // prettier-ignore
    await apart.start()
    await until(() => a.bus.isUp() && missed === 1 && later === 1)
    a.bus.publish('t', bytes(2))
    await until(() => heard.length === 2)
    expect(heard).toEqual([1, 2])
    expect(a.changes).toEqual([true, false, true])
    expect(a.dropped()).toBe(1_000)
  }, 60_000)

  test('[MN-03] one connection of it is lost: both are made anew, and everybody looks', async () => {
    const url = await postgres.database()
    const [a, b] = [node(url), node(url)]
    await flows(a.bus, b.bus)
    for (const which of ['LISTEN%', '%pg_notify%']) {
      let missed = false
      b.bus.subscribe(which, () => undefined, () => (missed = true)) // prettier-ignore
      await postgres.run(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = '${new URL(url).pathname.slice(1)}' AND application_name = 'joinery bus' AND query LIKE '${which}'`,
      )
      await until(() => missed)
      await flows(a.bus, b.bus)
    }
  })

  test('away from the start, it is said once; closed meanwhile, it is closed', async () => {
    const apart = await startPostgres()
    onTestFinished(() => apart.remove())
    const url = await apart.database()
    await apart.kill()
    const [a, b, c] = [node(url), node(url), node(url)]
    await until(() => [a, b, c].every(({ changes }) => changes.length > 0))
    expect(a.reasons.join()).toContain('ECONNREFUSED')
    await c.bus.close()
    await pause(300)
    await apart.start()
    await flows(a.bus, b.bus)
    expect([a.changes, c.changes]).toEqual([[false, true], [false]])
  }, 60_000)
})

test('[MN-05] behind PgBouncer in transaction mode it says so and is down; in session mode it works', async () => {
  for (const mode of ['transaction', 'session'] as const) {
    const url = await postgres.database()
    const pooler = await startPgBouncer(url, mode)
    onTestFinished(() => pooler.remove())
    const [through, direct] = [node(pooler.url), node(url)]
    await until(() => through.changes.length > 0 && direct.bus.isUp())
    expect([through.bus.isUp(), through.changes]).toEqual(mode === 'session' ? [true, [true]] : [false, [false]])
    if (mode === 'session') await flows(through.bus, direct.bus)
    else expect(through.reasons.join()).toContain('PgBouncer in transaction mode')
  }
}, 30_000)

test('what is no address of a Postgres is refused at once, and said without what was in it', () => {
  for (const url of ['', 'postgres', 'postgres:///x', 'redis://:secret@127.0.0.1', 'http://:secret@127.0.0.1/x']) {
    const refusal = expect.objectContaining({ code: 'BAD_INPUT', details: expect.objectContaining({ what: 'bus' }) })
    expect(() => postgresBus({ url }), url).toThrow(refusal)
    expect(() => postgresBus({ url })).not.toThrow(/secret/)
  }
})
