// Two relays, one Postgres, one Redis, ten clients: what stops takes nothing with it that was acked or shown. The figures are `pnpm bench fleet`'s.
import { httpTransport } from '@joinery/adapters/transport/http'
import { decodeMessage, encodeMessage, VERSION, type ClientMessage, type RelayMessage } from '@joinery/core/protocol'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as Y from 'yjs'
import { startPostgres, type TestPostgres } from '../postgres.ts'
import { startRedis, type TestRedis } from '../redis.ts'
import { balancer } from './fleet/balancer.ts'
import { fleetTrial, type Trouble } from './fleet/trial.ts'
import { postgresGround } from './kill/ground.ts'
import { mortalRelay } from './kill/mortal-relay.ts'

const EDITS = 40
const EVERY_MS = 40
const command: [string, ...string[]] = [
  process.execPath,
  '--conditions=joinery-source',
  join(import.meta.dirname, '../../packages/relay/src/main.ts'),
]

let postgres: TestPostgres
let redis: TestRedis
beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([startPostgres(), startRedis()])
})
afterAll(async () => {
  await Promise.all([postgres.remove(), redis.remove()])
})

const troubles: Readonly<Record<Trouble, string>> = {
  node: 'a node is killed: its clients move to the other',
  redis: 'Redis is away for 3 s: hints are missing, and edits are not',
  pause: 'a node stands still for 3 s, and goes on with what it had',
  cut: 'a node does not reach Postgres for 3 s: it says so, and the other goes on',
  postgres: 'Postgres is away for 3 s: nothing is acked, the node says so, and it goes on by itself',
}

for (const [trouble, what] of Object.entries(troubles) as [Trouble, string][])
  test(`[R5] [MN-08] ${what}; nothing acked or shown is missing, and no name stands twice`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const trial = await fleetTrial({ command, postgres, redis, trouble, seed, awayMs: 3_000 })
    expect(trial.troubles).toEqual([])
    expect(trial.lost).toBe(0)
    expect(trial.acked).toBeGreaterThan(100)
  }, 120_000)

test('[P101] over HTTP every request may come to another node: edits are acked once and shown once, and presence does not flicker', async () => {
  const ground = await postgresGround(postgres)()
  const nodes = await Promise.all(
    [0, 1].map(() => mortalRelay(command, { ...ground, env: { ...ground.env, JOINERY_BUS: redis.url } })),
  )
  const lives = nodes.map(node => node.begin())
  for (const life of lives) expect(await life.ready).toBe(true)
  const front = await balancer(nodes.map(({ port }) => port))
  const linked = (name: string, onWelcome: (say: (message: ClientMessage) => void) => void): RelayMessage[] => {
    const heard: RelayMessage[] = []
    const say = (message: ClientMessage): void => wire.send(encodeMessage(message))
    const wire = httpTransport().connect(`ws://127.0.0.1:${front.port}/v1/sync`, {
      opened() {
        say({ type: 'hello', version: VERSION, device: name, token: `dev:${name}` })
        say({ type: 'watch', space: 'garden', cursor: undefined })
      },
      frame(bytes) {
        const message = decodeMessage(bytes) as RelayMessage
        heard.push(message)
        if (message.type === 'welcome') onWelcome(say)
      },
      closed: () => void heard.push({ type: 'bye', code: 'UNAVAILABLE', retryAfter: 0 }),
    })
    return heard
  }
  const doc = new Y.Doc()
  const read = linked('reader', () => undefined)
  const wrote = linked('writer', say => {
    for (let n = 1; n <= EDITS; n++) {
      const before = Y.encodeStateVector(doc)
      doc.getText('body').insert(0, `${n} `)
      const bytes = Y.encodeStateAsUpdate(doc, before)
      const about = { document: 'd', kind: 'raw', engine: 'yjs', at: 1, resupply: false } as const
      setTimeout(() => {
        say({ type: 'push', space: 'garden', entries: [{ n, type: 'update', bytes, ...about }] })
        say({
          type: 'presence',
          space: 'garden',
          document: 'd',
          clock: n,
          state: `{"at":${n}}`,
          session: '',
          subject: '',
        })
      }, n * EVERY_MS)
    }
  })
  const shown = (): number[] =>
    read.flatMap(message => (message.type === 'changes' ? message.entries.map(({ n }) => n) : []))
  const acked = (): number[] =>
    wrote.flatMap(message => (message.type === 'ack' ? message.entries.map(({ n }) => n) : []))
  const all = Array.from({ length: EDITS }, (_, at) => at + 1)
  await expect.poll(() => [shown().length, acked().length], { timeout: 30_000 }).toEqual([EDITS, EDITS])
  expect([shown(), acked()]).toEqual([all, all])
  const states = read.flatMap(message => (message.type === 'presence' ? [message.state] : []))
  expect(states.length).toBeGreaterThan(0)
  expect(states).not.toContain(undefined)
  for (const heard of [read, wrote]) {
    expect(heard.filter(({ type }) => type === 'welcome')).toHaveLength(1)
    expect(heard.filter(({ type }) => type === 'bye')).toEqual([])
  }
  for (const life of lives) life.signal('SIGKILL')
  front.close()
  await ground.remove()
}, 120_000)
