/** What was acked is there, whatever ends the relay. */
import { digestOf, hex, JoineryError, type Store } from '@joinery/core'
import { memoryStore, seededRandom, storeDisk, type StoreStep } from '@joinery/core/testing'
import { yjs } from '@joinery/adapters/engines/yjs'
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import type { PushedEntry } from '@joinery/core/protocol'
import { foldWith, type Fold } from '../../src/index.ts'
import { dial, type Dialled } from '../dial.ts'
import { rig, type as typing, update, writer, type Writer } from '../rig.ts'
import { served } from '../served.ts'
import { spawnRelay } from '../spawned.ts'
import { readyAnswers } from '../ready.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-durability-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A device that keeps writing, remembers what was acked, and sends again what was not. */
interface Pusher {
  readonly acked: Map<number, { seq: number; digest: string }>
  connect(port: number): Promise<void>
  /** Sends what is pending, then more and more until the socket ends. */
  write(): Promise<void>
  settled(): Promise<void>
}

function pusher(name: string, device: string, author: number): Pusher {
  const writers: Writer[] = [writer(author), writer(author + 1)]
  const acked = new Map<number, { seq: number; digest: string }>()
  const pending = new Map<number, PushedEntry>()
  let link: Dialled | undefined
  let n = 0
  const note = (): void => {
    for (const message of link?.heard ?? []) {
      if (message.type !== 'ack') continue
      for (const { n: which, seq } of message.entries) {
        const entry = pending.get(which)
        if (entry === undefined) continue
        acked.set(which, { seq, digest: hex(digestOf(entry.bytes)) })
        pending.delete(which)
      }
    }
  }
  return {
    acked,
    async connect(port) {
      link = await dial(port, name, device)
      for (const entry of pending.values()) link.push('garden', entry)
    },
    async write() {
      try {
        for (;;) {
          for (let burst = 0; burst < 5; burst++) {
            n += 1
            const at = n % writers.length
            const entry = update(n, `${device}-${at}`, writers[at]!.edit(typing(`${n} `)))
            pending.set(n, entry)
            link?.push('garden', entry)
          }
          await link?.next('ack')
          note()
        }
      } catch {
        note()
      }
    },
    async settled() {
      while (pending.size > 0) {
        await link?.next('ack')
        note()
      }
    },
  }
}

/** Everything of the space, from the beginning. */
async function logOf(port: number): Promise<Map<number, { name: string; digest: string }>> {
  const reader = await dial(port, 'reader', 'reader')
  reader.say({ type: 'watch', space: 'garden', cursor: undefined })
  const { cursor } = await reader.next('changes')
  reader.say({ type: 'watch', space: 'garden', cursor: { epoch: cursor.epoch, seq: 0, mark: new Uint8Array(16) } })
  const log = new Map<number, { name: string; digest: string }>()
  let isLive = cursor.seq === 0
  while (!isLive) {
    const changes = await reader.next('changes')
    for (const { seq, device, n, bytes } of changes.entries)
      log.set(seq, { name: `${device} ${n}`, digest: hex(digestOf(bytes)) })
    isLive = changes.live
  }
  reader.socket.terminate()
  return log
}

async function checkAcked(port: number, pushers: readonly Pusher[], devices: readonly string[]): Promise<void> {
  const log = await logOf(port)
  expect([...log.keys()]).toEqual(Array.from({ length: log.size }, (_, i) => i + 1))
  expect(new Set([...log.values()].map(({ name }) => name)).size).toBe(log.size)
  for (const [i, { acked }] of pushers.entries()) {
    for (const [n, { seq, digest }] of acked) expect(log.get(seq)).toEqual({ name: `${devices[i]} ${n}`, digest })
  }
}

