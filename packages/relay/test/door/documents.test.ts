// What becomes of a document, and of the relay, while stock clients are in it.
import { memoryBus } from '@joinery/adapters/bus/memory'
import { JoineryError, type Bus, type Entry, type EntryType, type Store } from '@joinery/core'
import { emptied } from '@joinery/core/gate'
import { memoryStore, seededRandom } from '@joinery/core/testing'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { createChannel } from '../../src/door/channel.ts'
import { rig, type as typing, update, writer, type Rig } from '../rig.ts'
import { visitor, type Visitor } from './visitor.ts'

async function inside(at: Rig, name = 'ann'): Promise<Visitor> {
  const one = visitor(at, 'team/plan', name)
  one.step1()
  await at.rest()
  return one
}

function docOf(one: Visitor): Y.Doc {
  const doc = new Y.Doc()
  for (const { bytes } of [...one.of('step2'), ...one.of('update')]) Y.applyUpdate(doc, bytes)
  return doc
}

const textOf = (one: Visitor): string => docOf(one).getText('body').toJSON()

const DEAF: Bus = {
  carriesPresence: false,
  payloadBytes: 0,
  publish: () => undefined,
  subscribe: () => () => undefined,
  isUp: () => false,
  close: async () => undefined,
}

describe('two relays on one log', () => {
  async function two(bus: Bus): Promise<[Rig, Rig, () => Promise<void>]> {
    const store = memoryStore()
    const [one, other] = [rig({ store, bus }), rig({ store, bus, random: seededRandom(8) })]
    return [
      one,
      other,
      async () => {
        for (let i = 0; i < 12; i++) for (const at of [one, other]) await at.rest(500)
      },
    ]
  }

  for (const [name, bus] of [
    ['by a hint', memoryBus()],
    ['by a poll, when hints are lost', DEAF],
  ] as const) {
    test(`[P117] [R5] what is committed through one is shown at the door of the other, ${name}`, async () => {
      const [one, other, rest] = await two(bus)
      const [ann, bob] = [await inside(one), await inside(other, 'bob')]
      const [annPen, bobPen] = [writer(7), writer(8)]
      ann.update(annPen.edit(typing('from one. ')))
      await rest()
      expect(textOf(bob)).toBe('from one. ')
      Y.applyUpdate(bobPen.doc, Y.encodeStateAsUpdate(annPen.doc))
      bob.update(bobPen.edit(typing('from the other. ')))
      await rest()
      expect(textOf(ann)).toBe('from one. from the other. ')
      Y.applyUpdate(annPen.doc, Y.encodeStateAsUpdate(bobPen.doc))
      // Each builds on what the other relay committed meanwhile.
      ann.update(annPen.edit(typing('again. ')))
      await rest()
      Y.applyUpdate(bobPen.doc, Y.encodeStateAsUpdate(annPen.doc))
      bob.forget()
      bob.update(bobPen.edit(typing('and again.')))
      await rest()
      expect(bob.of('step1')).toEqual([])
      expect([ann, bob].flatMap(({ closed }) => closed)).toEqual([])
      expect(textOf(await inside(other, 'cid'))).toBe('from one. from the other. again. and again.')
      expect(textOf(await inside(one, 'cid'))).toBe('from one. from the other. again. and again.')
    })
  }
})

describe('what a stock client cannot follow', () => {
  function entryOf(type: EntryType, seq: number): Entry {
    return { seq, type, document: 'plan', kind: 'raw', engine: 'yjs', at: 0, device: 'relay', n: seq, subject: '', bytes: new Uint8Array() } // prettier-ignore
  }

  const ENDINGS: [EntryType, number, string][] = [
    ['tombstone', 4410, 'GONE'],
    ['moved', 4410, 'MOVED'],
    ['void', 4412, 'VOIDED'],
  ]
  test.each(ENDINGS)('[P116] a %s entry ends the connections of its document for good', (type, close, reason) => {
    const at = rig()
    const channel = createChannel({
      space: 'team',
      document: 'plan',
      clock: at.clock,
      tickMs: 50,
      tell: () => undefined,
    })
    const ends: unknown[] = []
    const shown: number[] = []
    channel.enter({
      id: 'y-1',
      show: seq => void shown.push(seq),
      tell: () => undefined,
      end: (code, why) => void ends.push([code, why]),
    })
    channel.entries([entryOf('member', 1)])
    expect(ends).toEqual([])
    channel.entries([{ ...entryOf('update', 2), bytes: writer(7).edit(typing('x')) }, entryOf(type, 3)])
    expect(ends).toEqual([[close, reason]])
    expect(shown).toEqual([1])
  })
})

