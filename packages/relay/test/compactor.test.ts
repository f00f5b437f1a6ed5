import { entryDigest, JoineryError, writeRegister, type Store } from '@joinery/core'
import { memoryStore, seededRandom, storeDisk } from '@joinery/core/testing'
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { bodiesFor } from '../src/bodies.ts'
import { foldWith, GATES, type Fold } from '../src/index.ts'
import type { Trials } from '../src/replay/culprit.ts'
import { foldByBytes, foldRegister } from '../src/workers/fold.ts'
import { trialsHere } from './replay/poison.ts'
import { rig, type, update, writer, type Device, type Rig } from './rig.ts'

const fold: Fold = async (engine, updates) => (engine === 'yjs' ? foldWith(yjs, seededRandom(1), updates) : undefined)
const limits = { foldEntries: 10, foldQuietMs: 1_000, foldSweepMs: 60_000 }

async function write(one: Rig, device: Device, document: string, count: number, author = 1): Promise<string> {
  const w = writer(author)
  for (let n = 1; n <= count; n++) {
    device.say({
      type: 'push',
      space: 'garden',
      entries: [update(author * 1_000 + n, document, w.edit(type(`${n} `)))],
    })
    await one.rest()
  }
  return w.doc.getText('body').toJSON()
}

async function textOf(store: Store, document: string): Promise<string> {
  const doc = new Y.Doc()
  for (const { bytes } of await store.body('garden', document)) Y.applyUpdate(doc, bytes)
  return doc.getText('body').toJSON()
}

test('[S3] a document that has grown and is quiet becomes one snapshot that holds the same, at the seq of its last entry', async () => {
  const one = rig({ fold, limits })
  const ann = await one.device('ann', 'phone')
  const text = await write(one, ann, 'd', 12)
  expect(await one.store.body('garden', 'd')).toHaveLength(12)
  await one.rest(5_000)
  expect(await one.store.body('garden', 'd')).toMatchObject([{ seq: 12, type: 'snapshot' }])
  expect(await textOf(one.store, 'd')).toBe(text)
  expect(one.relay.counters.read().get('folded')).toBe(1)
  // A reader from the beginning gets the snapshot, and the author goes on where he was.
  const bob = await one.device('bob', 'laptop')
  bob.say({
    type: 'watch',
    space: 'garden',
    cursor: { epoch: (await one.store.head('garden'))!.epoch, seq: 0, mark: new Uint8Array(16) },
  })
  await one.rest()
  expect(bob.of('changes').flatMap(({ entries }) => entries.map(({ seq, type }) => [seq, type]))).toEqual([
    [12, 'snapshot'],
  ])
})

test('[S3] edits that come while a snapshot is made are kept behind it', async () => {
  let release = (): void => undefined
  const slow: Fold = async (engine, updates) => {
    await new Promise<void>(resolve => (release = resolve))
    return fold(engine, updates)
  }
  const one = rig({ fold: slow, limits })
  const ann = await one.device('ann', 'phone')
  const w = writer(1)
  for (let n = 1; n <= 10; n++)
    ann.say({ type: 'push', space: 'garden', entries: [update(n, 'd', w.edit(type(`${n} `)))] })
  await one.rest(3_000)
  ann.say({ type: 'push', space: 'garden', entries: [update(11, 'd', w.edit(type('late')))] })
  await one.rest()
  release()
  await one.rest(10)
  expect((await one.store.body('garden', 'd')).map(({ seq, type }) => [seq, type])).toEqual([
    [10, 'snapshot'],
    [11, 'update'],
  ])
  expect(await textOf(one.store, 'd')).toBe(w.doc.getText('body').toJSON())
})

test('[D2] what came while it was replayed is not folded with what is known to be well', async () => {
  let release = (): void => undefined
  const here = trialsHere()
  const trials: Trials = {
    ...here,
    async try(...given) {
      await new Promise<void>(resolve => (release = resolve))
      return here.try(...given)
    },
  }
  const one = rig({ fold, trials, limits })
  const ann = await one.device('ann', 'phone')
  const w = writer(1)
  const push = (n: number): void =>
    ann.say({ type: 'push', space: 'garden', entries: [update(n, 'd', w.edit(type(`${n} `)))] })
  for (let n = 1; n <= 10; n++) push(n)
  await one.rest(3_000)
  push(11)
  await one.rest()
  release()
  await one.rest(10)
  expect((await one.store.body('garden', 'd')).map(({ seq, type }) => [seq, type])).toEqual([
    [10, 'snapshot'],
    [11, 'update'],
  ])
})

