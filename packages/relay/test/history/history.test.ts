/** Versions of documents, on virtual time. */
import { yjs } from '@joinery/adapters/engines/yjs'
import { JoineryError } from '@joinery/core'
import { memoryStore, seededRandom } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { foldWith, type Fold } from '../../src/index.ts'
import { foldByBytes } from '../../src/workers/fold.ts'
import { rig, update, writer, type Device, type Rig, type Writer } from '../rig.ts'

/** Short ones: what sweeps all the time would take its time. */
const DAY = 60_000
const fold: Fold = async (engine, updates, how) => {
  if (engine !== 'yjs') return undefined
  return how === 'join' ? foldByBytes(updates) : foldWith(yjs, seededRandom(1), updates)
}
const limits = { foldEntries: 4, foldQuietMs: 1_000, historyMs: 30 * DAY, historySweepMs: DAY }

interface Person {
  readonly device: Device
  readonly writer: Writer
  n: number
}

async function person(one: Rig, name: string, author: number): Promise<Person> {
  return { device: await one.device(name, `of-${name}`), writer: writer(author), n: 0 }
}

/** Writes at the end, or with a number takes so many letters from the beginning; gives the text after it. */
async function writes(one: Rig, who: Person, all: readonly Person[], what: string | number): Promise<string> {
  const bytes = who.writer.edit(doc => {
    const body = doc.getText('body')
    if (typeof what === 'string') body.insert(body.length, what)
    else body.delete(0, Math.min(what, body.length))
  })
  who.n += 1
  const entry = { ...update(who.n, 'd', bytes), at: Math.round(one.clock.now()) }
  who.device.say({ type: 'push', space: 'garden', entries: [entry] })
  await one.rest()
  for (const other of all) if (other !== who) Y.applyUpdate(other.writer.doc, bytes)
  return who.writer.doc.getText('body').toJSON()
}

function textOf(bytes: Uint8Array): string {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, bytes)
  return doc.getText('body').toJSON()
}

test('[A1] every version of a document reads as it was then, folded or not, and is whose it was', async () => {
  const one = rig({ fold, limits })
  const [ann, bob] = [await person(one, 'ann', 1), await person(one, 'bob', 2)]
  const both = [ann, bob]
  const texts = [await writes(one, ann, both, 'one '), await writes(one, ann, both, 'two ')]
  await one.rest(10 * 60_000)
  texts.push(await writes(one, bob, both, 'three '), await writes(one, bob, both, 4))
  await one.rest(10 * 60_000)
  texts.push(await writes(one, ann, both, 'four '))
  await one.rest(5_000)
  expect(await one.store.body('garden', 'd')).toHaveLength(2)

  const of = await one.relay.history.of('dev:ann', 'garden', 'd')
  const { versions, next } = await of.list({})
  expect(next).toBeUndefined()
  expect(versions.map(({ seq, first, authors, edits }) => [seq, first, authors, edits])).toEqual([
    [5, 5, ['ann'], 1],
    [4, 3, ['bob'], 2],
    [2, 1, ['ann'], 2],
  ])
  for (const [at, text] of texts.entries()) expect(textOf((await of.read(at + 1)).update)).toBe(text)
  await expect(of.read(6)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await of.list({ limit: 1 })).next).toBe(5)
  expect((await of.list({ before: 4 })).versions.map(({ seq }) => seq)).toEqual([2])
  const changes = await of.changes(2, 5)
  expect(changes.map(({ seq, type, subject }) => [seq, type, subject])).toEqual([
    [2, 'snapshot', 'ann'],
    [3, 'update', 'bob'],
    [4, 'update', 'bob'],
    [5, 'update', 'ann'],
  ])
  expect((await of.changes(0, 2)).map(({ seq, type }) => [seq, type])).toEqual([
    [1, 'update'],
    [2, 'update'],
  ])
})