test('[P116] [D2] what was voided is shown to nobody again, and whoever holds it is told to begin anew', async () => {
  const at = rig()
  const [ann, bob] = [await inside(at), await inside(at, 'bob')]
  const [good, bad] = [writer(7), writer(8)]
  ann.update(good.edit(typing('good. ')))
  await at.rest(100)
  Y.applyUpdate(bad.doc, Y.encodeStateAsUpdate(good.doc))
  const poison = bad.edit(typing('poison'))
  bob.update(poison)
  await at.rest(100)
  const { seq = 0, kind = '' } = (await at.store.document('team', 'plan')) ?? {}
  await at.store.void({
    space: 'team',
    seq,
    instead: emptied(poison, 'places'),
    entry: { type: 'void', document: 'plan', kind, engine: 'yjs', at: 0, n: 1, device: 'relay', subject: '', digest: new Uint8Array(16), basedOn: seq, authors: [], bytes: Uint8Array.of(1, 2, 3) }, // prettier-ignore
  })
  await at.rest(6_000)
  expect([ann, bob].map(({ closed }) => closed)).toEqual([ann, bob].map(() => [{ code: 4412, reason: 'VOIDED' }]))
  const late = await inside(at, 'cid')
  expect(textOf(late)).toBe('good. ')
  // Who did not hear of it and comes with what he had changes nothing.
  const away = await inside(at, 'bob')
  away.step2(Y.encodeStateAsUpdate(bad.doc))
  await at.rest(100)
  expect(textOf(await inside(at, 'dan'))).toBe('good. ')
})

describe('a quarantined document', () => {
  test('[P115] [T2] is read from what is good of it, keeps the edits of its clients with them, and takes them once it is mended', async () => {
    const at = rig()
    const ann = await inside(at)
    const pen = writer(7)
    ann.update(pen.edit(typing('good. ')))
    await at.rest()
    await at.store.quarantine('team', 'plan', 'QUARANTINED')
    ann.breaks()

    // Another relay: this one knows its heads.
    const again = rig({ store: at.store, random: seededRandom(8) })
    const back = await inside(again)
    const bob = await inside(again, 'bob')
    back.update(pen.edit(typing('later. ')))
    await again.rest()
    expect(textOf(bob)).toBe('good. ')
    expect(back.of('denied')).toEqual([{ type: 'denied', reason: 'permission denied: the document is being repaired' }])
    expect(back.closed).toEqual([])
    await again.store.quarantine('team', 'plan', undefined)
    back.forget()
    const mended = rig({ store: at.store, random: seededRandom(9) })
    const last = await inside(mended)
    for (const { bytes } of last.of('step1')) last.step2(Y.encodeStateAsUpdate(pen.doc, bytes))
    await mended.rest()
    expect(textOf(await inside(mended, 'bob'))).toBe('good. later. ')
  })

  test('[P115] a client that waits is asked for its edits again, in the same connection', async () => {
    const at = rig()
    const ann = await inside(at)
    const pen = writer(7)
    ann.update(pen.edit(typing('good. ')))
    await at.rest()
    let isQuarantined = true
    const document: Store['document'] = async (space, name) => {
      const head = await at.store.document(space, name)
      return head && { ...head, quarantined: isQuarantined ? ('QUARANTINED' as const) : undefined }
    }
    const again = rig({
      store: { ...at.store, document },
      limits: { cachedAuthors: 0 },
      random: seededRandom(8),
    })
    const back = await inside(again)
    back.update(pen.edit(typing('later. ')))
    await again.rest()
    expect(back.of('denied')).toHaveLength(1)
    isQuarantined = false
    back.forget()
    await again.rest(65_000)
    for (const { bytes } of back.of('step1')) back.step2(Y.encodeStateAsUpdate(pen.doc, bytes))
    await again.rest()
    expect(textOf(await inside(again, 'bob'))).toBe('good. later. ')
  })

  test('[P115] [CR-25] one that cannot be read is served to nobody', async () => {
    const store = memoryStore()
    const first = rig({ store })
    const ann = await inside(first)
    ann.update(writer(7).edit(typing('good. ')))
    await first.rest()
    const body: Store['body'] = async () => {
      throw new JoineryError('QUARANTINED')
    }
    const at = rig({ store: { ...store, body } })
    const one = await inside(at)
    expect(one.of('step2')).toEqual([])
    expect(one.closed).toEqual([{ code: 4423, reason: 'QUARANTINED' }])
  })
})