test('[D2] what nobody could replay is not folded, until somebody can', async () => {
  const here = trialsHere()
  let isAway = true
  const trials: Trials = {
    ...here,
    try: async (...given) => {
      if (isAway) throw new JoineryError('UNAVAILABLE', { what: 'workers' })
      return here.try(...given)
    },
  }
  const one = rig({ fold, trials, limits })
  const ann = await one.device('ann', 'phone')
  await write(one, ann, 'd', 12)
  await one.rest(30_000)
  expect(await one.store.body('garden', 'd')).toHaveLength(12)
  isAway = false
  await one.rest(30_000)
  expect(await one.store.body('garden', 'd')).toMatchObject([{ seq: 12, type: 'snapshot' }])
})

test.each([12, 300])(
  '[D2] what another node voids while a snapshot is made does not come back with it, of %s entries',
  async count => {
    const store = memoryStore()
    let folds = 0
    const overtaken: Fold = async (engine, updates) => {
      if (++folds > 1) return fold(engine, updates)
      const { seq: _, ...last } = (await store.body('garden', 'd')).at(-1)!
      const entry = { ...last, type: 'void' as const, device: 'relay', n: 1, subject: '', basedOn: 0, authors: [] }
      await store.void({ space: 'garden', seq: count, instead: undefined, entry: { ...entry, digest: entryDigest(entry) } }) // prettier-ignore
      return fold(engine, updates)
    }
    const one = rig({ store, fold: overtaken, limits })
    const ann = await one.device('ann', 'phone')
    const text = await write(one, ann, 'd', count - 1)
    ann.say({ type: 'push', space: 'garden', entries: [update(9_001, 'd', writer(2).edit(type('voided')))] })
    await one.rest()
    expect(await textOf(store, 'd')).toContain('voided')
    await one.rest(5_000)
    expect(one.relay.counters.read().get('fold-overtaken')).toBe(1)
    expect(await store.body('garden', 'd')).toHaveLength(count + 1)
    await one.rest(120_000)
    expect(await store.body('garden', 'd')).toHaveLength(1)
    expect(await textOf(store, 'd')).toBe(text)
    one.relay.close()
  },
)

test('[DU-18] a document that somebody writes slowly all day is folded now and then, and not as soon as it could be', async () => {
  const one = rig({ fold, limits })
  const ann = await one.device('ann', 'phone')
  const w = writer(1)
  let written = 0
  const writeFor = async (ms: number): Promise<void> => {
    for (let gone = 0; gone < ms; gone += 500) {
      ann.say({ type: 'push', space: 'garden', entries: [update(++written, 'd', w.edit(type(`${written} `)))] })
      await one.rest(500)
    }
  }
  const folds = (): number | undefined => one.relay.counters.read().get('folded')
  await writeFor(40_000)
  expect(await one.store.body('garden', 'd')).toHaveLength(written)
  await writeFor(30_000)
  expect(folds()).toBe(1)
  await writeFor(60_000)
  expect(folds()).toBe(2)
  expect((await one.store.body('garden', 'd')).length).toBeLessThan(written)
  expect(await textOf(one.store, 'd')).toBe(w.doc.getText('body').toJSON())
}, 60_000)

test('[T2] a document that breaks its worker three times is quarantined alone, and can still be read', async () => {
  const broken: Fold = async (engine, updates) => {
    const doc = new Y.Doc()
    for (const bytes of updates) Y.applyUpdate(doc, bytes)
    if (doc.getText('body').toJSON().includes('poison')) throw new Error('out of memory')
    return fold(engine, updates)
  }
  const one = rig({ fold: broken, limits })
  const ann = await one.device('ann', 'phone')
  const w = writer(3)
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'p', w.edit(type('poison')))] })
  for (let n = 2; n <= 12; n++) ann.say({ type: 'push', space: 'garden', entries: [update(n, 'p', w.edit(type('x')))] })
  await one.rest()
  await write(one, ann, 'd', 12)
  await one.rest(60_000)
  expect(one.relay.counters.read().get('quarantined')).toBe(1)
  expect(one.relay.counters.read().get('fold-failed')).toBe(3)
  expect(await one.store.body('garden', 'd')).toHaveLength(1)
  ann.forget()
  ann.say({
    type: 'push',
    space: 'garden',
    entries: [update(13, 'p', w.edit(type('y'))), update(14, 'e', writer(9).edit(type('y')))],
  })
  ann.say({ type: 'fetch', space: 'garden', document: 'p', before: 0 })
  await one.rest()
  expect(ann.of('refused')).toMatchObject([{ n: 13, code: 'QUARANTINED' }])
  expect(ann.of('ack')).toMatchObject([{ entries: [{ n: 14 }] }])
  expect(ann.of('bodies')[0]?.entries).toHaveLength(12)
})

