// The rules of PROTOCOL.md for relays that no law or fault covers by itself.
import { NO_MARK } from '@joinery/core'
import { CLOSE, encodeMessage, HELLO_BYTES, VERSION, type Presence } from '@joinery/core/protocol'
import { describe, expect, test } from 'vitest'
import { rig, type, update, writer } from './rig.ts'

const present = (document: string, clock: number, state: string | undefined): Presence => ({
  type: 'presence',
  space: 'team',
  document,
  session: 'mallory',
  subject: 'mallory',
  clock,
  state,
})

describe('hello', () => {
  test('[P95] [CL-14] a client of a newer version is welcomed in this one', async () => {
    const { connect, rest } = rig()
    const device = connect()
    device.say({ type: 'hello', version: VERSION + 7, device: 'd', token: 'dev:ann' })
    await rest()
    expect(device.heard).toMatchObject([{ type: 'welcome', version: VERSION }])
  })

  test('[P10] in parts it is none, and neither is a longer one', () => {
    const { connect } = rig()
    const [parted, long] = [connect(), connect()]
    parted.say({
      type: 'part',
      last: true,
      bytes: encodeMessage({ type: 'hello', version: 1, device: 'd', token: 'dev:ann' }),
    })
    long.frame(new Uint8Array(HELLO_BYTES + 1).fill(255))
    for (const { closed } of [parted, long]) expect(closed).toMatchObject([{ code: CLOSE.BAD_FRAME }])
  })

  test('[P12] welcome says whose link it is and where `me` is; a token that is no good is answered by 4401', async () => {
    const { device, connect, rest, clock } = rig()
    const ann = await device('ann', 'd')
    expect(ann.heard).toMatchObject([{ type: 'welcome', version: 1, subject: 'ann', wall: clock.now() }])
    const nobody = connect()
    nobody.say({ type: 'hello', version: 1, device: 'd', token: 'nonsense' })
    await rest()
    expect(nobody.heard).toMatchObject([{ type: 'bye', code: 'UNAUTHENTICATED' }])
    expect(nobody.closed).toMatchObject([{ code: CLOSE.UNAUTHENTICATED }])
  })

  test('[P14] [P84] the older link of a device is told to wait, and closed with 4409', async () => {
    const { device, relay } = rig()
    const older = await device('ann', 'd')
    const newer = await device('ann', 'd')
    const others = [await device('ann', 'e'), await device('ben', 'd')]
    expect(older.of('bye')).toEqual([{ type: 'bye', code: 'REPLACED', retryAfter: 30_000 }])
    expect(older.closed).toMatchObject([{ code: 4409 }])
    for (const { closed } of [newer, ...others]) expect(closed).toEqual([])
    expect(relay.links()).toBe(3)
  })

  test('[P9] what only a relay says is not understood by one', async () => {
    const { device } = rig()
    const ann = await device('ann', 'd')
    ann.frame(encodeMessage({ type: 'ack', space: 'me', entries: [] }))
    expect(ann.closed).toMatchObject([{ code: CLOSE.BAD_FRAME }])
  })

  test('[P8] a frame larger than the welcome allows is not read', async () => {
    const { device } = rig({ limits: { frameBytes: 10_000 } })
    const ann = await device('ann', 'd')
    expect(ann.of('welcome')).toMatchObject([{ frameBytes: 10_000 }])
    ann.frame(
      encodeMessage({
        type: 'have',
        space: 'me',
        documents: [{ document: 'd', engine: 'yjs', version: new Uint8Array(10_000) }],
      }),
    )
    expect(ann.closed).toMatchObject([{ code: CLOSE.BAD_FRAME }])
  })

  test('[P70] before each close of the relay comes a `bye` with the reason', async () => {
    const { device, relay, rest } = rig()
    const ann = await device('ann', 'd')
    const ben = await device('ben', 'd')
    ann.frame(new Uint8Array([127]))
    void relay.drain()
    await rest(1_000)
    expect([ann.heard.at(-1), ann.closed]).toMatchObject([{ type: 'bye', code: 'BAD_FRAME' }, [{ code: 4400 }]])
    expect([ben.heard.at(-1), ben.closed]).toMatchObject([{ type: 'bye', code: 'UNAVAILABLE' }, [{ code: 1012 }]])
  })
})