describe('coming back', () => {
  test('[P112] [D3] a hundred reconnects of real documents, deletes and all, add nothing to the log', async () => {
    const at = rig()
    const pen = writer(7)
    const first = await inside(at)
    for (let i = 0; i < 50; i++) {
      first.update(
        pen.edit(doc => {
          typing(`word ${i} `)(doc)
          doc.getText('body').delete(i % 7, 2)
          doc.getMap('meta').set('count', i)
          doc.getXmlFragment('prose').insert(0, [new Y.XmlElement('paragraph')])
          if (i % 3 === 0) doc.getXmlFragment('prose').delete(0)
        }),
      )
    }
    await at.rest()
    first.breaks()
    const { seq } = (await at.store.head('team')) ?? { seq: 0 }
    const clone = new Y.Doc()
    Y.applyUpdate(clone, Y.encodeStateAsUpdate(pen.doc))
    for (let i = 0; i < 100; i++) {
      // Its author, and somebody else with the same content; some answer with all they have, as after a gap.
      const one = await inside(at, i % 2 === 0 ? 'ann' : 'bob')
      const doc = i % 2 === 0 ? pen.doc : clone
      const [asked] = one.of('step1')
      one.step2(Y.encodeStateAsUpdate(doc, i % 3 === 0 ? undefined : asked?.bytes))
      await at.rest()
      expect(one.closed).toEqual([])
      one.breaks()
    }
    expect((await at.store.head('team'))?.seq).toBe(seq)
  })

  test('[P110] a client that asks again while it is answered gets an answer to each question, in order', async () => {
    const at = rig()
    const pen = writer(7)
    const ann = await inside(at)
    ann.update(pen.edit(typing('one ')))
    await at.rest()
    const after = Y.encodeStateVector(pen.doc)
    const bob = visitor(at, 'team/plan', 'bob')
    // Everything at once, before it is known who it is.
    bob.step1()
    bob.update(writer(8).edit(typing('early ')))
    bob.awareness([8, 1, { at: 1 }])
    bob.step1(after)
    ann.update(pen.edit(typing('two ')))
    bob.step1()
    await at.rest(100)
    expect(bob.of('step2')).toHaveLength(3)
    expect(bob.closed).toEqual([])
    expect(textOf(bob)).toContain('one two')
    expect(textOf(bob)).toContain('early')
    expect(ann.of('awareness').at(-1)?.states.get(8)?.state).toEqual({ at: 1 })
  })

  test('[P110] [S3] what is committed while the document is loaded is shown behind the answer', async () => {
    const store = memoryStore()
    let release = (): void => undefined
    let isSlow = false
    const body: Store['body'] = async (space, document) => {
      const entries = await store.body(space, document)
      if (!isSlow) return entries
      isSlow = false
      await new Promise<void>(resolve => (release = resolve))
      return entries
    }
    const at = rig({ store: { ...store, body } })
    const device = await at.device('ann', 'phone')
    device.say({ type: 'watch', space: 'team', cursor: undefined })
    await at.rest()
    const pen = writer(7)
    device.say({ type: 'push', space: 'team', entries: [update(1, 'plan', pen.edit(typing('one ')))] })
    await at.rest()
    isSlow = true
    const bob = visitor(at, 'team/plan', 'bob')
    bob.step1()
    await at.rest()
    device.say({ type: 'push', space: 'team', entries: [update(2, 'plan', pen.edit(typing('two ')))] })
    await at.rest(1_000)
    expect(device.of('ack')).toHaveLength(2)
    expect(bob.of('step2')).toEqual([])
    expect(bob.of('update')).toEqual([])
    release()
    await at.rest()
    expect(textOf(bob)).toBe('one two ')
    expect(bob.heard.map(({ type }) => type).filter(type => type !== 'step1')[0]).toBe('step2')
  })
})

