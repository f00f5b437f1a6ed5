/**
 * Hostile and broken updates, pushed over a real socket to a real relay: each is refused with its code, the document is as before, the
 * socket stays, somebody else's edit goes through, and it is counted and logged without its bytes. What each attack is made of is tested
 * at the gate itself, in core.
 */
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { digestOf, hex, sameBytes } from '@joinery/core'
import { SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
import { yjs } from '@joinery/adapters/engines/yjs'
import { automerge } from '@joinery/adapters/engines/automerge'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import * as encoding from 'lib0/encoding'
import { digest as sha256 } from 'lib0/hash/sha256'
import { deflateRawSync } from 'node:zlib'
import * as Y from 'yjs'
import { foldWith } from '../../src/index.ts'
import { foldByBytes } from '../../src/workers/fold.ts'
import { BOMBS } from '../../../core/test/gate/bombs.ts'
import * as craft from '../../../core/test/gate/craft.ts'
import { awarenessFrame, states, step1Frame, updateFrame } from '../../../core/test/gate/grammar/door.ts'
import { hostileUpdate } from '../../../core/test/gate/hostile.ts'
import { randomFrom } from '../../../core/test/gate/random.ts'
import { type as typing, update, writer, type Writer } from '../rig.ts'
import { served, type ServedRelay } from '../served.ts'
import { closeOf, type Dialled } from '../dial.ts'

interface Scene {
  readonly relay: ServedRelay
  readonly attacker: Dialled
  readonly victim: Dialled
  /** Author 1 of document `d`, whose first word is stored. */
  readonly writer: Writer
}

async function scene(): Promise<Scene> {
  const relay = await served()
  const [attacker, victim] = [await relay.device('eve', 'evil'), await relay.device('ann', 'phone')]
  const w = writer(1)
  victim.push('garden', update(1, 'd', w.edit(typing('hello'))))
  expect(await victim.answer(1)).toBe(1)
  return { relay, attacker, victim, writer: w }
}

async function digestOfBody({ store }: ServedRelay, document: string): Promise<string> {
  const entries = await store.body('garden', document)
  return entries.map(({ seq, bytes }) => `${seq}:${hex(digestOf(bytes))}`).join(' ')
}

/** Pushes each as its own entry; expects all to be refused with `code` (or one of them), and nothing else to have happened. */
async function refuses(
  one: Scene,
  attacks: readonly Uint8Array[],
  codes: readonly string[],
  document = 'd',
): Promise<void> {
  const { relay, attacker, victim } = one
  const before = await digestOfBody(relay, document)
  const head = await relay.store.head('garden')
  attacks.forEach((bytes, i) => attacker.push('garden', update(i + 1, document, bytes)))
  for (const [i, bytes] of attacks.entries()) {
    expect(codes, `attack ${i}: ${hex(bytes.subarray(0, 40))}`).toContain(await attacker.answer(i + 1))
  }
  expect(await digestOfBody(relay, document)).toBe(before)
  expect(await relay.store.head('garden')).toEqual(head)
  expect(codes.reduce((sum, code) => sum + relay.counted(`answered.${code}`), 0)).toBe(attacks.length)
  const lines = relay.lines.filter(({ event }) => event === 'refused')
  expect(lines.length).toBeGreaterThan(0)
  for (const { fields } of lines) expect(codes).toContain(fields['code'])
  // The socket stays: its next honest edit is taken, and so is everybody's.
  attacker.push('garden', update(attacks.length + 1, 'mine', writer(66).edit(typing('ok'))))
  expect(await attacker.answer(attacks.length + 1)).toEqual(expect.any(Number))
  victim.push('garden', update(2, 'd', one.writer.edit(typing(' again'))))
  expect(await victim.answer(2)).toEqual(expect.any(Number))
}

function pseudoRandom(count: number, seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length: count }, () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) >>> 16)
}

test('[CR-01] nothing, one byte and random bytes are refused', async () => {
  const random = Array.from({ length: 50 }, (_, i) => pseudoRandom(1 + i * 7, i + 1))
  const zeros = [new Uint8Array(), new Uint8Array([0])]
  await refuses(
    await scene(),
    [...zeros, ...random],
    ['BAD_UPDATE', 'TOO_LARGE', 'TOO_DEEP', 'TOO_MANY_AUTHORS', 'FORBIDDEN_KEY', 'GAP'],
  )
})

