/** The connection machine, by itself: time and chance are numbers here. */
import { connection, type Connection, type ConnectionEffect } from '@joinery/core/sync'
import type { Welcome } from '@joinery/core/protocol'
import { describe, expect, test } from 'vitest'

const URL = 'wss://relay.example/v1/sync'
const WELCOME: Welcome = {
  type: 'welcome',
  version: 1,
  session: 's',
  subject: 'ada',
  personal: 'u-1',
  wall: 5_000,
  frameBytes: 65_536,
  documentBytes: 65_536,
}

function started(chance = 0.5): Connection {
  const machine = connection({ chance: () => chance })
  machine.handle({ type: 'start', url: URL }, 0)
  return machine
}

function live(now = 0, left?: number): Connection {
  const machine = started()
  machine.handle({ type: 'token', token: 't', left }, now)
  machine.handle({ type: 'opened' }, now)
  machine.handle({ type: 'heard', message: WELCOME }, now)
  return machine
}

const names = (effects: readonly ConnectionEffect[]): string[] => effects.map(effect => effect.do)

test('[R3] greeting and watching go out in one flight, as soon as the wire is open', () => {
  const machine = started()
  expect(machine.handle({ type: 'token', token: 't', left: undefined }, 0)).toEqual([{ do: 'connect', url: URL }])
  expect(machine.handle({ type: 'opened' }, 10)).toEqual([{ do: 'greet', token: 't' }])
  expect(names(machine.handle({ type: 'heard', message: WELCOME }, 30))).toEqual(['relay-time', 'up'])
  expect(machine.state()).toMatchObject({ at: 'live', session: 's' })
})

test('[C1] no welcome within 5 s ends the attempt, and the next comes after a wait that grows to 30 s', () => {
  const machine = started(0.999)
  const waits: number[] = []
  let now = 0
  for (let attempt = 0; attempt < 7; attempt++) {
    machine.handle({ type: 'token', token: 't', left: undefined }, now)
    expect(machine.wakeAt()).toBe(now + 5_000)
    now += 5_000
    expect(names(machine.handle({ type: 'tick' }, now))).toEqual(['close'])
    const at = machine.wakeAt() ?? 0
    waits.push(Math.ceil((at - now) / 1_000))
    now = at
    expect(names(machine.handle({ type: 'tick' }, now))).toEqual(['ask-token'])
  }
  expect(waits).toEqual([1, 2, 4, 8, 30, 30, 30])
})

test('[WS-17] waits have full jitter, and only a link that held starts again from the shortest', () => {
  const none = started(0)
  none.handle({ type: 'token', token: 't', left: undefined }, 0)
  none.handle({ type: 'closed', code: 1006 }, 0)
  expect(none.wakeAt()).toBe(0)

  const flapping = connection({ chance: () => 0.999 })
  flapping.handle({ type: 'start', url: URL }, 0)
  let now = 0
  const waits: number[] = []
  for (const held of [1_000, 1_000, 20_000]) {
    flapping.handle({ type: 'token', token: 't', left: undefined }, now)
    flapping.handle({ type: 'opened' }, now)
    flapping.handle({ type: 'heard', message: WELCOME }, now)
    now += held
    flapping.handle({ type: 'closed', code: 1006 }, now)
    waits.push(Math.ceil(((flapping.wakeAt() ?? 0) - now) / 1_000))
    now = flapping.wakeAt() ?? 0
    flapping.handle({ type: 'tick' }, now)
  }
  expect(waits).toEqual([1, 2, 1])
})

test('[WS-20] a heartbeat each 30 s; silence of 60 s is dead', () => {
  const machine = live()
  expect(machine.wakeAt()).toBe(30_000)
  expect(machine.handle({ type: 'tick' }, 30_000)).toMatchObject([{ do: 'send', message: { type: 'time' } }])
  expect(names(machine.handle({ type: 'tick' }, 59_999))).toEqual([])
  expect(names(machine.handle({ type: 'tick' }, 60_000))).toEqual(['close', 'down'])
  expect(machine.state().at).toBe('waiting')
})

test('[WS-18] the relay’s answers set the clock; anything heard keeps the link alive', () => {
  const machine = live()
  machine.handle({ type: 'tick' }, 30_000)
  const told = { type: 'clock', id: 1, monotonic: 0, wall: 90_000, clockId: 'c' } as const
  expect(machine.handle({ type: 'heard', message: told }, 30_200)).toEqual([
    { do: 'relay-time', wall: 90_000, rtt: 200 },
  ])
  expect(machine.handle({ type: 'heard', message: { ...told, id: 7 } }, 30_300)).toEqual([])
  expect(names(machine.handle({ type: 'tick' }, 60_000))).toEqual(['send'])
})