test('[DU-05] a disk that is full refuses what would not fit, for now, and serves what is there', async () => {
  const store = sqliteStore({ file: join(folder(), 'log.db'), maxBytes: 1_000_000 })
  const { device, counted } = await served({ store })
  const ann = await device('ann', 'phone')
  let n = 0
  let answer: number | string = 0
  while (typeof answer === 'number') {
    n += 1
    ann.push('garden', update(n, `d${n}`, writer(n).edit(typing('x'.repeat(100_000)))))
    answer = await ann.answer(n)
  }
  expect(answer).toBe('QUOTA')
  expect(n).toBeGreaterThan(3)
  expect(counted('answered.QUOTA')).toBe(1)
  ann.say({ type: 'fetch', space: 'garden', document: 'd1', before: 0 })
  expect((await ann.next('bodies')).entries).toHaveLength(1)
  ann.say({ type: 'fetch', space: 'garden', document: `d${n}`, before: 0 })
  expect((await ann.next('bodies')).entries).toEqual([])
})

/** A relay that dies at a step of a store method: nothing of it runs afterwards. */
function dying(
  at: StoreStep,
  method: keyof Store,
  keep: number,
): { disk: ReturnType<typeof storeDisk>; arm(): void; died: Promise<void> } {
  let isArmed = false
  let tell = (): void => undefined
  const died = new Promise<void>(resolve => (tell = resolve))
  const disk = storeDisk({
    step(step, of) {
      if (!isArmed || step !== at || of !== method) return undefined
      isArmed = false
      disk.crash(keep)
      tell()
      return new Promise<void>(() => undefined)
    },
  })
  return { disk, arm: () => void (isArmed = true), died }
}

test('[DU-09] [DU-10] a crash behind the commit, before anybody is told: readers find it, and sent again it is the same', async () => {
  const { disk, arm, died } = dying('flush', 'commit', 1)
  const before = rig({ store: memoryStore({ disk }) })
  const [ann, bob] = [await before.device('ann', 'phone'), await before.device('bob', 'laptop')]
  bob.say({ type: 'watch', space: 'garden', cursor: undefined })
  await before.rest()
  const entry = update(1, 'd', writer(1).edit(typing('x')))
  arm()
  ann.say({ type: 'push', space: 'garden', entries: [entry] })
  await before.rest()
  await died
  before.relay.close()
  expect([ann.of('ack'), bob.of('changes').flatMap(({ entries }) => entries)]).toEqual([[], []])

  const after = rig({ store: memoryStore({ disk }) })
  const [again, reader] = [await after.device('ann', 'phone'), await after.device('bob', 'laptop')]
  reader.say({ type: 'watch', space: 'garden', cursor: bob.of('changes')[0]?.cursor })
  again.say({ type: 'push', space: 'garden', entries: [entry] })
  await after.rest(5_000)
  expect(reader.of('changes').flatMap(({ entries }) => entries.map(({ seq, n }) => [seq, n]))).toEqual([[1, 1]])
  expect(again.of('ack')).toEqual([{ type: 'ack', space: 'garden', entries: [{ n: 1, seq: 1 }] }])
  expect((await after.store.head('garden'))?.seq).toBe(1)
})

test('[DU-10] a crash before the commit is durable: nobody was told, and sent again it is written', async () => {
  const { disk, arm, died } = dying('flush', 'commit', 0)
  const before = rig({ store: memoryStore({ disk }) })
  const ann = await before.device('ann', 'phone')
  const entry = update(1, 'd', writer(1).edit(typing('x')))
  arm()
  ann.say({ type: 'push', space: 'me', entries: [entry] })
  await before.rest()
  await died
  before.relay.close()
  expect(ann.of('ack')).toEqual([])
  const after = rig({ store: memoryStore({ disk }) })
  const again = await after.device('ann', 'phone')
  again.say({ type: 'push', space: 'me', entries: [entry] })
  await after.rest()
  expect(again.of('ack')).toMatchObject([{ entries: [{ n: 1, seq: 1 }] }])
})

const fold: Fold = async (engine, updates) => (engine === 'yjs' ? foldWith(yjs, seededRandom(1), updates) : undefined)

