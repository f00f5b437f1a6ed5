// When a link goes over HTTP and when it returns, on virtual time; and the laws of every transport on real sockets.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '@joinery/adapters/clock/system'
import { webSocketOrHttp } from '@joinery/adapters/transport/web-socket-or-http'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import type { Transport, WireEvents } from '@joinery/core'
import { transportLaws, virtualClock, type VirtualClock } from '@joinery/core/testing'
import { startPeerServer, type PeerServer } from './peer-server.ts'
import { peerSubject } from './peers.ts'

let server: PeerServer
beforeAll(async () => {
  server = await startPeerServer()
})
afterAll(() => server.close())

for (const law of transportLaws) {
  test(`[${law.rule}] of two transports: ${law.title}`, () =>
    law.check(() => peerSubject(server, webSocketOrHttp({ clock: systemClock(), http: webSocketTransport() }))))
}

interface Attempt {
  readonly over: 'ws' | 'http'
  readonly at: number
  readonly on: WireEvents
  closed: number | undefined
}

/** Two transports that do nothing by themselves, and whoever holds the link: he comes back a second after each end. */
function rig(): { clock: VirtualClock; attempts: Attempt[]; held: string[]; last(): Attempt } {
  const clock = virtualClock()
  const attempts: Attempt[] = []
  const held: string[] = []
  const transport = (over: Attempt['over']): Transport => ({
    connect(_url, on) {
      const attempt: Attempt = { over, at: clock.monotonic(), on, closed: undefined }
      attempts.push(attempt)
      return {
        polls: over === 'http',
        send: () => {},
        buffered: () => 0,
        close(code, reason) {
          if (attempt.closed !== undefined) return
          attempt.closed = code
          on.closed({ code, reason })
        },
      }
    },
  })
  const both = webSocketOrHttp({ clock, webSocket: transport('ws'), http: transport('http') })
  const link = (): void => {
    const wire = both.connect('wss://relay.example/v1/sync', {
      opened: () => held.push(wire.polls === true ? 'polling' : 'realtime'),
      frame: () => {},
      closed({ code }) {
        held.push(`closed ${code}`)
        clock.after(1_000, link)
      },
    })
  }
  link()
  return {
    clock,
    attempts,
    held,
    last() {
      const attempt = attempts.at(-1)
      if (attempt === undefined) throw new Error('nothing was tried')
      return attempt
    },
  }
}

function welcome({ on }: Attempt): void {
  on.opened()
  on.frame(new Uint8Array(1))
}

function breaks({ on }: Attempt): void {
  on.closed({ code: 1006, reason: '' })
}

const over = (attempts: readonly Attempt[]): string[] => attempts.map(attempt => attempt.over)

describe('[P105] HTTP follows a WebSocket', () => {
  test('that cannot be opened', async () => {
    const { clock, attempts, held, last } = rig()
    breaks(last())
    await clock.advance(1_000)
    expect(over(attempts)).toEqual(['ws', 'http'])
    welcome(last())
    expect(held).toEqual(['closed 1006', 'polling'])
  })

  test('that opens and says nothing within 5 s', async () => {
    const { clock, attempts, last } = rig()
    last().on.opened()
    await clock.advance(5_000)
    expect(attempts[0]?.closed).toBe(1006)
    await clock.advance(1_000)
    expect(over(attempts)).toEqual(['ws', 'http'])
  })

  test('that broke more than three times in a minute, and not one that broke less often', async () => {
    const { clock, attempts, last } = rig()
    const holdFor = async (ms: number): Promise<void> => {
      welcome(last())
      await clock.advance(ms)
      breaks(last())
      await clock.advance(1_000)
    }
    for (let time = 0; time < 5; time++) await holdFor(25_000)
    expect(over(attempts)).toEqual(['ws', 'ws', 'ws', 'ws', 'ws', 'ws'])
    await holdFor(1_000)
    expect(over(attempts).slice(6)).toEqual(['http'])
  })

  test('and not one that the relay ended with a code of its own', async () => {
    const { clock, attempts, last } = rig()
    for (let time = 0; time < 6; time++) {
      welcome(last())
      last().on.closed({ code: 1012, reason: '' })
      await clock.advance(1_000)
    }
    expect(new Set(over(attempts))).toEqual(new Set(['ws']))
  })

  test('and the other way round where HTTP brings nothing either', async () => {
    const { clock, attempts, last } = rig()
    for (let time = 0; time < 3; time++) {
      breaks(last())
      await clock.advance(1_000)
    }
    expect(over(attempts)).toEqual(['ws', 'http', 'ws', 'http'])
  })
})

describe('[P106] while it polls, a WebSocket is tried every 30 s', () => {
  test('and the link goes on over HTTP until one opens', async () => {
    const { clock, attempts, held, last } = rig()
    breaks(last())
    await clock.advance(1_000)
    const [, polling] = attempts
    welcome(last())
    await clock.advance(29_000)
    expect(attempts.slice(2).map(({ over, at }) => [over, at])).toEqual([['ws', 30_000]])
    breaks(last())
    await clock.advance(30_000)
    // One that hangs is left when it is time for the next.
    await clock.advance(30_000)
    expect(attempts.slice(2).map(({ at }) => at)).toEqual([30_000, 60_000, 90_000])
    expect(attempts[3]?.closed).toBe(1001)
    expect(polling?.closed).toBeUndefined()
    last().on.opened()
    expect(polling?.closed).toBe(1001)
    await clock.advance(1_000)
    welcome(last())
    expect(held).toEqual(['closed 1006', 'polling', 'closed 1001', 'realtime'])
    expect(last().over).toBe('ws')
  })

  test('also when the links over HTTP do not hold that long', async () => {
    const { clock, attempts, last } = rig()
    breaks(last())
    for (let time = 0; time < 3; time++) {
      await clock.advance(1_000)
      welcome(last())
      await clock.advance(9_000)
      if (last().over === 'http') breaks(last())
    }
    expect(attempts.filter(({ over }) => over === 'ws').map(({ at }) => at)).toEqual([0, 30_000])
  })

  test('a WebSocket that breaks within a minute of its return was no better', async () => {
    const { clock, attempts, last } = rig()
    breaks(last())
    await clock.advance(1_000)
    welcome(last())
    await clock.advance(29_000)
    last().on.opened()
    await clock.advance(1_000)
    welcome(last())
    await clock.advance(10_000)
    breaks(last())
    await clock.advance(1_000)
    expect(over(attempts)).toEqual(['ws', 'http', 'ws', 'ws', 'http'])
  })
})
