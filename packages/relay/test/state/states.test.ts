import { JoineryError, writeRegister, type DocumentHead, type Entry } from '@joinery/core'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { createStates, type JoinElsewhere, type StatesOptions } from '../../src/state/states.ts'
import { joinOf, lackOf, unpacked } from '../../src/workers/packed.ts'
import * as craft from '../../../core/test/gate/craft.ts'
import { rig, type, update, writer, type Rig } from '../rig.ts'

const NOBODY = new Uint8Array([0])

/** A relay with one document of so many edits, and its store with its reads counted. */
async function stored(
  edits: number,
): Promise<{ one: Rig; text: string; counted: StatesOptions['store']; reads: () => number }> {
  const one = rig()
  const ann = await one.device('ann', 'phone')
  const w = writer(7)
  const entries = Array.from({ length: edits }, (_, at) => update(at + 1, 'd', w.edit(type(`${at} `))))
  ann.say({ type: 'push', space: 'garden', entries })
  await one.rest()
  let reads = 0
  return {
    one,
    text: w.doc.getText('body').toJSON(),
    reads: () => reads,
    counted: {
      document: (space, document) => one.store.document(space, document),
      async body(space, document) {
        reads += 1
        return one.store.body(space, document)
      },
    },
  }
}

/** As a worker does it. */
function countedJoin(count: () => void): JoinElsewhere {
  return {
    async join(updates, stateVector) {
      count()
      return unpacked(joinOf(updates, stateVector))
    },
    async lacking(updates, update, clocks) {
      count()
      return lackOf([...updates, update], clocks)
    },
  }
}

function failingJoin(error: () => Error): JoinElsewhere {
  const fail = async (): Promise<never> => {
    throw error()
  }
  return { join: fail, lacking: fail }
}

function textOf(...updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const bytes of updates) Y.applyUpdate(doc, bytes)
  return doc.getText('body').toJSON()
}

test('[T1] who has nothing gets everything as one update, and who has some the rest', async () => {
  const { counted, text } = await stored(20)
  const state = await createStates({ store: counted }).at('garden', 'd')
  expect(state.seq).toBe(20)
  const whole = await state.missing(NOBODY)
  expect(textOf(whole)).toBe(text)
  const rest = await state.missing(Y.encodeStateVector(new Map([[7, 5]])))
  expect(rest.length).toBeLessThan(whole.length)
  expect(await state.lackingOf(whole)).toBeUndefined()
})

test('[T1] a herd costs one load, and who comes after it none', async () => {
  const { counted, reads } = await stored(3)
  const states = createStates({ store: counted })
  const herd = await Promise.all(Array.from({ length: 50 }, () => states.at('garden', 'd')))
  const frames = new Set(await Promise.all(herd.map(state => state.missing(NOBODY))))
  expect(frames.size).toBe(1)
  await states.at('garden', 'd')
  expect(reads()).toBe(1)
})

test('[T3] what is in one piece is kept once it is asked for again', async () => {
  const { one, counted, reads } = await stored(1)
  const states = createStates({ store: counted })
  await states.at('garden', 'd')
  await states.at('garden', 'd')
  expect(reads()).toBe(2)
  await states.at('garden', 'd')
  expect(reads()).toBe(2)
  // Who waits for the same load asks for it again.
  const others = createStates({ store: counted })
  await Promise.all([others.at('garden', 'd'), others.at('garden', 'd')])
  expect(textOf(await (await others.at('garden', 'd')).missing(NOBODY))).not.toBe('')
  expect(reads()).toBe(3)
  await one.rest()
})

test('[T3] what is kept is bounded: the document that was asked for longest ago is read again', async () => {
  const { counted, reads } = await stored(3)
  const again = createStates({ store: { ...counted, document: (space, document) => counted.document(space, document === 'e' ? 'd' : document), body: (space, document) => counted.body(space, document === 'e' ? 'd' : document) }, cachedBytes: 1 }) // prettier-ignore
  await again.at('garden', 'd')
  await again.at('garden', 'e')
  await again.at('garden', 'd')
  expect(reads()).toBe(3)
})

test('[R2] a state that is kept moves on with what is committed, and one that missed something is read again', async () => {
  const { one, counted, reads } = await stored(3)
  const states = createStates({ store: counted })
  const before = await states.at('garden', 'd')
  await before.missing(NOBODY)
  const bob = await one.device('bob', 'laptop')
  const w = writer(8)
  bob.say({ type: 'push', space: 'garden', entries: [update(1, 'd', w.edit(type('told ')))] })
  await one.rest()
  states.wrote('garden', (await one.store.body('garden', 'd')).slice(-1), new Map([['d', 3]]))
  const told = await states.at('garden', 'd')
  expect([told.seq, reads()]).toEqual([4, 1])
  expect(textOf(await told.missing(NOBODY))).toContain('told')
  bob.say({ type: 'push', space: 'garden', entries: [update(2, 'd', w.edit(type('unheard ')))] })
  await one.rest()
  const after = await states.at('garden', 'd')
  expect([after.seq, reads()]).toEqual([5, 2])
  expect(textOf(await after.missing(NOBODY))).toContain('unheard')
  for (const n of [3, 4])
    bob.say({ type: 'push', space: 'garden', entries: [update(n, 'd', w.edit(type(`half${n} `)))] })
  await one.rest()
  states.wrote('garden', (await one.store.body('garden', 'd')).slice(-1), new Map([['d', 6]]))
  expect(textOf(await (await states.at('garden', 'd')).missing(NOBODY))).toContain('half3 half4')
})