describe('spaces', () => {
  test('[P17] [P20] `me` is answered under its id: the head, live, nothing more', async () => {
    const { device, rest } = rig()
    const ann = await device('ann', 'd')
    const [{ personal } = { personal: '' }] = ann.of('welcome')
    ann.say({ type: 'watch', space: 'me', cursor: undefined })
    await rest()
    expect(ann.of('changes')).toMatchObject([
      { space: personal, live: true, reset: false, entries: [], cursor: { seq: 0 } },
    ])
  })

  test('[P17] [P26] [P38] a refusal of a space that was not found has the name that was asked for, and no document', async () => {
    const { device, rest } = rig({ openToAll: false })
    const ann = await device('ann', 'd')
    ann.say({ type: 'watch', space: 'nowhere', cursor: undefined })
    ann.say({ type: 'fetch', space: 'nowhere', document: 'note', before: 0 })
    await rest()
    expect(ann.of('refused')).toEqual([
      { type: 'refused', space: 'nowhere', document: undefined, n: undefined, code: 'NOT_FOUND', retryAfter: 0 },
      { type: 'refused', space: 'nowhere', document: 'note', n: undefined, code: 'NOT_FOUND', retryAfter: 0 },
    ])
  })

  test('[P25] a second watch replaces the first: what comes after comes once', async () => {
    const { device, rest } = rig()
    const ann = await device('ann', 'd')
    ann.say({ type: 'watch', space: 'team', cursor: undefined })
    await rest()
    ann.say({ type: 'watch', space: 'team', cursor: undefined })
    await rest()
    ann.forget()
    ann.say({ type: 'push', space: 'team', entries: [update(1, 'note', writer(1).edit(type('a')))] })
    await rest(1_000)
    expect(ann.of('changes').map(({ entries, live }) => [entries.length, live])).toEqual([[1, true]])
    expect(ann.of('ack')).toMatchObject([{ entries: [{ n: 1, seq: 1 }] }])
  })

  test('[P25] also while the first is still being answered', async () => {
    const { device, rest, store } = rig({ limits: { pageBytes: 1 } })
    const ann = await device('ann', 'd')
    const one = writer(1)
    ann.say({ type: 'push', space: 'team', entries: [1, 2, 3, 4].map(n => update(n, 'note', one.edit(type('a')))) })
    await rest()
    const head = await store.head('team')
    const ben = await device('ben', 'e')
    const watch = { type: 'watch', space: 'team', cursor: { epoch: head?.epoch ?? '', seq: 0, mark: NO_MARK } } as const
    ben.say(watch)
    ben.say(watch)
    await rest(1_000)
    expect(ben.of('changes').flatMap(({ entries }) => entries.map(({ seq }) => seq))).toEqual([1, 2, 3, 4])
  })

  test('[P27] a link uses 1,024 spaces and no more', async () => {
    const { device, rest } = rig()
    const ann = await device('ann', 'd')
    for (let i = 0; i <= 1_024; i++) ann.say({ type: 'fetch', space: `s${i}`, document: 'note', before: 0 })
    await rest(10_000)
    const limited = ann.of('refused').filter(({ code, space }) => code === 'RATE_LIMITED' && space === 's1024')
    expect(limited).toHaveLength(1)
    expect(ann.closed).toEqual([])
  })

  test('[P35] `at` orders nothing: the log is in the order of the commits', async () => {
    const { device, rest } = rig()
    const ann = await device('ann', 'd')
    const one = writer(1)
    ann.say({
      type: 'push',
      space: 'me',
      entries: [5, 3, 4].map((at, index) => update(index + 1, 'note', one.edit(type('a')), { at })),
    })
    await rest()
    ann.say({ type: 'fetch', space: 'me', document: 'note', before: 0 })
    await rest()
    expect(ann.of('bodies')).toMatchObject([
      {
        entries: [
          { at: 5, seq: 1 },
          { at: 3, seq: 2 },
          { at: 4, seq: 3 },
        ],
      },
    ])
  })
})

