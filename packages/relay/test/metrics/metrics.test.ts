import { request } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createCounters } from '../../src/metrics/counters.ts'
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../src/metrics/table.ts'
import { dial } from '../dial.ts'
import { type as typing, update, writer } from '../rig.ts'
import { runJoinery, spawnRelay, type Spawned } from '../spawned.ts'
import { scrape } from './scrape.ts'

const TOKEN = 'q8Zr3vKx7NwT1bLm5YcPd9HsJf2GeU4a'
const SECRET = 'k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-metrics-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function measured(): Promise<Spawned & { readonly metrics: number }> {
  const relay = await spawnRelay(folder(), undefined, ['--metrics-port', '0'])
  const { port } = await relay.logged(line => line['event'] === 'metrics')
  return { ...relay, metrics: Number(port) }
}

test('every figure is there from the start, under its name and type, and no two share one', async () => {
  const relay = await measured()
  const { families, status } = await scrape(relay.metrics)
  expect(status).toBe(200)
  const named = (table: Record<string, { metric: string }>): string[] =>
    Object.values(table).map(({ metric }) => metric)
  for (const metric of named(COUNTERS)) expect([metric, families.get(metric)]).toEqual([metric, 'COUNTER'])
  for (const metric of named(GAUGES)) expect([metric, families.get(metric)]).toEqual([metric, 'GAUGE'])
  for (const metric of named(HISTOGRAMS)) expect([metric, families.get(metric)]).toEqual([metric, 'HISTOGRAM'])
  const all = [COUNTERS, GAUGES, HISTOGRAMS].flatMap(named)
  expect(new Set(all).size).toBe(all.length)
  for (const metric of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_p99_seconds',
  ])
    expect(families.has(metric)).toBe(true)
})

test('how late the event loop is, is told without the time between two looks at it', async () => {
  const relay = await measured()
  const { value } = await scrape(relay.metrics)
  for (const which of ['p50', 'p99', 'max']) {
    const lag = value(`nodejs_eventloop_lag_${which}_seconds`)
    expect(lag).toBeDefined()
    expect(value('joinery_event_loop_delay_seconds', { of: which })).toBeCloseTo(Math.max(0, (lag ?? 0) - 0.02), 9)
  }
})

test('figures move as edits, readers and refusals do', async () => {
  const relay = await measured()
  const before = await scrape(relay.metrics)
  expect(before.value('joinery_connections', { by: 'websocket' })).toBe(0)
  expect(before.value('joinery_ack_seconds_count')).toBe(0)
  expect(before.value('joinery_links_accepted_total')).toBe(0)

  const [ann, bob] = [await dial(relay.port, 'ann', 'phone'), await dial(relay.port, 'bob', 'laptop')]
  for (const device of [ann, bob]) {
    device.say({ type: 'watch', space: 'garden', cursor: undefined })
    await device.next('changes')
  }
  const writing = writer(1)
  for (const n of [1, 2, 3]) {
    ann.push('garden', update(n, 'd', writing.edit(typing('x'))))
    await ann.answer(n)
  }
  ann.push('garden', update(4, 'd', new Uint8Array([1, 2, 3])))
  expect(await ann.answer(4)).toBe('BAD_UPDATE')
  await bob.next('changes', ({ cursor }) => cursor.seq === 3)
  const door = new WebSocket(`ws://127.0.0.1:${relay.port}/y/garden/d?token=dev:cem`)
  door.on('open', () => door.send(new Uint8Array([0, 0, 1, 0])))
  await new Promise<void>(resolve => {
    // A SyncStep2: the document was put together for it.
    door.on('message', (data: Uint8Array) => data[0] === 0 && data[1] === 1 && resolve())
  })

  const after = await scrape(relay.metrics)
  expect(after.value('joinery_connections', { by: 'websocket' })).toBe(2)
  expect(after.value('joinery_connections', { by: 'door' })).toBe(1)
  expect(after.value('joinery_door_documents')).toBe(1)
  expect(after.value('joinery_watches')).toBe(2)
  expect(after.value('joinery_links_accepted_total')).toBe(2)
  expect(after.value('joinery_door_accepted_total')).toBe(1)
  expect(after.value('joinery_answers_total', { code: 'acked' })).toBe(3)
  expect(after.value('joinery_answers_total', { code: 'BAD_UPDATE' })).toBe(1)
  expect(after.value('joinery_ack_seconds_count')).toBe(3)
  expect(after.value('joinery_ack_seconds_sum')).toBeGreaterThan(0)
  expect(after.value('joinery_commit_entries_sum')).toBe(3)
  expect(after.value('joinery_joins_total', { from: 'store' })).toBe(1)
  expect(after.value('joinery_queue_entries')).toBe(0)
  expect(after.value('joinery_queue_bytes')).toBe(0)
  expect(after.value('joinery_store_bytes', { file: 'database' })).toBeGreaterThan(0)
  // Three commits to two readers, and what was said before.
  expect(after.value('joinery_frames_sent_total')).toBeGreaterThanOrEqual(6)
  expect(after.value('joinery_bytes_sent_total')).toBeGreaterThan(100)
  // Bounds rise, counts too, and the last holds all.
  const { '+Inf': all, ...bounded } = after.buckets('joinery_ack_seconds')
  const counts = Object.entries(bounded)
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([, count]) => count)
  expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  expect(all).toBe(3)

  door.close()
  ann.socket.close()
  await ann.closed()
  for (;;) {
    const later = await scrape(relay.metrics)
    if (later.value('joinery_connections', { by: 'websocket' }) === 1) break
  }
})