test('[T2] a state that grew by more than is read at once is forgotten, and read where the whole of it is', async () => {
  const { one, counted, reads } = await stored(3)
  const bob = await one.device('bob', 'laptop')
  const w = writer(8)
  let n = 0
  const grows = async (states: ReturnType<typeof createStates>, edits: readonly string[]): Promise<void> => {
    const [before] = (await one.store.body('garden', 'd')).slice(-1)
    const entries = edits.map(text => update(++n, 'd', w.edit(type(text))))
    bob.say({ type: 'push', space: 'garden', entries })
    await one.rest()
    const written = (await one.store.body('garden', 'd')).filter(({ seq }) => seq > (before?.seq ?? 0))
    states.wrote('garden', written, new Map([['d', before?.seq ?? 0]]))
  }
  const many = Array.from({ length: 20 }, (_, at) => `${at} `)
  const read = async (limits: Partial<StatesOptions>, edits: readonly string[]): Promise<number> => {
    const states = createStates({ store: counted, ...limits })
    await states.at('garden', 'd')
    await grows(states, edits)
    const before = reads()
    expect(textOf(await (await states.at('garden', 'd')).missing(NOBODY))).toContain(edits.at(-1))
    return reads() - before
  }
  expect(await read({}, many)).toBe(0)
  expect(await read({ inlineEntries: 19 }, many)).toBe(1)
  expect(await read({ inlineRuns: 19 }, many)).toBe(1)
  expect(await read({ inlineBytes: 200 }, many)).toBe(1)
  expect(await read({ inlineUpdateBytes: 200 }, ['x'.repeat(300)])).toBe(1)
})

test('[T3] a state vector that is longer than any is answered and not remembered', async () => {
  const { counted } = await stored(3)
  const states = createStates({ store: counted })
  const long = (authors: number): Uint8Array =>
    Y.encodeStateVector(new Map(Array.from({ length: authors }, (_, at) => [1_000_000 + at, 1])))
  const asked = async (stateVector: Uint8Array): Promise<boolean> => {
    const state = await states.at('garden', 'd')
    return (await state.missing(stateVector)) === (await state.missing(stateVector))
  }
  expect([await asked(long(1_000)), await asked(long(20_000))]).toEqual([true, false])
})

test('[R2] what is committed while a document is loaded is not taken for known', async () => {
  const { one, counted } = await stored(3)
  let release = (): void => undefined
  const slow: StatesOptions['store'] = {
    ...counted,
    async body(space, document) {
      const entries = await counted.body(space, document)
      await new Promise<void>(resolve => (release = resolve))
      return entries
    },
  }
  const states = createStates({ store: slow })
  const first = states.at('garden', 'd')
  await one.rest()
  const w = writer(8)
  const bob = await one.device('bob', 'laptop')
  for (const n of [1, 2])
    bob.say({ type: 'push', space: 'garden', entries: [update(n, 'd', w.edit(type(`late${n} `)))] })
  await one.rest()
  const [, , , fourth, fifth] = await one.store.body('garden', 'd')
  states.wrote('garden', [fourth!], new Map([['d', 3]]))
  release()
  expect((await first).seq).toBe(3)
  states.wrote('garden', [fifth!], new Map([['d', 4]]))
  const second = states.at('garden', 'd')
  await one.rest()
  release()
  expect(textOf(await (await second).missing(NOBODY))).toContain('late1 late2')
})

test('[S3] [CR-25] a document that cannot be read is refused and never empty, one that is not there is empty', async () => {
  const { one, counted } = await stored(3)
  const broken = createStates({ store: { ...counted, body: () => Promise.reject(new JoineryError('QUARANTINED')) } })
  await expect(broken.at('garden', 'd')).rejects.toMatchObject({ code: 'QUARANTINED' })
  const damaged = async (): Promise<Entry[]> =>
    (await one.store.body('garden', 'd')).map(entry => ({ ...entry, bytes: entry.bytes.slice(1) }))
  await expect(createStates({ store: { ...counted, body: damaged } }).at('garden', 'd')).rejects.toMatchObject({
    code: 'QUARANTINED',
  })
  const nothing = await createStates({ store: counted }).at('garden', 'nowhere')
  expect([nothing.seq, textOf(await nothing.missing(NOBODY))]).toEqual([0, ''])
  const ann = await one.device('ann', 'tablet')
  ann.say({
    type: 'push',
    space: 'garden',
    entries: [update(1, 'r', writeRegister({ turn: 1, at: 1, by: 'ann', n: 1, value: {} }), { engine: 'register' })],
  })
  await one.rest()
  const register = { document: () => Promise.resolve<DocumentHead>({ document: 'r', kind: 'k', engine: 'register', firstSeq: 1, seq: 1, state: 'live', bytes: 1, quarantined: undefined }), body: counted.body } // prettier-ignore
  await expect(createStates({ store: register }).at('garden', 'r')).rejects.toMatchObject({ code: 'KIND_MISMATCH' })
  ann.say({ type: 'push', space: 'garden', entries: [update(2, 'd', new Uint8Array(), { type: 'tombstone' })] })
  await one.rest()
  await expect(createStates({ store: counted }).at('garden', 'd')).rejects.toMatchObject({ code: 'GONE' })
})