test.each([
  ['reading', 'read', 'body', 0],
  ['writing', 'write', 'fold', 0],
  ['before it is on the disk', 'flush', 'fold', 0],
  ['when it is on the disk', 'flush', 'fold', 1],
] as const)(
  '[DU-11] a crash while a document is folded, %s: the old entries or the snapshot, never neither',
  async (_when, step, method, keep) => {
    const { disk, arm, died } = dying(step, method, keep)
    const limits = { foldEntries: 10, foldQuietMs: 1_000 }
    const before = rig({ store: memoryStore({ disk }), fold, limits })
    const ann = await before.device('ann', 'phone')
    const w = writer(1)
    for (let n = 1; n <= 12; n++)
      ann.say({ type: 'push', space: 'garden', entries: [update(n, 'd', w.edit(typing(`${n} `)))] })
    await before.rest()
    arm()
    await before.rest(3_000)
    await died
    before.relay.close()

    const store = memoryStore({ disk })
    const text = async (): Promise<string> => {
      const doc = new Y.Doc()
      for (const { bytes } of await store.body('garden', 'd')) Y.applyUpdate(doc, bytes)
      return doc.getText('body').toJSON()
    }
    expect(await store.body('garden', 'd')).toHaveLength(keep === 1 ? 1 : 12)
    expect(await text()).toBe(w.doc.getText('body').toJSON())
    // And the next relay folds it, or has nothing to fold.
    const after = rig({ store, fold, limits })
    await after.rest(130_000)
    expect(await store.body('garden', 'd')).toHaveLength(1)
    expect(await text()).toBe(w.doc.getText('body').toJSON())
  },
)

test('[DU-12] a store that is down refuses service on a real socket, and is ready again when it is back', async () => {
  const file = join(folder(), 'log.db')
  const base = sqliteStore({ file })
  let isDown = false
  const down =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      isDown ? Promise.reject(new JoineryError('UNAVAILABLE')) : call(...args)
  const store: Store = {
    ...base,
    head: down(base.head),
    document: down(base.document),
    authors: down(base.authors),
    body: down(base.body),
    commit: down(base.commit),
    probe: down(base.probe),
  }
  const { device, port } = await served({ store })
  const ann = await device('ann', 'phone')
  ann.push('garden', update(1, 'd', writer(1).edit(typing('x'))))
  expect(await ann.answer(1)).toBe(1)
  isDown = true
  await readyAnswers(port, 503)
  ann.say({ type: 'fetch', space: 'garden', document: 'd', before: 0 })
  ann.push('garden', update(2, 'd', writer(2).edit(typing('y'))))
  expect((await ann.next('refused', ({ n }) => n === undefined)).code).toBe('UNAVAILABLE')
  expect(await ann.answer(2)).toBe('UNAVAILABLE')
  isDown = false
  await readyAnswers(port, 200)
  ann.say({ type: 'fetch', space: 'garden', document: 'd', before: 0 })
  expect((await ann.next('bodies')).entries).toHaveLength(1)
})

test('[DU-13] told to stop while a device writes: 1012, exit 0, and everything acked is there', async () => {
  const data = folder()
  const relay = await spawnRelay(data)
  const one = pusher('ann', 'phone', 10)
  await one.connect(relay.port)
  const idle = await dial(relay.port, 'bob', 'laptop')
  const writing = one.write()
  await expect.poll(() => one.acked.size).toBeGreaterThan(20)
  relay.signal('SIGTERM')
  expect(await idle.closed()).toMatchObject({ code: 1012 })
  expect(idle.heard.at(-1)).toMatchObject({ type: 'bye', code: 'UNAVAILABLE' })
  await writing
  expect(await relay.ended()).toBe(0)
  const again = await spawnRelay(data)
  await checkAcked(again.port, [one], ['phone'])
  await one.connect(again.port)
  await one.settled()
  await checkAcked(again.port, [one], ['phone'])
})

test('[DU-14] killed while it stops: everything acked is there', async () => {
  const data = folder()
  const relay = await spawnRelay(data)
  const one = pusher('ann', 'phone', 10)
  await one.connect(relay.port)
  const writing = one.write()
  await expect.poll(() => one.acked.size).toBeGreaterThan(20)
  relay.signal('SIGTERM')
  relay.signal('SIGKILL')
  await writing
  expect(await relay.ended()).toBeNull()
  const again = await spawnRelay(data)
  await checkAcked(again.port, [one], ['phone'])
})
