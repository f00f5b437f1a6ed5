// Names that a store or the wire cannot hold: whoever comes by one is refused, and those beside him notice nothing (T4).
import { VERSION } from '@joinery/core/protocol'
import { expect, test } from 'vitest'
import { personalSpaceOf } from '../../src/index.ts'
import { rig, type, update, writer } from '../rig.ts'

const BAD = ['a\0b', '\uD800', 'b\uDC00', '', 'x'.repeat(256)]

test('[CR-19] [T4] a person whose name cannot be stored is let in nowhere, and nobody beside him is refused anything', async () => {
  const subjects = new Map(BAD.map((subject, at) => [`bad${at}`, subject]))
  const { connect, rest, relay, store } = rig({
    verify: async token => ({ subject: subjects.get(token) ?? token, left: Infinity }),
  })
  const ann = connect()
  ann.say({ type: 'hello', version: VERSION, device: 'phone', token: 'ann' })
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  for (const token of subjects.keys()) {
    const one = connect()
    one.say({ type: 'hello', version: VERSION, device: token, token })
    one.say({ type: 'push', space: 'garden', entries: [update(1, 'd', writer(7).edit(type('x')))] })
    ann.say({ type: 'push', space: 'garden', entries: [update(Number(token.slice(3)) + 1, token, writer(8).edit(type('y')))] }) // prettier-ignore
    await rest()
    expect(one.of('bye').map(({ code }) => code)).toEqual(['UNAUTHENTICATED'])
    await expect(relay.history.of(token, 'garden', 'bad0')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    const closed: number[] = []
    relay.acceptAtDoor(
      { send: () => {}, close: code => void closed.push(code), buffered: () => 0 },
      { space: 'garden', document: 'd', token, from: '192.0.2.1' },
    )
    await rest()
    expect(closed).toEqual([4401])
  }
  expect(ann.of('ack').flatMap(({ entries }) => entries.map(({ seq }) => seq))).toEqual([1, 2, 3, 4, 5])
  expect(ann.of('refused')).toEqual([])
  expect((await store.head(personalSpaceOf('\uD800')))?.seq).toBeUndefined()
})

test('[CR-19] a version is not given a name that cannot be stored', async () => {
  const { device, rest, relay } = rig()
  const ann = await device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', writer(7).edit(type('x')))] })
  await rest()
  const history = await relay.history.of('dev:ann', 'garden', 'd')
  for (const name of ['a\0b', '\uD800'])
    await expect(history.name(1, name)).rejects.toMatchObject({ code: 'BAD_INPUT' })
  await history.name(1, 'Zoë 🌳')
})