test('[P122] what begins at the door is raw, and what is no Yjs document is not served', async () => {
  const at = rig()
  const ann = await inside(at)
  ann.update(writer(7).edit(typing('new')))
  await at.rest(100)
  expect(await at.store.document('team', 'plan')).toMatchObject({ kind: 'raw', engine: 'yjs' })
  const document: Store['document'] = async (space, name) => {
    const head = await at.store.document(space, name)
    return head && { ...head, engine: 'automerge' }
  }
  const other = rig({ store: { ...at.store, document }, random: seededRandom(8) })
  expect((await inside(other)).closed).toEqual([{ code: 4406, reason: 'KIND_MISMATCH' }])
})

test('[AU-11] what is said before it is known who speaks is bounded, and none of it is acted on for whoever may not', async () => {
  const at = rig({ openToAll: false })
  await at.store.admit('team', 'bob', 'owner')
  const [flood, stranger] = [visitor(at, 'team/plan', 'bob'), visitor(at, 'team/plan', 'mallory')]
  for (let i = 0; i < 10; i++) flood.update(new Uint8Array(30_000))
  stranger.step1()
  stranger.update(writer(7).edit(typing('early')))
  stranger.awareness([7, 1, { at: 1 }])
  await at.rest(100)
  expect(flood.closed).toEqual([{ code: 1013, reason: 'RATE_LIMITED' }])
  expect(stranger.closed).toEqual([{ code: 4404, reason: 'NOT_FOUND' }])
  expect(stranger.frames).toEqual([])
  const bob = await inside(at, 'bob')
  expect(bob.of('awareness')).toEqual([])
  expect(await at.store.body('team', 'plan')).toEqual([])
})