test('[D3] an update with nothing in it is not written: there is something to ack it with, or it is refused', async () => {
  const one = await scene()
  one.attacker.push('garden', update(1, 'd', new Uint8Array([0, 0])), update(2, 'none', new Uint8Array([0, 0])))
  expect([await one.attacker.answer(1), await one.attacker.answer(2)]).toEqual([1, 'BAD_UPDATE'])
  expect((await one.relay.store.head('garden'))?.seq).toBe(1)
})

test('[CR-02] bombs of a few bytes are refused, as a push and as what is given back, and no worker ever sees them', async () => {
  const one = await scene()
  await refuses(
    one,
    BOMBS.map(([, bytes]) => bytes),
    ['BAD_UPDATE', 'TOO_LARGE', 'TOO_MANY_AUTHORS'],
  )
  for (const [i, [, bytes]] of BOMBS.entries())
    one.attacker.push('garden', update(1_000 + i, 'd', bytes, { resupply: true }))
  for (const i of BOMBS.keys())
    expect(await one.attacker.answer(1_000 + i)).toEqual(expect.stringMatching(/BAD_UPDATE|TOO_/))
})

test('[CR-02] bombs at the door end who brings them, as an update, as an answer and as a state vector, and nobody else', async () => {
  const one = await scene()
  const before = await digestOfBody(one.relay, 'd')
  for (const [name, bytes] of BOMBS) {
    for (const frame of [updateFrame(bytes), updateFrame(bytes, true)]) {
      const eve = await knock(one.relay, 'garden/d')
      eve.send(frame)
      // A Skip is a gap, which its client is asked about (P113).
      if (/Skip|twice, over/.test(name)) eve.send(step1Frame(Uint8Array.of(0)))
      else expect(await eve.closed, name).toMatchObject({ code: 4403 })
      expect([0, 4403], name).toContain(await eve.answered)
    }
    const eve = await knock(one.relay, 'garden/d')
    eve.send(step1Frame(bytes))
    // It is answered like one that has nothing, or it is none.
    expect([0, 4400], name).toContain(await eve.answered)
  }
  expect(await digestOfBody(one.relay, 'd')).toBe(before)
  one.victim.push('garden', update(2, 'd', one.writer.edit(typing(' again'))))
  expect(await one.victim.answer(2)).toBe(2)
})

test('[CR-02] a bomb that stands in a log ends every fold that meets it, by the engine and by its bytes, within its own size', () => {
  const doc = yjs.open('7')
  doc.text('body').insert(0, 'what was there')
  const honest = doc.encode()
  const outcomes = new Set<string>()
  for (const [name, bytes] of BOMBS) {
    for (const fold of [() => foldWith(yjs, cryptoRandom(), [honest, bytes]), () => foldByBytes([honest, bytes])]) {
      try {
        // Where it claims clocks and nothing else, these few bytes are all it is.
        expect(fold().length, name).toBeLessThan(honest.length + 200)
        outcomes.add('folded')
      } catch (error) {
        expect(error).not.toHaveProperty('matcherResult')
        outcomes.add('refused')
      }
    }
  }
  expect([...outcomes].toSorted()).toEqual(['folded', 'refused'])
})

test('[CR-21] of thousands of states that are none a few are read: the rest is not looked at', async () => {
  const relay = await served()
  const [eve, ann] = [await knock(relay, 'garden/d', 'eve'), await knock(relay, 'garden/d', 'ann')]
  ann.send(step1Frame(Uint8Array.of(0)))
  await ann.answered
  const broken = Array.from({ length: 4_000 }, (_, at) => [at + 100, 1, '{"a":[[]'] as const)
  eve.send(awarenessFrame(states([...broken, [7, 1, '{"after":"them"}']])))
  eve.send(awarenessFrame(states([[8, 1, '{"of":"another message"}']])))
  const shown = await ann.shown
  expect([shown.includes('of another'.replace(' ', '":"')), shown.includes('after')]).toEqual([true, false])
})

test('[CR-03] encoding V2 is refused', async () => {
  const doc = new Y.Doc()
  doc.getText('body').insert(0, 'version two')
  doc.getMap('m').set('k', 1)
  await refuses(await scene(), [Y.encodeStateAsUpdateV2(doc), Y.encodeStateAsUpdateV2(new Y.Doc())], ['BAD_UPDATE'])
})