test('[R4] [CR-25] a document from which something is missing waits for a device that has it, and is folded when it is whole', async () => {
  const foldAny: Fold = async (engine, updates) =>
    foldWith(engine === 'yjs' ? yjs : automerge, seededRandom(1), updates)
  const one = rig({ fold: foldAny, gates: GATES, limits: { ...limits, foldSweepMs: 10_000 } })
  const [base, doc] = [automerge.open('0a'), automerge.open('0b')]
  const updates: Uint8Array[] = []
  base.change(() => base.text('body').insert(0, 'lost'))
  doc.apply(base.encode())
  doc.onUpdate(bytes => void updates.push(Uint8Array.from(bytes)))
  for (let i = 0; i < 13; i++) doc.change(() => doc.text('body').insert(4, `${i}`))
  const [later, ...pushed] = updates.toReversed()
  const of = { kind: 'note', engine: 'automerge' } as const
  // What they are built on was lost, and they do not tell.
  const bob = await one.device('bob', 'laptop')
  for (const [at, bytes] of pushed.toReversed().entries())
    bob.say({ type: 'push', space: 'garden', entries: [update(at + 1, 'd', bytes, of)] })
  await one.rest(60_000)
  expect(one.lines.filter(({ event }) => event === 'quarantined')).toMatchObject([
    { fields: { document: 'd', reason: 'something is missing from its log' } },
  ])
  bob.forget()
  bob.say({ type: 'push', space: 'garden', entries: [update(13, 'd', later!, of)] })
  await one.rest()
  expect(bob.of('refused')).toMatchObject([{ n: 13, code: 'QUARANTINED' }])
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: { epoch: 'another', seq: 1, mark: new Uint8Array(16) } })
  ann.say({
    type: 'have',
    space: 'garden',
    documents: [{ document: 'd', engine: 'automerge', version: base.version() }],
  })
  await one.rest()
  expect(ann.of('want')).toMatchObject([{ documents: [{ document: 'd', version: new Uint8Array() }] }])
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', base.encode(), { ...of, resupply: true })] })
  await one.rest(20)
  bob.say({ type: 'push', space: 'garden', entries: [update(13, 'd', later!, of)] })
  await one.rest(60_000)
  expect(bob.of('ack')).toMatchObject([{ entries: [{ n: 13 }] }])
  const [folded, ...more] = await one.store.body('garden', 'd')
  expect(more).toEqual([])
  const again = automerge.open('0c')
  again.apply(folded!.bytes)
  expect(again.digest()).toBe(doc.digest())
})

test('[R4] a document whose log holds an edit before what it is built on is whole, however small the parts it is folded in', async () => {
  const sizes: number[] = []
  const stumbling: Fold = async (engine, updates) => {
    sizes.push(updates.length)
    if (sizes.length < 3) throw new Error('its worker ended')
    return foldWith(engine === 'yjs' ? yjs : automerge, seededRandom(1), updates)
  }
  const one = rig({ fold: stumbling, gates: GATES, limits })
  const [base, doc] = [automerge.open('0a'), automerge.open('0b')]
  const updates: Uint8Array[] = []
  base.change(() => base.text('body').insert(0, 'late'))
  doc.apply(base.encode())
  doc.onUpdate(bytes => void updates.push(Uint8Array.from(bytes)))
  for (let i = 0; i < 299; i++) doc.change(() => doc.text('body').insert(4, `${i}`))
  const ann = await one.device('ann', 'phone')
  for (const [at, bytes] of [...updates, base.encode()].entries()) {
    const entry = update(at + 1, 'd', bytes, { kind: 'note', engine: 'automerge' })
    ann.say({ type: 'push', space: 'garden', entries: [entry] })
    await one.rest()
  }
  await one.rest(60_000)
  expect(one.lines.filter(({ event }) => event === 'quarantined')).toEqual([])
  // The smallest part waits for the last entry, and is folded with it.
  expect(sizes).toEqual([300, 300, 256, 300])
  const [folded, ...more] = await one.store.body('garden', 'd')
  expect(more).toEqual([])
  const again = automerge.open('0c')
  again.apply(folded!.bytes)
  expect(again.digest()).toBe(doc.digest())
})

