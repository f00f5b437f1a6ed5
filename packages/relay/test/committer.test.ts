import { entryDigest, JoineryError, type Code, type Store } from '@joinery/core'
import { diskBroke, memoryStore, sharedDatabase, storeDisk, type StoreStep } from '@joinery/core/testing'
import { memoryHub } from '@joinery/adapters/bus/memory'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { personalSpaceOf, yjsGate } from '../src/index.ts'
import { rig, type, update, writer, type Device } from './rig.ts'

/** A store whose steps fail as a test says. */
function flaky(): {
  store: Store
  fail(step: StoreStep | undefined, error?: JoineryError, times?: number): void
  commits(): number
} {
  let failing: { step: StoreStep; error: JoineryError; times: number } | undefined
  let commits = 0
  const disk = storeDisk({
    step(step, method) {
      if (method !== 'commit') return
      if (step === 'write') commits += 1
      if (failing === undefined || failing.step !== step || failing.times === 0) return
      failing.times -= 1
      throw failing.error
    },
  })
  return {
    store: memoryStore({ disk }),
    commits: () => commits,
    fail(step, error = new JoineryError('UNAVAILABLE'), times = Infinity) {
      failing = step === undefined ? undefined : { step, error, times }
    },
  }
}

function push(device: Device, n: number, document: string, bytes: Uint8Array, space = 'me'): void {
  device.say({ type: 'push', space, entries: [update(n, document, bytes)] })
}

function answers(device: Device): [n: number, answer: number | Code][] {
  const acks = device.of('ack').flatMap(({ entries }) => entries.map(({ n, seq }): [number, number] => [n, seq]))
  const refusals = device.of('refused').map(({ n, code }): [number, Code] => [n ?? 0, code])
  return [...acks, ...refusals].sort(([a], [b]) => a - b)
}

test('[S1] what arrives while a commit runs is written by the next one, together', async () => {
  const { store, commits } = flaky()
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  for (let n = 1; n <= 50; n++) push(ann, n, `d${n}`, writer(n).edit(type('x')))
  await rest()
  expect(answers(ann).map(([, seq]) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
  expect(commits()).toBeLessThanOrEqual(2)
})

test('[S1] while edits come quickly commits keep a distance, in which others join', async () => {
  const { store, commits } = flaky()
  const { device, rest } = rig({ store, limits: { commitDistanceMs: 12 } })
  const ann = await device('ann', 'phone')
  const w = writer(1)
  for (let n = 1; n <= 30; n++) push(ann, n, 'd', w.edit(type('a')))
  await rest()
  expect(answers(ann)).toHaveLength(30)
  push(ann, 31, 'd', w.edit(type('b')))
  await rest(3)
  push(ann, 32, 'd', w.edit(type('c')))
  await rest(3)
  expect(answers(ann)).toHaveLength(30)
  await rest(3)
  expect(answers(ann)).toHaveLength(32)
  expect(commits()).toBe(2)
})

test('[S1] who writes now and then waits for nobody', async () => {
  const { store, commits } = flaky()
  const { device, rest } = rig({ store, limits: { commitDistanceMs: 12 } })
  const ann = await device('ann', 'phone')
  const w = writer(1)
  for (let n = 1; n <= 5; n++) {
    push(ann, n, 'd', w.edit(type('a')))
    await rest()
    expect(answers(ann)).toHaveLength(n)
  }
  expect(commits()).toBe(5)
})

test('[T5] edits that build on each other are judged with what is queued before them', async () => {
  const { device, rest } = rig()
  const ann = await device('ann', 'phone')
  const w = writer(1)
  for (let n = 1; n <= 5; n++) push(ann, n, 'd', w.edit(type(`${n}`)))
  await rest()
  expect(answers(ann)).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
  ])
})