test('[A4] what is not there and what is not for somebody look alike; names need a role that writes', async () => {
  const one = rig({ fold, limits, openToAll: false })
  for (const [name, role] of [['ann', 'owner'], ['eve', 'viewer']] as const) await one.store.admit('garden', name, role) // prettier-ignore
  const ann = await person(one, 'ann', 1)
  await writes(one, ann, [], 'one ')
  const { history } = one.relay
  const refused = [history.of('dev:bob', 'garden', 'd'), history.of('dev:bob', 'none', 'd'), history.of('dev:ann', 'garden', 'none')] // prettier-ignore
  for (const { status, ...rest } of await Promise.allSettled(refused)) {
    expect([status, (rest as { reason?: unknown }).reason]).toEqual(['rejected', new JoineryError('NOT_FOUND')])
  }
  await expect(history.of('ann', 'garden', 'd')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  const eve = await history.of('dev:eve', 'garden', 'd')
  expect(textOf((await eve.read(1)).update)).toBe('one ')
  await expect(eve.name(1, 'mine')).rejects.toMatchObject({ code: 'FORBIDDEN' })
  const of = await history.of('dev:ann', 'garden', 'd')
  await of.name(1, '  Before the meeting ')
  expect((await eve.list({})).versions[0]?.name).toMatchObject({ name: 'Before the meeting', subject: 'ann' })
  await of.name(1, '')
  expect((await eve.list({})).versions[0]?.name).toBeUndefined()
  await expect(of.name(2, 'none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(of.name(1, 'x'.repeat(101))).rejects.toMatchObject({ code: 'BAD_INPUT' })
})

test('[T4] who asks without end is told to come later, and nobody else is', async () => {
  const one = rig({ fold, limits })
  const ann = await person(one, 'ann', 1)
  await writes(one, ann, [], 'one ')
  const asked = await Promise.allSettled(
    Array.from({ length: 100 }, () => one.relay.history.of('dev:ann', 'garden', 'd')),
  )
  const refused = asked.filter(({ status }) => status === 'rejected')
  expect(refused.length).toBeGreaterThan(30)
  expect(refused[0]).toMatchObject({ reason: { code: 'RATE_LIMITED' } })
  await one.relay.history.of('dev:bob', 'garden', 'd')
  await one.rest(10_000)
  await one.relay.history.of('dev:ann', 'garden', 'd')
})

test('[T2] a version that is more work than a worker may have is joined by its bytes', async () => {
  const asked: string[] = []
  const heavy: Fold = async (engine, updates, how = 'replay') => {
    asked.push(how)
    if (how === 'replay') throw new JoineryError('TOO_LARGE', { what: 'work', budget: 'time' })
    return fold(engine, updates, how)
  }
  const one = rig({ version: heavy, limits })
  const ann = await person(one, 'ann', 1)
  for (const word of ['one ', 'two ', 'three ']) await writes(one, ann, [], word)
  const of = await one.relay.history.of('dev:ann', 'garden', 'd')
  expect(textOf((await of.read(2)).update)).toBe('one two ')
  expect(asked).toEqual(['replay', 'join'])
})

test('[MN-13] a node with another time that comes up while the store is away keeps versions by the time of the store', async () => {
  for (const ahead of [-40 * DAY, 40 * DAY]) {
    const store = memoryStore()
    // To one that is ahead what others keep is old; what one that is behind keeps is old to others.
    const one = rig({ store, limits, ...(ahead > 0 && { fold }) })
    const ann = await person(one, 'ann', 1)
    const texts: string[] = []
    for (const word of ['one ', 'two ', 4, 'three ']) texts.push(await writes(one, ann, [], word))
    await one.rest(5_000)
    let isAway = true
    const time = async (): Promise<number> => {
      if (isAway) throw new JoineryError('UNAVAILABLE')
      return one.clock.now()
    }
    const other = rig({ store: { ...store, time }, limits, fold, clock: one.clock.skewed(ahead) })
    await one.rest(DAY + 1_000)
    isAway = false
    await one.rest(2 * DAY)
    expect(await store.body('garden', 'd')).toHaveLength(1)
    const of = await other.relay.history.of('dev:ann', 'garden', 'd')
    for (const [at, text] of texts.entries()) expect(textOf((await of.read(at + 1)).update)).toBe(text)
    await one.rest(31 * DAY)
    await expect(of.read(1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    one.relay.close()
    other.relay.close()
  }
})

test('[S3] what is older than its time is one beginning, behind which every version still reads as it was', async () => {
  const one = rig({ fold, limits })
  const ann = await person(one, 'ann', 1)
  const texts: string[] = []
  for (const word of ['one ', 'two ', 4, 'three ']) texts.push(await writes(one, ann, [], word))
  await one.rest(5_000)
  const of = await one.relay.history.of('dev:ann', 'garden', 'd')
  await one.rest(20 * DAY)
  for (const word of ['four ', 4, 'five ', 'six ']) texts.push(await writes(one, ann, [], word))
  await one.rest(5_000)
  expect((await one.store.lineage('garden', 'd')).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  await one.rest(11 * DAY)
  expect((await one.store.lineage('garden', 'd')).map(({ seq, type }) => `${seq} ${type}`)).toEqual([
    '4 snapshot',
    '5 update',
    '6 update',
    '7 update',
    '8 update',
  ])
  expect((await of.list({})).versions.map(({ seq, beginning }) => [seq, beginning])).toEqual([
    [8, false],
    [4, true],
  ])
  for (const seq of [4, 5, 6, 7, 8]) expect(textOf((await of.read(seq)).update)).toBe(texts[seq - 1])
  await expect(of.read(3)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(one.relay.counters.read().get('forgotten')).toBe(1)
  // What somebody deleted before is gone for good.
  const [beginning] = await one.store.past('garden', 'd', 0, 1)
  expect(Buffer.from(beginning?.bytes ?? []).includes('one')).toBe(false)
})

test('[S3] a version with a name outlives its time, and what was between two names does not', async () => {
  const one = rig({ fold, limits })
  const ann = await person(one, 'ann', 1)
  const texts: string[] = []
  for (const word of ['one ', 'two ', 4, 'three ', 'four ', 'five ']) texts.push(await writes(one, ann, [], word))
  await one.rest(5_000)
  const of = await one.relay.history.of('dev:ann', 'garden', 'd')
  await of.name(2, 'with one')
  await of.name(5, 'with four')
  await one.rest(32 * DAY)
  expect((await one.store.lineage('garden', 'd')).map(({ seq }) => seq)).toEqual([2, 5, 6])
  for (const seq of [2, 5, 6]) expect(textOf((await of.read(seq)).update)).toBe(texts[seq - 1])
  expect((await of.list({})).versions.map(({ name }) => name?.name)).toEqual([undefined, 'with four', 'with one'])
})

test('where nothing is to be kept, a fold keeps nothing, and what was kept before goes', async () => {
  const one = rig({ fold, limits })
  const ann = await person(one, 'ann', 1)
  for (const word of ['one ', 'two ', 'three ', 'four ']) await writes(one, ann, [], word)
  await one.rest(5_000)
  expect(await one.store.lineage('garden', 'd')).toHaveLength(4)
  one.relay.close()
  const again = rig({ fold, store: one.store, limits: { ...limits, historyMs: 0 } })
  await again.rest(2 * DAY)
  const of = await again.relay.history.of('dev:ann', 'garden', 'd')
  expect((await of.list({})).versions.map(({ seq, beginning }) => [seq, beginning])).toEqual([[4, true]])
  expect(textOf((await of.read(4)).update)).toBe('one two three four ')
  const bob = await person(again, 'bob', 2)
  Y.applyUpdate(bob.writer.doc, (await of.read(4)).update)
  for (const word of ['five ', 'six ', 'seven ', 'eight ']) await writes(again, bob, [], word)
  await again.rest(5_000)
  expect(await again.store.lineage('garden', 'd')).toHaveLength(1)
})

test('[S3] whatever is written, folded, named and forgotten, what is listed reads as it was', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const random = seededRandom(seed)
    const pick = <T>(...some: readonly T[]): T => some[Math.floor(random.number() * some.length)] as T
    const one = rig({ fold, limits })
    const both = [await person(one, 'ann', 1), await person(one, 'bob', 2)] as const
    const texts = [await writes(one, both[0], both, 'a ')]
    const of = await one.relay.history.of('dev:bob', 'garden', 'd')
    for (let taken = 0; taken < 30; taken++) {
      const step = pick('write', 'write', 'write', 'wait', 'name')
      if (step === 'wait') await one.rest(pick(0.01, 1, 6, 12) * DAY)
      else if (step === 'write')
        texts.push(await writes(one, pick(...both), both, pick<string | number>('a ', 'bc ', 'd ', 1, 5)))
      else await of.name(pick(...(await of.list({})).versions).seq, 'named')
    }
    await one.rest(5_000)
    const later = await one.relay.history.of('dev:bob', 'garden', 'd')
    for (const { seq } of await one.store.lineage('garden', 'd'))
      expect([seed, seq, textOf((await later.read(seq)).update)]).toEqual([seed, seq, texts[seq - 1]])
    expect((await later.list({})).versions[0]?.seq).toBe(texts.length)
    one.relay.close()
  }
})