test('[T2] [CR-22] a document that is more work than a worker may have is folded by its bytes and quarantined alone, and can be read', async () => {
  const sizes: string[] = []
  const heavy: Fold = async (engine, updates, by = 'replay') => {
    sizes.push(`${by} ${updates.length}`)
    if (by === 'replay') throw new JoineryError('TOO_LARGE', { what: 'work', budget: 'time' })
    return engine === 'yjs' ? foldByBytes(updates) : undefined
  }
  const one = rig({ fold: heavy, limits })
  const ann = await one.device('ann', 'phone')
  const text = await write(one, ann, 'd', 600)
  await one.rest(60_000)
  // In smaller parts each time, before it is given up.
  expect(sizes).toEqual(['replay 600', 'replay 600', 'replay 256', 'join 600'])
  expect(one.relay.counters.read().get('fold-over-budget')).toBe(1)
  expect(one.relay.counters.read().get('quarantined')).toBe(1)
  expect(one.lines.filter(({ event }) => event === 'quarantined').map(({ fields }) => fields['document'])).toEqual([
    'd',
  ])
  expect(await one.store.body('garden', 'd')).toMatchObject([{ seq: 600, type: 'snapshot' }])
  expect(await textOf(one.store, 'd')).toBe(text)
  ann.forget()
  ann.say({ type: 'fetch', space: 'garden', document: 'd', before: 0 })
  ann.say({ type: 'push', space: 'garden', entries: [update(9_000, 'd', writer(9).edit(type('no')))] })
  ann.say({ type: 'push', space: 'garden', entries: [update(9_001, 'e', writer(9).edit(type('yes')))] })
  await one.rest(100)
  expect(ann.of('bodies')[0]?.entries).toMatchObject([{ seq: 600, type: 'snapshot' }])
  expect(ann.of('refused')).toMatchObject([{ n: 9_000, code: 'QUARANTINED' }])
  expect(ann.of('ack')).toMatchObject([{ entries: [{ n: 9_001 }] }])
  // What was found once is not tried again.
  await one.rest(120_000)
  expect(sizes).toHaveLength(4)
})

test('[T2] [CR-27] a document that cannot even be folded by its bytes is quarantined alone', async () => {
  const hopeless: Fold = () => Promise.reject(new JoineryError('TOO_LARGE', { what: 'work', budget: 'memory' }))
  const one = rig({ fold: hopeless, limits })
  const ann = await one.device('ann', 'phone')
  await write(one, ann, 'd', 12)
  await one.rest(120_000)
  expect(one.relay.counters.read().get('quarantined')).toBe(1)
  expect(await one.store.body('garden', 'd')).toHaveLength(12)
})

test('weather is not the document’s fault: it is folded when the store is back', async () => {
  const base = memoryStore()
  let isDown = true
  const store: Store = {
    ...base,
    fold: folding => (isDown ? Promise.reject(new JoineryError('UNAVAILABLE')) : base.fold(folding)),
  }
  const one = rig({ store, fold, limits })
  const ann = await one.device('ann', 'phone')
  await write(one, ann, 'd', 12)
  await one.rest(60_000)
  expect(one.relay.counters.read().get('quarantined')).toBeUndefined()
  isDown = false
  await one.rest(20_000)
  expect(await base.body('garden', 'd')).toHaveLength(1)
})

test('[DU-11] what a process did not see grow is found soon after it starts, and engines that are not folded stay as they are', async () => {
  const store = memoryStore()
  const before = rig({ store, limits })
  const ann = await before.device('ann', 'phone')
  await write(before, ann, 'd', 12)
  for (let n = 1; n <= 12; n++) {
    const state = { turn: n, at: 1, by: 'ann', n, value: { play: { n } } }
    ann.say({ type: 'push', space: 'garden', entries: [update(n, 'r', writeRegister(state), { engine: 'register' })] })
  }
  await before.rest()
  before.relay.close()
  const after = rig({ store, fold, limits })
  await after.rest(2_000)
  expect(await store.body('garden', 'd')).toHaveLength(1)
  expect(after.relay.counters.read().get('fold-failed')).toBeUndefined()
})