test('[T4] [R1] a space where another node is quicker is locked by itself, and no space of others with it', async () => {
  const store = memoryStore()
  const locked: (readonly string[])[] = []
  const together: string[][] = []
  const quick = new Set(['busy', 'full'])
  const { device, rest } = rig({
    store: {
      ...store,
      async commit(spaces) {
        together.push(spaces.map(({ space }) => space))
        const committed = await store.commit(spaces.filter(({ space }) => !quick.has(space)))
        // Somebody else has moved the documents of these spaces.
        return spaces.map(
          ({ space, entries }) =>
            committed.find(one => one.space === space) ?? {
              space,
              head: { epoch: 'e', seq: 0, mark: new Uint8Array(8) },
              outcomes: entries.map(() => ({ outcome: 'stale' as const })),
            },
        )
      },
      async commitAlone(spaces, decide) {
        locked.push(spaces)
        return store.commit(await decide())
      },
    },
  })
  for (const space of ['busy', 'full', 'calm']) await store.admit(space, 'ann', 'editor')
  const ann = await device('ann', 'phone')
  const spaces = ['busy', 'calm', 'full', 'busy', 'calm', 'full']
  // The second in each document is judged again behind the first, which it conflicts with.
  const [one, two] = [writer(7).edit(type('a')), writer(7).edit(type('b'))]
  for (const [at, space] of spaces.entries()) push(ann, at + 1, 'd', at < 3 ? one : two, space)
  await rest(10_000)
  expect(answers(ann).map(([n]) => n)).toEqual([1, 2, 3, 4, 5, 6])
  expect(new Set(locked.flat())).toEqual(quick)
  expect(locked.every(({ length }) => length === 1)).toBe(true)
  // Once with everybody, then without those who are overtaken.
  expect(together[0]).toEqual(['busy', 'calm', 'full'])
  expect(together.slice(1).flat()).not.toContain('busy')
})

test('[T5] an edit refused because of one that was queued is judged again when that one was not written', async () => {
  const { store, fail } = flaky()
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  // Two devices of one library write the same author's clocks: the second is a conflict only if the first is written.
  const [first, second] = [writer(7).edit(type('a')), writer(7).edit(type('b'))]
  const bob = await device('ann', 'laptop')
  fail('write', new JoineryError('QUOTA'), 1)
  push(ann, 1, 'd', first)
  push(bob, 1, 'd', second)
  await rest()
  expect(answers(ann)).toEqual([[1, 'QUOTA']])
  expect(answers(bob)).toEqual([[1, 1]])
})

test('[DU-05] a full disk refuses with a code that waits, reads go on, and the edit is taken when there is room', async () => {
  const { store, fail } = flaky()
  const { device, rest, relay } = rig({ store })
  const ann = await device('ann', 'phone')
  const w = writer(1)
  const [one, two] = [w.edit(type('one')), w.edit(type('two'))]
  push(ann, 1, 'd', one)
  await rest()
  fail('write', new JoineryError('QUOTA'))
  push(ann, 2, 'd', two)
  await rest()
  expect(ann.of('refused')).toMatchObject([{ n: 2, code: 'QUOTA', retryAfter: 5_000 }])
  expect(relay.counters.read().get('answered.QUOTA')).toBe(1)
  ann.say({ type: 'fetch', space: 'me', document: 'd', before: 0 })
  await rest()
  expect(ann.of('bodies')[0]?.entries).toHaveLength(1)
  fail(undefined)
  ann.forget()
  push(ann, 2, 'd', two)
  await rest()
  expect(answers(ann)).toEqual([[2, 2]])
})

test('[DU-10] a commit that was written and not reported is found again: the same ack, one row, and readers get it', async () => {
  const { store, fail } = flaky()
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  const reader = await device('ann', 'laptop')
  reader.say({ type: 'watch', space: 'me', cursor: undefined })
  await rest()
  fail('flush', new JoineryError('UNAVAILABLE'), 1)
  push(ann, 1, 'd', writer(1).edit(type('x')))
  await rest()
  expect(answers(ann)).toEqual([[1, 1]])
  expect((await store.head(personalSpaceOf('ann')))?.seq).toBe(1)
  await rest(5_000)
  expect(reader.of('changes').flatMap(({ entries }) => entries.map(({ seq }) => seq))).toEqual([1])
})

test('[R1] a poisonous entry is refused alone, in a bounded number of commits', async () => {
  const base = memoryStore()
  let commits = 0
  const store: Store = {
    ...base,
    async commit(spaces) {
      commits += 1
      if (spaces.some(({ entries }) => entries.some(({ document }) => document === 'poison')))
        throw new JoineryError('UNAVAILABLE')
      return base.commit(spaces)
    },
  }
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  for (let n = 1; n <= 40; n++) push(ann, n, n === 17 ? 'poison' : `d${n}`, writer(n).edit(type('x')))
  await rest()
  expect(answers(ann).filter(([, answer]) => typeof answer === 'string')).toEqual([[17, 'UNAVAILABLE']])
  expect((await base.head(personalSpaceOf('ann')))?.seq).toBe(39)
  expect(commits).toBeLessThan(20)
})