describe('rights', () => {
  test('[P114] [AU-12] of whoever may only read nothing is stored, shown or applied, whatever he sends, and he stays', async () => {
    const store = memoryStore()
    await store.admit('team', 'ann', 'owner')
    await store.admit('team', 'vic', 'viewer')
    const at = rig({ store, openToAll: false })
    const [ann, vic] = [await inside(at), await inside(at, 'vic')]
    const pen = writer(7)
    ann.update(pen.edit(typing('as it is')))
    await at.rest()
    const before = Y.encodeStateAsUpdate(docOf(ann))
    const copy = new Y.Doc()
    copy.clientID = 9
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(pen.doc))
    ann.forget()
    const deletes: Uint8Array[] = []
    copy.on('update', (bytes: Uint8Array) => deletes.push(bytes))
    copy.getText('body').delete(0, 3)
    const [deletesOnly = new Uint8Array()] = deletes
    vic.update(deletesOnly)
    vic.update(writer(9).edit(typing('mine')))
    vic.step2(Y.encodeStateAsUpdate(copy))
    vic.frame(Uint8Array.of(3))
    await at.rest(100)
    expect(vic.of('denied')).toEqual([{ type: 'denied', reason: 'permission denied' }])
    expect(vic.closed).toEqual([])
    expect(ann.of('update')).toEqual([])
    expect(Y.encodeStateAsUpdate(docOf(await inside(at)))).toEqual(before)
    expect(await store.body('team', 'plan')).toHaveLength(1)
    ann.update(pen.edit(typing('!')))
    await at.rest()
    expect(textOf(vic)).toBe('as it is!')
  })

  test("[P111] [AU-13] another tenant's document and one that is nowhere get the same answer, at the same moment", async () => {
    const store = memoryStore()
    await store.admit('secret', 'bob', 'owner')
    const at = rig({ store, openToAll: false })
    const one = await at.device('bob', 'phone')
    one.say({ type: 'watch', space: 'secret', cursor: undefined })
    await at.rest()
    one.say({ type: 'push', space: 'secret', entries: [update(1, 'plan', writer(7).edit(typing('secret')))] })
    await at.rest()
    const answers = []
    for (const path of ['secret/plan', 'secret/nothing', 'nowhere/plan', 'p-bob/plan']) {
      const ann = visitor(at, path)
      ann.step1()
      ann.awareness([1, 1, { at: 1 }])
      ann.update(writer(1).edit(typing('guess')))
      await at.rest()
      answers.push({ frames: ann.frames.length, closed: ann.closed })
    }
    expect(answers).toEqual(answers.map(() => ({ frames: 0, closed: [{ code: 4404, reason: 'NOT_FOUND' }] })))
    expect(at.fatal).toEqual([])
  })

  test('[P111] [AU-07] when its token has ended a connection writes nothing, and comes back with a new one', async () => {
    let left = 3_000
    const at = rig({ verify: async () => ({ subject: 'ann', left }) })
    const pen = writer(7)
    const one = await inside(at)
    one.update(pen.edit(typing('in time. ')))
    await at.rest(4_500)
    expect(one.closed).toEqual([{ code: 1013, reason: 'UNAUTHENTICATED' }])
    one.update(pen.edit(typing('late. ')))
    await at.rest()
    expect(await at.store.body('team', 'plan')).toHaveLength(1)
    left = 60_000
    const again = await inside(at)
    for (const { bytes } of again.of('step1')) again.step2(Y.encodeStateAsUpdate(pen.doc, bytes))
    await at.rest()
    expect(textOf(again)).toBe('in time. late. ')
  })

  test('[A2] whoever is removed is shown nothing more within 5 s, also through another relay', async () => {
    const store = memoryStore()
    await store.admit('team', 'ann', 'owner')
    await store.admit('team', 'bob', 'editor')
    let isMember = true
    const roleOf: Store['roleOf'] = async (space, subject) =>
      subject === 'bob' && !isMember ? undefined : store.roleOf(space, subject)
    const [at, other] = [
      rig({ store, openToAll: false }),
      rig({ store: { ...store, roleOf }, openToAll: false, random: seededRandom(8) }),
    ]
    const [ann, bob] = [await inside(at), await inside(other, 'bob')]
    isMember = false
    await other.rest(5_000)
    expect(bob.closed).toEqual([{ code: 4404, reason: 'NOT_FOUND' }])
    bob.frames.length = 0
    ann.update(writer(7).edit(typing('not for bob')))
    ann.awareness([7, 1, { at: 1 }])
    await at.rest(100)
    await other.rest(10_000)
    expect(bob.frames).toEqual([])
  })
})

test('[P110] a stock client hears something in any 25 s, whatever else happens', async () => {
  const at = rig()
  const one = await inside(at)
  let [heard, silent, longest] = [one.frames.length, 0, 0]
  for (let second = 0; second < 200; second++) {
    // Somebody writes now and then: that is something, too.
    if (second % 47 === 0) (await inside(at, 'bob')).update(writer(100 + second).edit(typing('x')))
    await at.rest(1_000)
    silent = one.frames.length === heard ? silent + 1 : 0
    heard = one.frames.length
    longest = Math.max(longest, silent)
  }
  expect(longest).toBeLessThanOrEqual(24)
  expect(one.closed).toEqual([])
})