test('[DU-11] the sweep leaves alone what is being written: that is folded when it is quiet', async () => {
  const one = rig({ fold, limits: { ...limits, foldQuietMs: 2_000 } })
  const ann = await one.device('ann', 'phone')
  // Through the first sweep, which comes as soon as a document could be quiet.
  for (let author = 1; author <= 6; author++) {
    await write(one, ann, 'd', 4, author)
    await one.rest(500)
  }
  expect(await one.store.body('garden', 'd')).toHaveLength(24)
  await one.rest(4_000)
  expect(await one.store.body('garden', 'd')).toHaveLength(1)
})

test('[DU-11] a snapshot that reads back as something else, or of a document that waits for something, is none', () => {
  const w = writer(1)
  const updates = [w.edit(type('a')), w.edit(type('b')), w.edit(type('c'))]
  expect(() => foldWith(yjs, seededRandom(1), [updates[0]!, updates[2]!])).toThrow('GAP')
  const lying = { ...yjs, open: (author: string) => ({ ...yjs.open(author), encode: () => updates[0]! }) } as typeof yjs
  expect(() => foldWith(lying, seededRandom(1), updates)).toThrow('something else')
  let opened = 0
  const otherwise = {
    ...yjs,
    open: (author: string) => Object.assign(yjs.open(author), { digest: () => `${++opened}` }),
  } as typeof yjs
  expect(() => foldWith(otherwise, seededRandom(1), updates)).toThrow('something else')
  expect(foldWith(yjs, seededRandom(1), updates).length).toBeGreaterThan(0)
})

test('[S3] a register folds to the command that stands, and not while that is for its kind to say', () => {
  const command = (turn: number, by: string) => writeRegister({ turn, at: turn, by, n: turn, value: { play: { by } } })
  const [first, second, other, third] = [command(1, 'ann'), command(2, 'ann'), command(2, 'bob'), command(3, 'bob')]
  expect(foldRegister([first, second])).toEqual(second)
  expect(foldRegister([second, first, second])).toEqual(second)
  expect(foldRegister([first, second, other])).toBeUndefined()
  expect(foldRegister([first, second, other, third, first])).toEqual(third)
  expect(() => foldRegister([new Uint8Array([1])])).toThrow()
})

test('[S3] Automerge documents fold too', () => {
  const doc = automerge.open('0a')
  const updates: Uint8Array[] = []
  doc.onUpdate(bytes => void updates.push(Uint8Array.from(bytes)))
  for (let i = 0; i < 5; i++) doc.change(() => doc.text('body').insert(0, `${i}`))
  const again = automerge.open('0b')
  again.apply(foldWith(automerge, seededRandom(1), updates))
  expect(again.digest()).toBe(doc.digest())
})

test('[S3] a log that grew long unseen is dropped slice by slice, and nothing of it is lost', async () => {
  const store = memoryStore()
  const before = rig({ store, limits })
  const ann = await before.device('ann', 'phone')
  const w = writer(1)
  const count = 9_000
  for (let n = 1; n <= count; n += 1_000) {
    const entries = Array.from({ length: 1_000 }, (_, at) => update(n + at, 'd', w.edit(type('x'))))
    ann.say({ type: 'push', space: 'garden', entries })
    await before.rest()
  }
  before.relay.close()
  const parts: number[] = []
  const dropped: number[] = []
  const watched: Store = {
    ...store,
    fold(folding) {
      dropped.push(folding.entries)
      return store.fold(folding)
    },
  }
  const counted: Fold = (engine, updates) => {
    parts.push(updates.length)
    return fold(engine, updates)
  }
  const after = rig({ store: watched, fold: counted, limits })
  await after.rest(130_000)
  // The worker has it once, and the store drops it slice by slice.
  expect(parts).toEqual([count])
  const slices = Math.floor(count / 256)
  expect(dropped).toEqual([256, ...Array.from({ length: slices - 1 }, () => 257), 1 + count - slices * 256])
  expect(await store.body('garden', 'd')).toMatchObject([{ seq: count, type: 'snapshot' }])
  expect(await textOf(store, 'd')).toBe(w.doc.getText('body').toJSON())
})