test('[P85] [WS-18] with a wall clock that is wrong a token seems to be over: it is renewed now and then, and not all the time', () => {
  for (const left of [-3_600_000, 0, 10]) {
    const machine = live(0, left)
    let asked = 0
    for (let now = 0; now < 300_000; now = Math.max(now + 1, machine.wakeAt() ?? Infinity)) {
      for (const effect of machine.handle({ type: 'tick' }, now)) {
        if (effect.do === 'send' && effect.message.type === 'time') {
          machine.handle({ type: 'heard', message: { type: 'ack', space: 'x', entries: [] } }, now)
        }
        if (effect.do !== 'ask-token') continue
        asked += 1
        machine.handle({ type: 'token', token: 't', left }, now)
      }
    }
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThanOrEqual(10)
  }
})

test('[WS-20] whoever wakes asks whether the link is alive, and takes no answer in 5 s for no', () => {
  const machine = live()
  expect(names(machine.handle({ type: 'wake' }, 10_000))).toEqual(['send'])
  expect(names(machine.handle({ type: 'tick' }, 15_000))).toEqual(['close', 'down'])
  expect(names(machine.handle({ type: 'wake' }, 15_001))).toEqual(['ask-token'])
})

describe('tokens', () => {
  test('[AU-07] a token is renewed before it ends, on the same link', () => {
    const machine = live(0, 600_000)
    expect(names(machine.handle({ type: 'tick' }, 30_000))).toEqual(['send'])
    for (let now = 60_000; now < 540_000; now += 30_000)
      machine.handle({ type: 'heard', message: { type: 'ack', space: 'x', entries: [] } }, now)
    expect(names(machine.handle({ type: 'tick' }, 540_000))).toContain('ask-token')
    expect(machine.handle({ type: 'token', token: 'next', left: 600_000 }, 540_100)).toEqual([
      { do: 'send', message: { type: 'auth', token: 'next' } },
    ])
  })

  test('[AU-07] a token that the relay refuses is asked for once more, and a second refusal is final', () => {
    const machine = live()
    const bye = { type: 'bye', code: 'UNAUTHENTICATED', retryAfter: 0 } as const
    expect(names(machine.handle({ type: 'heard', message: bye }, 1))).toEqual(['close', 'down', 'ask-token'])
    machine.handle({ type: 'token', token: 'other', left: undefined }, 2)
    machine.handle({ type: 'opened' }, 3)
    expect(names(machine.handle({ type: 'heard', message: bye }, 4))).toEqual(['close'])
    expect(machine.state()).toEqual({ at: 'stopped', code: 'UNAUTHENTICATED' })
    expect(machine.handle({ type: 'wake' }, 5)).toEqual([])
  })

  test('[C1] nobody signed in is final; a token that cannot be had now is not', () => {
    const nobody = started()
    nobody.handle({ type: 'no-token', final: true }, 0)
    expect(nobody.state()).toEqual({ at: 'stopped', code: 'UNAUTHENTICATED' })
    const later = started()
    later.handle({ type: 'no-token', final: false }, 0)
    expect(later.state().at).toBe('waiting')
  })
})

describe('the end of a link', () => {
  test('[WS-17] a relay that says when to come back is not asked before', () => {
    const machine = live()
    machine.handle({ type: 'heard', message: { type: 'bye', code: 'UNAVAILABLE', retryAfter: 7_000 } }, 0)
    expect(machine.wakeAt()).toBeGreaterThanOrEqual(7_000)
  })

  test('[C3] a link that another of this device replaced comes back slowly', () => {
    const machine = live()
    machine.handle({ type: 'closed', code: 4409 }, 0)
    expect(machine.wakeAt()).toBeGreaterThanOrEqual(30_000)
  })

  test('permanent close codes stop it until it is started again', () => {
    for (const [code, reason] of [
      [4403, 'WRONG_SUBJECT'],
      [4495, 'INSECURE_URL'],
      [4400, 'BAD_FRAME'],
    ] as const) {
      const machine = live()
      expect(names(machine.handle({ type: 'closed', code }, 0))).toEqual(['down'])
      expect(machine.state()).toEqual({ at: 'stopped', code: reason })
      expect(names(machine.handle({ type: 'start', url: URL }, 1))).toEqual(['ask-token'])
    }
  })

  test('[C1] offline is waited out without trying, and left at once', () => {
    const machine = live()
    expect(names(machine.handle({ type: 'network', online: false }, 0))).toEqual(['close', 'down'])
    expect(machine.wakeAt()).toBe(undefined)
    expect(names(machine.handle({ type: 'network', online: true }, 1))).toEqual(['ask-token'])
  })
})
