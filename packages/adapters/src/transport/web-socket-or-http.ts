/**
 * WebSocket, or HTTP where that does not get through. Laws:
 * - The next link is over HTTP after one that could not be opened, was told nothing within 5 s, or broke as the fourth in a minute.
 * - Meanwhile a WebSocket is tried every 30 s. When it opens, the link over HTTP ends, and the next one is a WebSocket again: whoever holds
 *   the link comes back as after any break, so nothing is lost or doubled.
 * - A WebSocket that breaks within a minute of such a return was no better: HTTP again.
 * - Where HTTP brings nothing either, it is the WebSocket's turn: there is no network, or no relay.
 */
import type { Clock, Transport, Wire, WireEvents } from '@joinery/core'
import { httpTransport } from './http.ts'
import { webSocketTransport, type WebSocketTransportOptions } from './websocket.ts'

/** A little less than whoever holds the link waits by himself, so that it is known here why it ended. */
const PATIENCE_MS = 4_900
const TRY_MS = 30_000
const MINUTE_MS = 60_000
const DROPS = 3
const BROKEN = 1006
const GOING_AWAY = 1001

/**
 * Links over WebSocket that fall back to HTTP, and return. `clock` counts the time of both.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { systemClock } from '@joinery/adapters/clock/system'
 * import { webSocketOrHttp } from '@joinery/adapters/transport/web-socket-or-http'
 *
 * const transport = webSocketOrHttp({ clock: systemClock({ unref: true }) })
 * const code = await new Promise(resolve => {
 *   transport.connect('ws://localhost:9/v1/sync', { opened: () => {}, frame: () => {}, closed: close => resolve(close.code) })
 * })
 * assert.equal(code, 1006)
 * ```
 */
export function webSocketOrHttp(
  options: WebSocketTransportOptions & {
    readonly clock: Clock
    /** Other transports than the platform's. */
    readonly webSocket?: Transport
    readonly http?: Transport
  },
): Transport {
  const { clock, webSocket = webSocketTransport(options), http = httpTransport(options) } = options
  let isHttp = false
  let tryAt = 0
  let returnedAt = -Infinity
  let drops: number[] = []

  const fallBack = (): void => {
    isHttp = true
    tryAt = clock.monotonic() + TRY_MS
  }

  const dropped = (): void => {
    const since = clock.monotonic() - MINUTE_MS
    drops = [...drops.filter(at => at > since), clock.monotonic()]
    if (drops.length > DROPS || returnedAt > since) fallBack()
  }

  const overWebSocket = (url: string, on: WireEvents): Wire => {
    let isHeard = false
    const wire = webSocket.connect(url, {
      ...on,
      frame(bytes) {
        isHeard = true
        on.frame(bytes)
      },
      closed(close) {
        stop()
        if (close.code === BROKEN) (isHeard ? dropped : fallBack)()
        on.closed(close)
      },
    })
    const stop = clock.after(PATIENCE_MS, () => isHeard || wire.close(BROKEN, ''))
    return wire
  }

  const overHttp = (url: string, on: WireEvents): Wire => {
    let isHeard = false
    let trial: Wire | undefined
    const wire = http.connect(url, {
      ...on,
      frame(bytes) {
        isHeard = true
        on.frame(bytes)
      },
      closed(close) {
        stop()
        trial?.close(GOING_AWAY, '')
        isHttp &&= isHeard
        on.closed(close)
      },
    })
    const attempt = (): void => {
      trial?.close(GOING_AWAY, '')
      trial = webSocket.connect(url, {
        opened() {
          isHttp = false
          returnedAt = clock.monotonic()
          wire.close(GOING_AWAY, '')
        },
        frame: () => {},
        closed: () => {},
      })
      tryAt = clock.monotonic() + TRY_MS
      stop = clock.after(TRY_MS, attempt)
    }
    let stop = clock.after(Math.max(0, tryAt - clock.monotonic()), attempt)
    return wire
  }

  return { connect: (url, on) => (isHttp ? overHttp : overWebSocket)(url, on) }
}
