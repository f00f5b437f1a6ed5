// Where the time of an edit went, as a collector of OpenTelemetry is told, over its own protocol.
import { memoryHub } from '@joinery/adapters/bus/memory'
import { systemClock } from '@joinery/adapters/clock/system'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { openTelemetry } from '@joinery/adapters/tracer/opentelemetry'
import type { Tracer } from '@joinery/core'
import { memoryStore } from '@joinery/core/testing'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { dial } from '../dial.ts'
import { visit } from '../import/old-servers.ts'
import { type as typing, update, writer } from '../rig.ts'
import { served } from '../served.ts'
import { runJoinery, spawnRelay } from '../spawned.ts'
import { collector, type CollectedSpan, type Collector } from './collector.ts'

const SECRET = 'k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu'
const clock = systemClock()

function tracer({ url }: Pick<Collector, 'url'>, sample = 1): Tracer {
  return openTelemetry({ url, sample, version: '0.0.0', clock, random: cryptoRandom() })
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-traces-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function watching(port: number, name: string): ReturnType<typeof dial> {
  const device = await dial(port, name, `${name}-phone`)
  device.say({ type: 'watch', space: 'garden', cursor: undefined })
  await device.next('changes')
  return device
}

/** One of each name. */
function only(spans: readonly CollectedSpan[]): CollectedSpan {
  const [span, ...others] = spans
  if (span === undefined || others.length > 0) throw new Error(`${spans.length} spans`)
  return span
}

test('one edit is one trace, from its arrival to its readers on this node and on another', async () => {
  const told = await collector()
  const [hub, store] = [memoryHub(), memoryStore()]
  const [here, there] = [tracer(told), tracer(told)]
  const [a, b] = [
    await served({ store, bus: hub.bus(), tracer: here }),
    await served({ store, bus: hub.bus(), tracer: there }),
  ]
  const ann = await watching(a.port, 'ann')
  const readers = [await watching(a.port, 'bob'), await watching(b.port, 'cleo')]
  const dan = new Y.Doc()
  const atTheDoor = await visit(`ws://127.0.0.1:${b.port}/y/garden`, 'plans', dan, { token: 'dev:dan' })
  const shown = new Promise(resolve => dan.once('update', resolve))
  ann.push('garden', update(1, 'plans', writer(1).edit(typing('hush'))))
  expect(await ann.answer(1)).toBe(1)
  for (const reader of readers) await reader.next('changes', ({ entries }) => entries.length === 1)
  await shown
  atTheDoor.destroy()
  await Promise.all([here.close(), there.close()])

  const deliveries = await told.named('deliver', 2)
  const of = async (name: string): Promise<CollectedSpan> => only(await told.named(name))
  const edit = await of('edit')
  expect(told.spans.map(({ traceId }) => traceId)).toEqual(told.spans.map(() => edit.traceId))
  expect(edit.parentSpanId).toBeUndefined()
  expect(edit.notes).toMatchObject({ 'joinery.type': 'update', 'joinery.answer': 'acked', 'joinery.seq': 1 })

  const [receive, gate, queue] = [await of('receive'), await of('gate'), await of('queue')]
  for (const part of [receive, gate, queue]) expect(part.parentSpanId).toBe(edit.spanId)
  const commit = await of('commit')
  expect([commit.parentSpanId, commit.links]).toEqual([edit.spanId, [edit.spanId]])
  const publish = await of('publish')
  expect(publish.parentSpanId).toBe(commit.spanId)

  const [near, far] = [edit.instance, deliveries.find(({ instance }) => instance !== edit.instance)?.instance]
  const readersBy = Object.fromEntries(deliveries.map(({ instance, notes }) => [instance, notes['joinery.readers']]))
  expect(readersBy).toEqual({ [near]: 2, [String(far)]: 2 })
  for (const delivery of deliveries) {
    expect(delivery.parentSpanId).toBe(publish.spanId)
    expect(delivery.events).toEqual(['first reader', 'last reader'])
    expect(delivery.notes['joinery.space']).toBe(edit.notes['joinery.space'])
  }

  // In the order in which it went, and one behind the other.
  const steps = [receive, gate, queue, commit, publish, ...deliveries]
  for (const step of steps) expect(step.end).toBeGreaterThanOrEqual(step.start)
  expect([receive.end, gate.end, queue.end]).toEqual([gate.start, queue.start, commit.start])
  expect(publish.start).toBeGreaterThanOrEqual(commit.end)
  for (const delivery of deliveries) expect(delivery.end).toBeGreaterThanOrEqual(publish.start)
})

test('who is at the y-websocket door is one of the readers', async () => {
  const told = await collector()
  const here = tracer(told)
  const relay = await served({ tracer: here })
  const bob = new Y.Doc()
  const provider = await visit(`ws://127.0.0.1:${relay.port}/y/garden`, 'plans', bob, { token: 'dev:bob' })
  const shown = new Promise(resolve => bob.once('update', resolve))
  const ann = await dial(relay.port, 'ann', 'phone')
  ann.push('garden', update(1, 'plans', writer(1).edit(typing('hello'))))
  await shown
  provider.destroy()
  await here.close()
  const delivery = only(await told.named('deliver'))
  expect([delivery.notes['joinery.readers'], delivery.events]).toEqual([1, ['first reader', 'last reader']])
})

test('a commit is one span, which links each of its edits', async () => {
  const told = await collector()
  const here = tracer(told)
  const relay = await served({ tracer: here })
  const ann = await dial(relay.port, 'ann', 'phone')
  const doc = writer(1)
  ann.push('me', ...[1, 2, 3].map(n => update(n, 'plans', doc.edit(typing(`${n} `)))))
  expect(await ann.answer(3)).toBe(3)
  await here.close()
  const commits = await told.named('commit')
  const edits = await told.named('edit', 3)
  expect(commits.flatMap(({ links }) => links).toSorted()).toEqual(edits.map(({ spanId }) => spanId).toSorted())
  expect(commits.reduce((sum, { notes }) => sum + Number(notes['joinery.entries']), 0)).toBe(3)
  expect(commits.length).toBeLessThan(3)
})

test('an edit that is refused ends with its code, and is in no commit', async () => {
  const told = await collector()
  const here = tracer(told)
  const relay = await served({ tracer: here })
  const ann = await dial(relay.port, 'ann', 'phone')
  ann.push('me', { ...update(1, 'plans', new Uint8Array([1, 2, 3])) })
  expect(await ann.answer(1)).toBe('BAD_UPDATE')
  await here.close()
  expect(only(await told.named('edit')).notes['joinery.answer']).toBe('BAD_UPDATE')
  expect(told.spans.filter(({ name }) => name === 'commit')).toEqual([])
})

test('[OP-01] no name, no token and nothing of a document is in what a collector is told', async () => {
  const told = await collector()
  const data = folder()
  const relay = await spawnRelay(data, undefined, ['--otlp', told.url, '--otlp-sample', '1'])
  const ann = await watching(relay.port, 'canary-name')
  ann.push('garden', update(1, 'canary-document', writer(1).edit(typing('canary-text'))))
  ann.push('me', update(2, 'canary-document', new TextEncoder().encode('canary-bytes')))
  ann.push('me', { ...update(3, 'd', new Uint8Array(2)), kind: 'canary-kind', engine: 'canary-engine' })
  for (const n of [1, 2, 3]) await ann.answer(n)
  relay.signal('SIGTERM')
  expect(await relay.ended()).toBe(0)
  expect(told.spans.filter(({ name }) => name === 'edit')).toHaveLength(3)
  const all = told.bodies.join('\n')
  for (const word of ['canary', 'garden', 'dev:', data]) expect(all).not.toContain(word)
})

test('a collector that is not there costs no edit, and the log says so', async () => {
  const relay = await spawnRelay(folder(), undefined, ['--otlp', 'http://127.0.0.1:1', '--otlp-sample', '1'])
  const ann = await dial(relay.port, 'ann', 'phone')
  ann.push('me', update(1, 'plans', writer(1).edit(typing('hello'))))
  expect(await ann.answer(1)).toBe(1)
  expect(await relay.logged(line => line['event'] === 'traces-failed')).toMatchObject({ level: 'warn' })
  relay.signal('SIGTERM')
  expect(await relay.ended()).toBe(0)
})

test('OpenTelemetry is loaded by a relay that traces, and by no other', async () => {
  const told = await collector()
  expect(await loaded(['--otlp', told.url])).not.toEqual([])
  expect(await loaded([])).toEqual([])
})

test('[OP-04] an address or a fraction that cannot be right is refused at the start', async () => {
  const serve = (...args: string[]): ReturnType<typeof runJoinery> =>
    runJoinery(['serve', '--dev', '--port', '0', '--data', folder(), ...args])
  const refusals = await Promise.all([
    serve('--otlp', 'collector'),
    serve('--otlp', 'file:///etc/passwd'),
    serve('--otlp', 'http://127.0.0.1:1', '--otlp-sample', '0'),
    serve('--otlp', 'http://127.0.0.1:1', '--otlp-sample', '2'),
    serve('--otlp', 'http://127.0.0.1:1', '--otlp-sample', 'all'),
    serve('--otlp-sample', '0.5'),
  ])
  for (const { code, err } of refusals) {
    expect(code).toBe(1)
    expect(err).toContain('--otlp')
  }
})

/** The files of OpenTelemetry's SDK that a relay had loaded when it ended, as V8 counts them. */
async function loaded(args: readonly string[]): Promise<string[]> {
  const coverage = folder()
  const env = { JOINERY_SECRET: SECRET, NODE_V8_COVERAGE: coverage }
  const relay = await spawnRelay(folder(), env, args)
  relay.signal('SIGTERM')
  expect(await relay.ended()).toBe(0)
  const reports = readdirSync(coverage).map(file => readFileSync(join(coverage, file), 'utf8'))
  expect(reports.join()).toContain('/relay/src/main.ts')
  const urls = reports.flatMap(report => [...report.matchAll(/"url":"([^"]*)"/g)].map(([, url = '']) => url))
  return urls.filter(url => /@opentelemetry\/(?:sdk|exporter|resources)/.test(url))
}