test('[CR-04] 4,000 updates with gaps are refused one by one, and none waits anywhere', async () => {
  const gapped = Array.from({ length: 4_000 }, (_, i) =>
    craft.update([{ author: 5, clock: 2 * i + 1, structs: [craft.item(craft.text('x'))] }]),
  )
  const one = await scene()
  await refuses(one, gapped, ['GAP'])
  expect(await one.relay.store.authors('garden', 'd')).toMatchObject([{ author: '1' }])
})

test('[CR-05] an update that refers to what is not there is a gap', async () => {
  const places = [{ left: [9, 0] }, { right: [9, 0] }, { parent: [9, 0] }, { left: [1, 99] }] as const
  const attacks = places.map(place =>
    craft.update([{ author: 5, clock: 0, structs: [craft.item(craft.text('x'), place)] }]),
  )
  await refuses(await scene(), attacks, ['GAP'])
})

test('[CR-08] the same clocks with other content are refused', async () => {
  const other = writer(1).edit(typing('other'))
  await refuses(await scene(), [other], ['CONFLICTING_AUTHORSHIP'])
})

test("[CR-09] structs under another's author id are refused", async () => {
  const one = await scene()
  const forged = craft.update([{ author: 1, clock: 5, structs: [craft.item(craft.text('!'), { left: [1, 4] })] }])
  await refuses(one, [forged], ['CONFLICTING_AUTHORSHIP'])
})

test("[CR-10] a GC or a Skip of 2^53 under any id is refused, and the victim's next words are taken", async () => {
  const max = Number.MAX_SAFE_INTEGER
  const attacks = [1, 5].flatMap(author =>
    [craft.gc(max), craft.skip(max), craft.gc(2 ** 41), craft.item(craft.deleted(max))].map(struct =>
      craft.update([{ author, clock: author === 1 ? 5 : 0, structs: [struct] }]),
    ),
  )
  await refuses(await scene(), attacks, ['BAD_UPDATE', 'TOO_LARGE', 'CONFLICTING_AUTHORSHIP'])
})

test('[CR-11] deletes of what is not there yet are refused', async () => {
  const attacks = [
    [1, 5, 1],
    [1, 0, 6],
    [77, 0, 1],
  ].map(([author = 0, clock = 0, length = 0]) => craft.update([], [{ author, ranges: [[clock, length]] }]))
  await refuses(await scene(), attacks, ['DELETES_UNKNOWN'])
})

test('[CR-13] an update cut off anywhere is refused', async () => {
  const one = await scene()
  const whole = writer(5).edit(doc => {
    doc.getText('body').insert(0, 'some words')
    doc.getMap('m').set('key', { a: [1, 2, 3] })
  })
  await refuses(
    one,
    Array.from({ length: whole.length - 1 }, (_, i) => whole.slice(0, i + 1)),
    ['BAD_UPDATE'],
  )
})

test('[CR-14] an update that goes on after its end is refused', async () => {
  const whole = writer(5).edit(typing('x'))
  await refuses(await scene(), [Uint8Array.from([...whole, 0]), Uint8Array.from([...whole, ...whole])], ['BAD_UPDATE'])
})

test('[CR-15] values nested 20,000 deep are refused', async () => {
  const deep = craft.update([{ author: 5, clock: 0, structs: [craft.item(craft.nestedAny(20_000))] }])
  await refuses(await scene(), [deep], ['TOO_DEEP'])
})

test('[CR-16] 8,000 types inside each other are refused', async () => {
  const chain = Array.from({ length: 8_000 }, (_, i) =>
    craft.item(craft.type(craft.MAP), i === 0 ? { parent: 'm', key: 'k' } : { parent: [5, i - 1], key: 'k' }),
  )
  await refuses(await scene(), [craft.update([{ author: 5, clock: 0, structs: chain }])], ['TOO_DEEP'])
})

test('[CR-17] keys that objects already have are refused', async () => {
  const attacks = ['__proto__', 'constructor', 'prototype'].flatMap(key => [
    craft.update([{ author: 5, clock: 0, structs: [craft.item(craft.any(true), { parent: 'm', key })] }]),
    craft.update([{ author: 5, clock: 0, structs: [craft.item(craft.objectWithKey(key), { parent: 'm', key: 'k' })] }]),
    craft.update([{ author: 5, clock: 0, structs: [craft.item(craft.text('x'), { parent: key })] }]),
  ])
  await refuses(await scene(), attacks, ['FORBIDDEN_KEY'])
})