test('a store that takes nothing is tried a bounded number of times, and everything waits', async () => {
  const { store, fail, commits } = flaky()
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  fail('write')
  for (let n = 1; n <= 300; n++) push(ann, n, `d${n}`, writer(n).edit(type('x')))
  await rest()
  expect(new Set(answers(ann).map(([, answer]) => answer))).toEqual(new Set(['UNAVAILABLE']))
  expect(answers(ann)).toHaveLength(300)
  expect(commits()).toBeLessThan(60)
})

test('[S5] a disk that broke ends the process, and nothing is acked', async () => {
  const { store, fail } = flaky()
  const { device, rest, fatal } = rig({ store })
  const ann = await device('ann', 'phone')
  fail('flush', diskBroke())
  push(ann, 1, 'd', writer(1).edit(type('x')))
  await rest()
  expect(fatal).toHaveLength(1)
  expect(answers(ann)).toEqual([])
})

test('[R1] two nodes on one store: what the other wrote meanwhile is read, and the edit is judged again', async () => {
  const disk = storeDisk()
  const hub = memoryHub()
  const [a, b] = [
    rig({ store: memoryStore({ disk }), bus: hub.bus() }),
    rig({ store: memoryStore({ disk }), bus: hub.bus() }),
  ]
  const [ann, bob] = [await a.device('ann', 'phone'), await b.device('bob', 'laptop')]
  const [w, v] = [writer(1), writer(2)]
  // Both nodes know the document's head …
  push(ann, 1, 'd', w.edit(type('a')), 'garden')
  await a.rest()
  push(bob, 1, 'd', v.edit(type('b')), 'garden')
  await b.rest()
  // … and then it moves without them knowing.
  push(ann, 2, 'd', w.edit(type('c')), 'garden')
  await a.rest()
  push(bob, 2, 'd', v.edit(type('d')), 'garden')
  await b.rest()
  expect([answers(ann), answers(bob)]).toEqual([
    [
      [1, 1],
      [2, 3],
    ],
    [
      [1, 2],
      [2, 4],
    ],
  ])
})

test('[R5] a reader on another node hears by a hint, and when hints are lost by asking', async () => {
  for (const isHinted of [true, false]) {
    const disk = storeDisk()
    const hub = memoryHub()
    const a = rig({ store: memoryStore({ disk }), bus: hub.bus() })
    const b = rig({ store: memoryStore({ disk }), ...(isHinted ? { bus: hub.bus() } : {}) })
    const [ann, bob] = [await a.device('ann', 'phone'), await b.device('bob', 'laptop')]
    bob.say({ type: 'watch', space: 'garden', cursor: undefined })
    await b.rest()
    push(ann, 1, 'd', writer(1).edit(type('x')), 'garden')
    await a.rest()
    await b.rest(isHinted ? 0 : 5_000)
    expect(bob.of('changes').flatMap(({ entries }) => entries.map(({ seq }) => seq))).toEqual([1])
  }
})

test('[T5] what another node wrote is read before anything of a batch is refused, and not for its first edit alone', async () => {
  const disk = storeDisk()
  const [a, b] = [rig({ store: memoryStore({ disk }) }), rig({ store: memoryStore({ disk }) })]
  const [ann, bob] = [await a.device('ann', 'phone'), await b.device('bob', 'laptop')]
  const [anns, bobs] = [writer(1), writer(2)]
  const first = bobs.edit(type('b'))
  push(bob, 1, 'd', first, 'garden')
  await b.rest()
  Y.applyUpdate(anns.doc, first)
  const second = anns.edit(type('a'))
  push(ann, 1, 'd', second, 'garden')
  await a.rest()
  Y.applyUpdate(bobs.doc, second)
  const behind = bobs.edit(type('c'))
  const deleting = bobs.edit(doc => doc.getText('body').delete(1, 1))
  bob.say({ type: 'push', space: 'garden', entries: [update(2, 'd', behind), update(3, 'd', deleting)] })
  await b.rest()
  expect(answers(bob)).toEqual([
    [1, 1],
    [2, 3],
    [3, 4],
  ])
})