test('no figure names a space, a document or a person', async () => {
  const relay = await measured()
  const ann = await dial(relay.port, 'canary-person', 'canary-device')
  ann.say({ type: 'watch', space: 'canary-space', cursor: undefined })
  await ann.next('changes')
  ann.push('canary-space', update(1, 'canary-document', writer(1).edit(typing('canary-text'))))
  await ann.answer(1)
  expect((await scrape(relay.metrics)).text).not.toContain('canary')
})

test('[OP-06] metrics are not on the public port, and a page reads them nowhere', async () => {
  const relay = await measured()
  expect((await scrape(relay.port)).status).toBe(404)
  expect((await scrape(relay.metrics, { Origin: 'http://127.0.0.1:1' })).status).toBe(403)
  // A name that was pointed here.
  expect(await statusOf(relay.metrics, 'evil.example')).toBe(403)
  expect(await statusOf(relay.metrics, `127.0.0.1:${relay.metrics}`)).toBe(200)
  expect((await fetch(`http://127.0.0.1:${relay.metrics}/v1/sync`)).status).toBe(404)
})

test('[OP-06] with a token they are on the public port for who brings it, and for nobody else', async () => {
  const relay = await spawnRelay(folder(), { JOINERY_SECRET: SECRET, JOINERY_METRICS_TOKEN: TOKEN })
  expect((await scrape(relay.port, { Authorization: `Bearer ${TOKEN}` })).families.size).toBeGreaterThan(10)
  for (const authorization of [
    `Bearer ${TOKEN}x`,
    `bearer ${TOKEN}`,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}, Bearer x`,
    'Bearer ',
    '',
  ])
    expect((await scrape(relay.port, { Authorization: authorization })).status).toBe(401)
  expect((await fetch(`http://127.0.0.1:${relay.port}/metrics?token=${TOKEN}`)).status).toBe(401)
  expect(relay.log()).not.toContain(TOKEN)
})

test('[OP-06] beyond this machine without a token, or with a weak one, it does not start', async () => {
  const serve = ['serve', '--port', '0', '--metrics-port', '0', '--data', folder()]
  const [open, weak] = await Promise.all([
    runJoinery([...serve, '--metrics-host', '0.0.0.0'], { JOINERY_SECRET: SECRET }),
    runJoinery(serve, { JOINERY_SECRET: SECRET, JOINERY_METRICS_TOKEN: 'weak-one' }),
  ])
  for (const { code, out, err } of [open, weak]) {
    expect([code, out]).toEqual([1, ''])
    expect(err).not.toContain('weak-one')
  }
  expect(open.err).toContain('JOINERY_METRICS_TOKEN')
})

test('however many labels come, a counter has a bounded number of them, and loses none', () => {
  const counters = createCounters()
  for (let i = 0; i < 1_000; i++) counters.add('closed', `code-${i}`)
  const labels = counters.labelled('closed')
  expect(labels.size).toBeLessThanOrEqual(65)
  expect([...labels.values()].reduce((sum, count) => sum + count, 0)).toBe(1_000)
  expect(labels.get('other')).toBeGreaterThan(900)
})

test('a value counts in the first bucket that holds it', () => {
  const counters = createCounters()
  for (const value of [1, 2, 3, 1_024, 5_000]) counters.observe('commit-entries', value)
  const { bounds, counts, sum } = counters.distribution('commit-entries')
  expect(Object.fromEntries([...bounds, Infinity].map((bound, at) => [bound, counts[at]]))).toMatchObject({
    1: 1,
    2: 1,
    4: 1,
    1_024: 1,
    Infinity: 1,
  })
  expect(sum).toBe(6_030)
})

/** Of a request that says it is for this host, which `fetch` would not say. */
function statusOf(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path: '/metrics', headers: { Host: host } }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.once('error', reject)
    asked.end()
  })
}
