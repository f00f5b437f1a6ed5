/**
 * The platform's WebSocket, which browsers and Node (22 and later) both have.
 * Scars: it throws on a bad address, on a close code or a reason that a page may not use, and on `send` while it connects; a peer that is
 * gone lets `close` wait for many seconds, so this side is over at once and the socket ends behind the scenes.
 */
import type { Transport, WireClose } from '@joinery/core'
import { CLOSE } from '@joinery/core/protocol'

export interface WebSocketTransportOptions {
  /** Lets `ws://` lead to other machines than this one. */
  readonly allowInsecure?: boolean
}

const REASON_BYTES = 123
/** The codes that a page may close with. */
const SAYABLE = /^(1000|[34]\d{3})$/
/** Protocol and host, as the URL parser spells them, which writes an IPv4 address in one way. */
const ANY = /^wss?:/
const SECURE = /^(wss:|ws:(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$)/

/**
 * Links over WebSocket. An address that is not encrypted and not on this machine is closed with 4495 INSECURE_URL before anything is
 * sent (WS-19).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { webSocketTransport } from '@joinery/adapters/transport/websocket'
 *
 * const code = await new Promise(resolve => {
 *   webSocketTransport().connect('ws://relay.example.org/v1/sync', {
 *     opened: () => {},
 *     frame: () => {},
 *     closed: close => resolve(close.code),
 *   })
 * })
 * assert.equal(code, 4495)
 * ```
 */
export function webSocketTransport(options: WebSocketTransportOptions = {}): Transport {
  return {
    connect(url, on) {
      let socket: WebSocket | undefined
      let over = false
      const close = (code: number, reason: string, told = code): void => {
        if (over) return
        over = true
        const said = sayable({ code: told, reason })
        socket?.close(said.code, said.reason)
        queueMicrotask(() => on.closed({ code, reason }))
      }
      const closed = ({ code, reason }: WireClose): void => {
        if (!over) on.closed({ code, reason })
        over = true
      }

      try {
        if (isSecureUrl(url, options)) socket = new WebSocket(url)
        else if (isSecureUrl(url, { allowInsecure: true })) close(CLOSE.INSECURE_URL, 'INSECURE_URL')
      } catch {
        // What else a platform objects to, such as a port that browsers block.
      }
      if (socket === undefined) close(1006, '')
      else {
        socket.binaryType = 'arraybuffer'
        socket.onopen = () => over || on.opened()
        socket.onclose = closed
        // Some platforms end a connection that never came to be with this alone.
        socket.onerror = () => closed({ code: 1006, reason: '' })
        socket.onmessage = ({ data }: MessageEvent<unknown>) => {
          if (over) return
          if (data instanceof ArrayBuffer) on.frame(new Uint8Array(data))
          // A page may not say 1003 itself (WS-15).
          else close(1003, 'text frame', CLOSE.BAD_FRAME)
        }
      }

      return {
        send(frame) {
          if (socket?.readyState === WebSocket.OPEN) socket.send(frame as Uint8Array<ArrayBuffer>)
        },
        close: (code, reason) => close(code, reason),
        buffered: () => (over ? 0 : (socket?.bufferedAmount ?? 0)),
      }
    },
  }
}

/**
 * Whether an address is encrypted or leads to this machine: `wss:`, or `ws:` to localhost, 127.0.0.0/8 or [::1]. With `allowInsecure`
 * every WebSocket address is. What is no WebSocket address is not.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { isSecureUrl } from '@joinery/adapters/transport/websocket'
 *
 * assert.ok(isSecureUrl('wss://relay.example.org/v1/sync'))
 * assert.ok(isSecureUrl('ws://localhost:4321/v1/sync'))
 * assert.ok(!isSecureUrl('ws://relay.example.org/v1/sync'))
 * assert.ok(isSecureUrl('ws://10.0.0.7/v1/sync', { allowInsecure: true }))
 * ```
 */
export function isSecureUrl(url: string, { allowInsecure = false }: WebSocketTransportOptions = {}): boolean {
  try {
    const { protocol, hostname } = new URL(url)
    return (allowInsecure ? ANY : SECURE).test(protocol + hostname)
  } catch {
    return false
  }
}

/**
 * A close as a peer may be told of it: another code than 1000 and 3000 to 4999 as 1000, and of the reason what fits into 123 bytes, by
 * whole characters.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { sayable } from '@joinery/adapters/transport/websocket'
 *
 * assert.deepEqual(sayable({ code: 1006, reason: 'it broke' }), { code: 1000, reason: 'it broke' })
 * assert.equal(sayable({ code: 4400, reason: 'é'.repeat(100) }).reason.length, 61)
 * ```
 */
export function sayable({ code, reason }: WireClose): WireClose {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(REASON_BYTES))
  return { code: SAYABLE.test(String(code)) ? code : 1000, reason: reason.slice(0, read) }
}