test('[MN-06] an edit waits a few seconds for a store that is away, and is written as soon as it is back; and once', async () => {
  const { store, fail } = flaky()
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  const gone = new JoineryError('UNAVAILABLE', { away: true })
  const w = writer(1)
  fail('write', gone)
  push(ann, 1, 'd', w.edit(type('a')))
  await rest(3_000)
  push(ann, 2, 'd', w.edit(type('b')))
  await rest(500)
  expect(answers(ann)).toEqual([])
  fail(undefined)
  await rest(250)
  // One that was written, though nobody could say so.
  fail('flush', gone, 1)
  push(ann, 3, 'd', w.edit(type('c')))
  await rest(250)
  expect(answers(ann)).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ])
  fail('write', gone)
  push(ann, 4, 'd', w.edit(type('d')))
  await rest(4_900)
  expect(answers(ann)).toHaveLength(3)
  await rest(400)
  expect(answers(ann).at(-1)).toEqual([4, 'UNAVAILABLE'])
})

test('[T5] who is overtaken by other nodes all the time writes nevertheless', async () => {
  const database = sharedDatabase()
  const [mine, other] = [database.connect().store, database.connect().store]
  let n = 0
  const overtake = async (): Promise<void> => {
    const basedOn = (await other.document('garden', 'd'))?.seq ?? 0
    const { bytes } = update((n += 1), 'd', writer(99 + n).edit(type('x')))
    const entry = { ...update(n, 'd', bytes), device: 'tablet', subject: 'bob', basedOn, authors: [] }
    await other.commit([{ space: 'garden', entries: [{ ...entry, digest: entryDigest(entry) }] }])
  }
  const store: Store = {
    ...mine,
    async commit(spaces) {
      await overtake()
      return mine.commit(spaces)
    },
  }
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  const w = writer(1)
  for (let edits = 1; edits <= 3; edits++) {
    push(ann, edits, 'd', w.edit(type('a')), 'garden')
    await rest()
  }
  expect(answers(ann)).toEqual([
    [1, 2],
    [2, 4],
    [3, 6],
  ])
})

test('[S4] what a device pushes again is looked for all at once, however much it is', async () => {
  const plain = memoryStore()
  let [asked, most] = [0, 0]
  const store: Store = {
    ...plain,
    async named(...name) {
      most = Math.max(most, ++asked)
      const found = await plain.named(...name)
      asked -= 1
      return found
    },
  }
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  const w = writer(1)
  const entries = Array.from({ length: 50 }, (_, at) => update(at + 1, 'd', w.edit(type('a'))))
  ann.say({ type: 'push', space: 'me', entries })
  await rest()
  ann.say({ type: 'push', space: 'me', entries })
  await rest()
  const seqs = Array.from({ length: 50 }, (_, at) => at + 1)
  expect(answers(ann).map(([, seq]) => seq)).toEqual(seqs.flatMap(seq => [seq, seq]))
  expect(most).toBe(50)
})

test('[T5] of a document of which much is refused at once the head is read again once', async () => {
  const plain = memoryStore()
  let reads = 0
  const store: Store = {
    ...plain,
    async document(...of) {
      reads += 1
      return plain.document(...of)
    },
  }
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  const w = writer(1)
  push(ann, 1, 'd', w.edit(type('a')))
  await rest()
  w.edit(type('lost on its way'))
  reads = 0
  const entries = Array.from({ length: 50 }, (_, at) => update(at + 2, 'd', w.edit(type('a'))))
  ann.say({ type: 'push', space: 'me', entries })
  await rest()
  expect(answers(ann).slice(1)).toEqual(entries.map(({ n }) => [n, 'GAP']))
  expect(reads).toBe(1)
})

test('[S4] the same n with other content is a fork, in one batch and after', async () => {
  const { device, rest } = rig()
  const ann = await device('ann', 'phone')
  push(ann, 1, 'd', writer(1).edit(type('a')))
  push(ann, 1, 'e', writer(2).edit(type('b')))
  await rest()
  push(ann, 1, 'f', writer(3).edit(type('c')))
  await rest()
  expect(answers(ann)).toEqual([
    [1, 1],
    [1, 'DEVICE_FORKED'],
    [1, 'DEVICE_FORKED'],
  ])
})

test("[A3] another person cannot write under a device's name, nor under an author's that is bound to it", async () => {
  const { device, rest } = rig()
  const ann = await device('ann', 'phone')
  const w = writer(1)
  const mine = w.edit(type('a'))
  push(ann, 1, 'd', mine, 'garden')
  await rest()
  const eve = await device('eve', 'phone')
  push(eve, 1, 'd', mine, 'garden')
  push(eve, 2, 'e', writer(2).edit(type('b')), 'garden')
  const other = await device('eve', 'laptop')
  push(other, 1, 'd', w.edit(type('forged')), 'garden')
  await rest()
  expect(answers(eve)).toEqual([
    [1, 'DEVICE_FORKED'],
    [2, 'DEVICE_FORKED'],
  ])
  expect(answers(other)).toEqual([[1, 'CONFLICTING_AUTHORSHIP']])
  // And the victim goes on as before.
  expect(ann.closed).toEqual([])
})