test('[T2] a long document is put together elsewhere, and one that breaks the worker twice is refused alone', async () => {
  const { counted, text } = await stored(30)
  let calls = 0
  const join = countedJoin(() => (calls += 1))
  const states = createStates({ store: counted, join, inlineEntries: 10 })
  const state = await states.at('garden', 'd')
  expect(textOf(await state.missing(NOBODY))).toBe(text)
  expect(calls).toBe(1)
  const large = createStates({ store: counted, join, inlineBytes: 10, inlineEntries: 100, inlineUpdateBytes: 10 })
  expect(await (await large.at('garden', 'd')).lackingOf(await state.missing(NOBODY))).toBeUndefined()
  expect(calls).toBe(3)
  const breaking = createStates({
    store: counted,
    join: failingJoin(() => new Error('out of memory')),
    inlineEntries: 10,
  })
  await expect(breaking.at('garden', 'd')).rejects.toMatchObject({ code: 'QUARANTINED' })
  let tries = 0
  const slow = createStates({
    store: counted,
    join: failingJoin(() => new JoineryError('TOO_LARGE', { tries: ++tries })),
    inlineEntries: 10,
  })
  await expect(slow.at('garden', 'd')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(tries).toBe(2)
  const busy = createStates({
    store: counted,
    join: failingJoin(() => new JoineryError('UNAVAILABLE')),
    inlineEntries: 10,
  })
  await expect(busy.at('garden', 'd')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('[CR-07] a document of very many authors is not read here: workers answer, and what is committed meanwhile is behind it', async () => {
  const one = rig()
  const ann = await one.device('ann', 'phone')
  const crowd = craft.update(
    Array.from({ length: 4_096 }, (_, at) => ({
      author: 10_000 - at,
      clock: 0,
      structs: [craft.item(craft.text('x'), { parent: 'body' })],
    })),
  )
  const other = writer(20_000)
  ann.say({
    type: 'push',
    space: 'garden',
    entries: [update(1, 'd', crowd), update(2, 'd', other.edit(type('first ')))],
  })
  for (let i = 0; i < 20; i++) await one.rest(10)
  let calls = 0
  const join = countedJoin(() => (calls += 1))
  const states = createStates({ store: one.store, join })
  const state = await states.at('garden', 'd')
  expect(textOf(await state.missing(NOBODY))).toHaveLength(4_096 + 6)
  expect(calls).toBe(1)
  const crowded = Y.encodeStateVectorFromUpdate(crowd)
  expect(textOf(crowd, await state.missing(crowded))).toBe(textOf(await state.missing(NOBODY)))
  expect(await state.lackingOf(crowd)).toBeUndefined()
  expect(calls).toBe(3)
  const bytes = other.edit(type('second '))
  expect(await state.lackingOf(bytes)).toEqual(bytes)
  ann.say({ type: 'push', space: 'garden', entries: [update(3, 'd', bytes)] })
  await one.rest()
  states.wrote('garden', (await one.store.body('garden', 'd')).slice(-1), new Map([['d', 2]]))
  const after = await states.at('garden', 'd')
  const [whole, again] = await Promise.all([after.missing(NOBODY), after.missing(NOBODY)])
  expect(textOf(whole)).toContain('second')
  expect(textOf(again)).toBe(textOf(whole))
  expect(await after.lackingOf(bytes)).toBeUndefined()
})

test('[T3] a document that grows while it is kept is put together again, not held in ever more pieces', async () => {
  const { one, counted } = await stored(2)
  const states = createStates({ store: counted })
  await states.at('garden', 'd')
  const bob = await one.device('bob', 'laptop')
  const w = writer(8)
  const entries = Array.from({ length: 700 }, (_, at) => update(at + 1, 'd', w.edit(type('x'))))
  bob.say({ type: 'push', space: 'garden', entries })
  await one.rest()
  states.wrote('garden', (await one.store.body('garden', 'd')).slice(2), new Map([['d', 2]]))
  const state = await states.at('garden', 'd')
  expect(textOf(await state.missing(NOBODY))).toContain('x'.repeat(700))
  expect(await state.lackingOf(w.edit(type('new')))).toBeDefined()
})