test('[DU-11] a crash between two slices leaves a document that is whole, and the next process goes on from there', async () => {
  const disk = storeDisk()
  const store = memoryStore({ disk })
  const before = rig({ store, limits })
  const ann = await before.device('ann', 'phone')
  const w = writer(1)
  const count = 3_000
  for (let n = 1; n <= count; n += 1_000) {
    const entries = Array.from({ length: 1_000 }, (_, at) => update(n + at, 'd', w.edit(type('x'))))
    ann.say({ type: 'push', space: 'garden', entries })
    await before.rest(20)
  }
  before.relay.close()
  const text = w.doc.getText('body').toJSON()
  let folds = 0
  const dying: Store = {
    ...store,
    fold: folding => (++folds > 1 ? new Promise(() => undefined) : store.fold(folding)),
  }
  const crashing = rig({ store: dying, fold, limits })
  await crashing.rest(5_000)
  expect(folds).toBe(2)
  crashing.relay.close()
  disk.crash()
  const again = memoryStore({ disk })
  const left = await again.body('garden', 'd')
  expect([left.length, left[0]?.type]).toEqual([count - 255, 'snapshot'])
  expect(await textOf(again, 'd')).toBe(text)
  const after = rig({ store: again, fold, limits })
  await after.rest(5_000)
  expect(await again.body('garden', 'd')).toMatchObject([{ seq: count, type: 'snapshot' }])
  expect(await textOf(again, 'd')).toBe(text)
})

test('[DU-15] a store that throws for one document, again and again, costs the others nothing and leaves nothing behind', async () => {
  const base = memoryStore()
  let asked = 0
  const store: Store = {
    ...base,
    body(space, document) {
      if (document !== 'bad') return base.body(space, document)
      asked += 1
      return Promise.reject(new JoineryError('UNAVAILABLE'))
    },
  }
  const one = rig({ store, fold, limits, trials: trialsHere() })
  const ann = await one.device('ann', 'phone')
  await write(one, ann, 'bad', 12)
  const text = await write(one, ann, 'd', 12, 2)
  await one.rest(120_000)
  expect(await base.body('garden', 'd')).toHaveLength(1)
  expect(await textOf(base, 'd')).toBe(text)
  // It is tried now and then, and no more; nothing is said of a document that nobody could read.
  expect(asked).toBeGreaterThan(3)
  expect(asked).toBeLessThan(60)
  expect(one.relay.counters.read().get('quarantined')).toBeUndefined()
  expect(one.relay.figures().foldsWaiting).toBeLessThan(2)
})

test('[R2] a body of more entries than a message holds comes joined, or is asked for again and a page ends before it', async () => {
  const entry = {
    type: 'update',
    document: 'long',
    kind: 'note',
    engine: 'yjs',
    at: 1,
    device: 'phone',
    subject: 'ann',
  } as const
  const bytes = new Uint8Array(1)
  const long = Array.from({ length: 65_537 }, (_, at) => ({ ...entry, seq: at + 1, n: at + 1, bytes }))
  const head = { kind: 'note', engine: 'yjs', firstSeq: 1, state: 'live', bytes: 1, quarantined: undefined } as const
  const short = { ...head, document: 'short', seq: 70_000 }
  const whole = new Uint8Array([1, 2, 3])
  let heads = [short, { ...head, document: 'long', seq: 65_537 }]
  let engine = 'yjs'
  const store = {
    body: (_: string, document: string) =>
      Promise.resolve((document === 'long' ? long : long.slice(0, 1)).map(one => ({ ...one, engine }))),
    documents: () => Promise.resolve(heads),
  }
  const state = { seq: 65_537, missing: async () => whole, lackingOf: async () => undefined }
  const states = { at: () => Promise.resolve(state) }
  const ask = (document?: string) => bodiesFor({ store, states, limits: { pageBytes: 1_000 } }, 'garden', document, 0)
  const joined = { seq: 65_537, n: 65_537, type: 'snapshot', bytes: whole }
  expect(await ask('long')).toMatchObject([{ type: 'bodies', document: 'long', entries: [joined] }])
  expect(await ask()).toMatchObject([{ type: 'bodies', entries: [{ n: 1 }, joined], next: 0 }])
  engine = 'automerge'
  expect(await ask('long')).toMatchObject([{ type: 'refused', document: 'long', code: 'UNAVAILABLE' }])
  expect(await ask()).toMatchObject([{ type: 'bodies', entries: [{ n: 1 }], next: 70_000 }])
  heads = heads.slice(1)
  expect(await ask()).toMatchObject([{ type: 'refused', document: undefined, code: 'UNAVAILABLE' }])
})