// Rich text with attributes is both, so the relay cannot call it wrong; a schema can, on the device.
test('[CR-18] a root used as text by one and as map by another breaks nobody: it is stored, reads the same everywhere, and folds', async () => {
  const one = await scene()
  const asMap = craft.update([
    { author: 5, clock: 0, structs: [craft.item(craft.any('x'), { parent: 'body', key: 'k' })] },
  ])
  one.attacker.push('garden', update(1, 'd', asMap))
  expect(await one.attacker.answer(1)).toBe(2)
  const bodies = (await one.relay.store.body('garden', 'd')).map(({ bytes }) => bytes)
  const [there, back] = [yjs.open('8'), yjs.open('9')]
  for (const bytes of bodies) there.apply(bytes)
  for (const bytes of bodies.toReversed()) back.apply(bytes)
  expect([there.text('body').toString(), back.digest()]).toEqual(['hello', there.digest()])
  back.apply(foldWith(yjs, cryptoRandom(), bodies))
  expect(back.digest()).toBe(there.digest())
  one.victim.push('garden', update(2, 'd', one.writer.edit(typing(' again'))))
  expect(await one.victim.answer(2)).toBe(3)
})

test('[CR-19] text of any kind goes through the relay and comes back equal: NUL, bidi, half a pair, a megabyte of one letter', async () => {
  const one = await scene()
  const texts = [
    'a\u0000b',
    '\u202eright to left\u202c',
    '\ufeff',
    '\uffff',
    '😀'.repeat(1_000),
    `e${'\u0301'.repeat(524_288)}`,
  ]
  const w = writer(5)
  const bytes = w.edit(doc => {
    texts.forEach((text, at) => doc.getText(`text ${at}`).insert(0, text))
    texts.forEach((text, at) => doc.getMap('m').set(text.slice(0, 8), `${at}`))
    // Yjs itself writes half a pair as U+FFFD in a text, and as it is inside of JSON.
    doc.getText('embeds').insertEmbed(0, { half: '\ud800' })
  })
  one.attacker.push('garden', update(1, 'v', bytes))
  expect(await one.attacker.answer(1)).toBe(2)
  const doc = new Y.Doc()
  for (const entry of await one.relay.store.body('garden', 'v')) Y.applyUpdate(doc, entry.bytes)
  texts.forEach((text, at) => expect(doc.getText(`text ${at}`).toJSON() === text, `text ${at}`).toBe(true))
  texts.forEach((text, at) => expect(doc.getMap('m').get(text.slice(0, 8)), `key ${at}`).toBe(`${at}`))
  expect(doc.getText('embeds').toDelta()).toEqual([{ insert: { half: '\ud800' } }])
})

test('[CR-20] every value that Yjs can write goes through the relay and comes back the same', async () => {
  const one = await scene()
  const values = {
    nan: NaN,
    zero: -0,
    big: 2 ** 53,
    odd: 0.1,
    none: null,
    lost: undefined,
    long: 12_345_678_901n,
    bytes: new Uint8Array(200_000).fill(7),
    far: Infinity,
  }
  const w = writer(5)
  const bytes = w.edit(doc => {
    for (const [key, value] of Object.entries(values)) doc.getMap('m').set(key, value)
  })
  one.attacker.say({ type: 'watch', space: 'garden', cursor: undefined })
  one.victim.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.victim.next('changes')
  one.attacker.push('garden', update(1, 'v', bytes))
  const { entries } = await one.victim.next('changes')
  const doc = new Y.Doc()
  for (const entry of entries) Y.applyUpdate(doc, entry.bytes)
  for (const [key, value] of Object.entries(values)) expect(doc.getMap('m').get(key), key).toEqual(value)
  expect(Object.is(doc.getMap('m').get('zero'), -0)).toBe(Object.is(w.doc.getMap('m').get('zero'), -0))
  expect(await one.attacker.answer(1)).toBe(2)
})