test('the very same edit from two devices is one entry: a deterministic seed, whether they come apart or together', async () => {
  const { device, rest } = rig()
  const [phone, laptop] = [await device('ann', 'phone'), await device('ann', 'laptop')]
  const seed = writer(9).edit(type('template'))
  push(phone, 1, 'd', seed)
  push(laptop, 1, 'd', seed)
  await rest()
  push(laptop, 2, 'd', seed)
  await rest()
  expect([answers(phone), answers(laptop)]).toEqual([
    [[1, 1]],
    [
      [1, 1],
      [2, 1],
    ],
  ])
})

test('[D6] a purge drops what comes later, and comes again as what it was', async () => {
  const { device, rest } = rig()
  const ann = await device('ann', 'phone')
  const w = writer(1)
  push(ann, 1, 'd', w.edit(type('a')))
  const nothing = new Uint8Array()
  ann.say({ type: 'push', space: 'me', entries: [update(2, 'd', nothing, { type: 'tombstone' })] })
  push(ann, 3, 'd', w.edit(type('late')))
  ann.say({ type: 'push', space: 'me', entries: [update(4, 'd', nothing, { type: 'tombstone' })] })
  ann.say({ type: 'push', space: 'me', entries: [update(5, 'unknown', nothing, { type: 'tombstone' })] })
  await rest()
  expect(answers(ann)).toEqual([
    [1, 1],
    [2, 2],
    [3, 'GONE'],
    [4, 2],
    [5, 3],
  ])
})

test('kind and engine are fixed by the first write, and an engine that is not known is not written', async () => {
  const { device, rest } = rig()
  const ann = await device('ann', 'phone')
  const w = writer(1)
  const bytes = w.edit(type('a'))
  ann.say({
    type: 'push',
    space: 'me',
    entries: [update(1, 'd', bytes), update(2, 'd', w.edit(type('b')), { kind: 'folder' })],
  })
  ann.say({ type: 'push', space: 'me', entries: [update(3, 'e', bytes, { engine: 'word' })] })
  await rest()
  expect(answers(ann)).toEqual([
    [1, 1],
    [2, 'KIND_MISMATCH'],
    [3, 'BAD_UPDATE'],
  ])
})

test('[DU-12] a document that cannot be loaded is not taken for an empty one, and nothing is stored over it', async () => {
  const base = memoryStore()
  let isDown = false
  const store: Store = {
    ...base,
    document: (space, document) =>
      isDown ? Promise.reject(new JoineryError('UNAVAILABLE')) : base.document(space, document),
    body: (space, document) => (isDown ? Promise.reject(new JoineryError('UNAVAILABLE')) : base.body(space, document)),
    head: space => (isDown ? Promise.reject(new JoineryError('UNAVAILABLE')) : base.head(space)),
  }
  const one = rig({ store })
  const ann = await one.device('ann', 'phone')
  push(ann, 1, 'd', writer(1).edit(type('a')))
  await one.rest()
  // Another process, with nothing in memory.
  const other = rig({ store })
  const again = await other.device('ann', 'laptop')
  isDown = true
  push(again, 1, 'd', writer(2).edit(type('b')))
  again.say({ type: 'watch', space: 'me', cursor: undefined })
  again.say({ type: 'fetch', space: 'me', document: 'd', before: 0 })
  await other.rest()
  expect(again.of('refused').map(({ n, document, code }) => [n, document, code])).toEqual(
    expect.arrayContaining([
      [1, 'd', 'UNAVAILABLE'],
      [undefined, undefined, 'UNAVAILABLE'],
      [undefined, 'd', 'UNAVAILABLE'],
    ]),
  )
  expect([again.of('changes'), again.of('bodies')]).toEqual([[], []])
  isDown = false
  expect((await base.body(personalSpaceOf('ann'), 'd')).length).toBe(1)
  push(again, 1, 'd', writer(2).edit(type('b')))
  await other.rest()
  expect(again.of('ack')).toMatchObject([{ entries: [{ n: 1, seq: 2 }] }])
})