describe('questions', () => {
  test('[P40] a body comes in the order of seq, and one that is not there without entries', async () => {
    const { device, rest } = rig()
    const ann = await device('ann', 'd')
    const one = writer(1)
    ann.say({ type: 'push', space: 'me', entries: [1, 2, 3].map(n => update(n, 'note', one.edit(type('a')))) })
    await rest()
    ann.say({ type: 'fetch', space: 'me', document: 'note', before: 0 })
    ann.say({ type: 'fetch', space: 'me', document: 'other', before: 0 })
    await rest()
    const [there, absent] = ann.of('bodies')
    expect(there).toMatchObject({ document: 'note', entries: [{ seq: 1 }, { seq: 2 }, { seq: 3 }], next: 0 })
    expect(absent).toMatchObject({ document: 'other', entries: [], next: 0 })
  })

  test('[P50] [P51] each `have` has its `want`, also when nothing is wanted; of what is not there, everything is', async () => {
    const { device, rest } = rig()
    const ann = await device('ann', 'd')
    ann.say({ type: 'have', space: 'me', documents: [] })
    ann.say({
      type: 'have',
      space: 'me',
      documents: [{ document: 'note', engine: 'yjs', version: new Uint8Array([1, 1, 1]) }],
    })
    await rest()
    const [none, all] = ann.of('want')
    expect(none).toMatchObject({ documents: [] })
    expect(all?.documents.map(({ document }) => document)).toEqual(['note'])
  })

  test('[P43] the answers come in the order of the questions', async () => {
    const { device, rest } = rig()
    const ann = await device('ann', 'd')
    for (const document of ['a', 'b', 'c']) {
      ann.say({ type: 'fetch', space: 'me', document, before: 0 })
      ann.say({
        type: 'have',
        space: 'me',
        documents: [{ document, engine: 'yjs', version: new Uint8Array([1, 1, 1]) }],
      })
    }
    await rest()
    const answers = ann.heard.flatMap(message => {
      if (message.type === 'bodies') return [`bodies ${message.document}`]
      return message.type === 'want' ? [`want ${message.documents[0]?.document}`] : []
    })
    expect(answers).toEqual(['bodies a', 'want a', 'bodies b', 'want b', 'bodies c', 'want c'])
  })

  test('[P60] [P61] the time is told with the id of the question, in microseconds of one clock', async () => {
    const { device, rest, clock } = rig()
    const ann = await device('ann', 'd')
    ann.say({ type: 'time', id: 7 })
    await rest(1_500)
    ann.say({ type: 'time', id: 9 })
    const [first, second] = ann.of('clock')
    expect([first?.id, second?.id]).toEqual([7, 9])
    expect((second?.monotonic ?? 0) - (first?.monotonic ?? 0)).toBe(1_500_000)
    expect(second?.wall).toBe(clock.now())
    expect(second?.clockId).toBe(first?.clockId)
  })
})

describe('presence', () => {
  const room = async () => {
    const made = rig()
    const [ann, ben] = [await made.device('ann', 'a'), await made.device('ben', 'b')]
    for (const one of [ann, ben]) one.say({ type: 'watch', space: 'team', cursor: undefined })
    await made.rest()
    return { ...made, ann, ben }
  }

  test('[P55] whose it is says the relay, whatever the client wrote', async () => {
    const { ann, ben, rest } = await room()
    ann.say(present('note', 1, '{"at":1}'))
    await rest(1_000)
    const [{ session } = { session: '' }] = ann.of('welcome')
    expect(ben.of('presence')).toEqual([{ ...present('note', 1, '{"at":1}'), session, subject: 'ann' }])
    expect(ann.of('presence')).toEqual([])
  })

  test('[P56] a clock that does not rise is dropped', async () => {
    const { ann, ben, rest } = await room()
    for (const [clock, state] of [
      [2, '"two"'],
      [2, '"again"'],
      [1, '"one"'],
      [3, '"three"'],
    ] as const) {
      ann.say(present('note', clock, state))
      await rest(1_000)
    }
    expect(ben.of('presence').map(({ state }) => state)).toEqual(['"two"', '"three"'])
  })

  test('[P57] who goes is told to be gone, by himself or by the relay', async () => {
    const { ann, ben, rest } = await room()
    ann.say(present('note', 1, '1'))
    ann.say(present('other', 1, '1'))
    await rest(1_000)
    ben.forget()
    ann.say(present('note', 2, undefined))
    await rest(1_000)
    ann.breaks()
    await rest(1_000)
    expect(ben.of('presence').map(({ document, state }) => [document, state])).toEqual([
      ['note', undefined],
      ['other', undefined],
    ])
  })

  test('[P58] it is taken from who watches, told to who watches, and to who comes later', async () => {
    const { ann, ben, rest, device } = await room()
    const outside = await device('cid', 'c')
    outside.say(present('note', 1, '"outside"'))
    ann.say(present('note', 1, '"a"'))
    ann.say(present('note', 2, '"b"'))
    await rest(1_000)
    expect(outside.of('presence')).toEqual([])
    expect(ben.of('presence').map(({ state }) => state)).toEqual(['"b"'])
    outside.say({ type: 'watch', space: 'team', cursor: undefined })
    await rest(1_000)
    expect(outside.of('presence').map(({ state }) => state)).toEqual(['"b"'])
  })
})

test('[P21] a cursor at the head of an empty log is at the head', async () => {
  const { device, rest, store } = rig()
  const ann = await device('ann', 'd')
  ann.say({ type: 'watch', space: 'team', cursor: undefined })
  await rest()
  const head = await store.head('team')
  ann.forget()
  ann.say({ type: 'watch', space: 'team', cursor: { epoch: head?.epoch ?? '', seq: 0, mark: NO_MARK } })
  await rest()
  expect(ann.of('changes')).toMatchObject([{ reset: false, live: true, entries: [] }])
})