test('[CR-22] whole Automerge documents and deflated chunks, which unfold into anything, are refused', async () => {
  const one = await scene()
  const doc = automerge.open('0a')
  const updates: Uint8Array[] = []
  doc.onUpdate(bytes => void updates.push(Uint8Array.from(bytes)))
  doc.change(() => doc.map('m').set('k', 'v'))
  one.victim.push('garden', update(2, 'a', updates[0]!, { engine: 'automerge' }))
  expect(await one.victim.answer(2)).toBe(2)
  const whole = chunk(0, new Uint8Array([0, 0, 0, 0]))
  const deflated = chunk(2, new Uint8Array(deflateRawSync(new Uint8Array(1_000_000))))
  const cut = updates[0]!.slice(0, -1)
  const flipped = Uint8Array.from(updates[0]!, (byte, i) => (i === 20 ? byte ^ 1 : byte))
  const attacks = [whole, deflated, cut, flipped, new Uint8Array()]
  attacks.forEach((bytes, i) => one.attacker.push('garden', update(i + 1, 'a', bytes, { engine: 'automerge' })))
  for (const i of attacks.keys()) expect(await one.attacker.answer(i + 1)).toBe('BAD_UPDATE')
  expect(await one.relay.store.body('garden', 'a')).toHaveLength(1)
})

/** An Automerge chunk of any type, with its checksum. */
function chunk(kind: number, contents: Uint8Array): Uint8Array {
  const body = craft.bytes(encoder => {
    encoding.writeUint8(encoder, kind)
    encoding.writeVarUint8Array(encoder, contents)
  })
  return Uint8Array.from([0x85, 0x6f, 0x4a, 0x83, ...sha256(body).subarray(0, 4), ...body])
}

test('[CR-24] of what grammar makes the log holds what was acked, byte for byte, and nothing that was refused', async () => {
  const one = await scene()
  const random = randomFrom(41)
  const clocks = new Map([[1, 5]])
  const sent = new Map<number, Uint8Array>()
  const outcomes = new Map<string, number>()
  let acked = 0
  for (let n = 1; n <= 600; n++) {
    const bytes = hostileUpdate(random, clocks)
    sent.set(n, bytes)
    one.attacker.push('garden', update(n, 'd', bytes))
    const answer = await one.attacker.answer(n)
    const isAcked = typeof answer === 'number'
    outcomes.set(isAcked ? 'acked' : answer, 1)
    if (!isAcked) sent.delete(n)
    else acked += 1
    const scanned = isAcked ? scanYjsUpdate(bytes, SCAN_LIMITS) : undefined
    if (scanned?.ok === true) for (const { author, to } of scanned.scan.authors) clocks.set(author, to)
  }
  expect([...outcomes.keys()]).toEqual(expect.arrayContaining(['acked', 'BAD_UPDATE', 'GAP', 'CONFLICTING_AUTHORSHIP']))
  expect(acked).toBeGreaterThan(100)
  const entries = (await one.relay.store.body('garden', 'd')).filter(({ device }) => device === 'evil')
  for (const { n, bytes } of entries) expect(sameBytes(bytes, sent.get(n) ?? new Uint8Array()), `entry ${n}`).toBe(true)
  // What was nothing new is acked with what is there.
  expect(entries.length).toBeLessThanOrEqual(acked)
  expect(entries.length).toBeGreaterThan(100)
  one.victim.push('garden', update(2, 'mine', writer(99).edit(typing('ok'))))
  expect(await one.victim.answer(2)).toEqual(expect.any(Number))
})

interface Knocked {
  send(frame: Uint8Array): void
  readonly closed: Promise<{ code: number }>
  /** 0 when a SyncStep2 came, or how it ended before. */
  readonly answered: Promise<number>
  /** The first awareness with somebody in it, as text. */
  readonly shown: Promise<string>
}

/** Somebody at the door by hand. */
async function knock({ port }: ServedRelay, path: string, name = 'eve'): Promise<Knocked> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/y/${path}?token=dev:${name}`, { perMessageDeflate: false })
  onTestFinished(() => socket.terminate())
  const closed = closeOf(socket)
  const frames = (fits: (frame: Buffer) => boolean): Promise<Buffer> =>
    new Promise(resolve => socket.on('message', (frame: Buffer) => void (fits(frame) && resolve(frame))))
  const answer = frames(frame => frame[0] === 0 && frame[1] === 1)
  const awareness = frames(frame => frame[0] === 1 && frame.length > 4)
  await new Promise(resolve => socket.once('open', resolve))
  return {
    send: frame => socket.send(frame),
    closed,
    answered: Promise.race([answer.then(() => 0), closed.then(({ code }) => code)]),
    shown: awareness.then(frame => frame.toString()),
  }
}