test('[T5] what a commit wrote that said it failed is not refused: it is looked for before anything is said', async () => {
  const { store, fail } = flaky()
  const { device, rest } = rig({ store })
  const ann = await device('ann', 'phone')
  let calls = 0
  const base = store.commit
  store.commit = spaces => {
    calls += 1
    fail(calls === 1 ? 'write' : 'flush', new JoineryError('UNAVAILABLE'), 1)
    return base(spaces)
  }
  push(ann, 1, 'd', writer(1).edit(type('x')))
  await rest()
  expect(answers(ann)).toEqual([[1, 1]])
  expect(calls).toBe(2)
})

test('[R1] a reader is never handed what does not begin where he stands: what another node wrote in between is read first', async () => {
  const disk = storeDisk()
  // Two nodes that hear nothing of each other.
  const [a, b] = [rig({ store: memoryStore({ disk }) }), rig({ store: memoryStore({ disk }) })]
  const [ann, bob] = [await a.device('ann', 'phone'), await b.device('bob', 'laptop')]
  bob.say({ type: 'watch', space: 'garden', cursor: undefined })
  await b.rest()
  push(ann, 1, 'd', writer(1).edit(type('x')), 'garden')
  await a.rest()
  push(bob, 1, 'e', writer(2).edit(type('y')), 'garden')
  await b.rest()
  expect(bob.of('changes').flatMap(({ entries }) => entries.map(({ seq }) => seq))).toEqual([1, 2])
})

test('[R2] what is committed while a page is read, or while a watch begins, is not missed', async () => {
  for (const method of ['read', 'head'] as const) {
    let gate: Promise<void> | undefined
    let release = (): void => undefined
    const base = memoryStore()
    const store: Store = {
      ...base,
      // The answer is from before the wait.
      read: async (...args) => {
        const page = await base.read(...args)
        if (method === 'read') await gate
        return page
      },
      head: async space => {
        const head = await base.head(space)
        if (method === 'head') await gate
        return head
      },
    }
    const { device, rest } = rig({ store })
    const [ann, bob] = [await device('ann', 'phone'), await device('bob', 'laptop')]
    ann.say({ type: 'watch', space: 'garden', cursor: undefined })
    await rest()
    push(ann, 1, 'd', writer(1).edit(type('x')), 'garden')
    await rest()
    gate = new Promise(resolve => (release = resolve))
    const from = ann.of('changes')[0]?.cursor
    bob.say({ type: 'watch', space: 'garden', cursor: method === 'read' ? from : undefined })
    await rest()
    push(ann, 2, 'e', writer(2).edit(type('y')), 'garden')
    await rest()
    gate = undefined
    release()
    await rest()
    expect(
      bob.of('changes').flatMap(({ entries }) => entries.map(({ seq }) => seq)),
      method,
    ).toEqual(method === 'read' ? [1, 2] : [2])
  }
})

test('nothing overtakes an edit of the same document that is still being scanned, and others do not wait for it', async () => {
  let release = (): void => undefined
  const gate = yjsGate()
  const { device, rest } = rig({
    limits: { inlineScanBytes: 1_000 },
    scanLarge: async (_engine, bytes) => {
      await new Promise<void>(resolve => (release = resolve))
      return gate.scan(bytes)
    },
  })
  const ann = await device('ann', 'phone')
  const w = writer(1)
  push(ann, 1, 'd', w.edit(type('x'.repeat(5_000))))
  push(ann, 2, 'd', w.edit(type('y')))
  push(ann, 3, 'e', writer(2).edit(type('z')))
  await rest()
  expect(answers(ann)).toEqual([[3, 1]])
  release()
  await rest()
  expect(answers(ann)).toEqual([
    [1, 2],
    [2, 3],
    [3, 1],
  ])
})

test('[CR-22] a scan that breaks twice refuses its bytes; one that nobody had time for says nothing about them', async () => {
  let tries = 0
  let error = new Error('out of memory')
  const { device, rest } = rig({
    limits: { inlineScanBytes: 1_000 },
    scanLarge: () => {
      tries += 1
      return Promise.reject(error)
    },
  })
  const ann = await device('ann', 'phone')
  const bytes = writer(1).edit(type('x'.repeat(5_000)))
  push(ann, 1, 'd', bytes)
  await rest()
  error = new JoineryError('UNAVAILABLE')
  push(ann, 2, 'd', bytes)
  await rest()
  expect(ann.of('refused')).toMatchObject([
    { n: 1, code: 'BAD_UPDATE', retryAfter: 0 },
    { n: 2, code: 'UNAVAILABLE', retryAfter: 1_000 },
  ])
  expect(tries).toBe(4)
})
