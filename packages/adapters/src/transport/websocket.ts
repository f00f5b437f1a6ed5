/**
 * The platform's WebSocket, which browsers and Node (22 and later) both have.
 * Scars: it throws on a bad address, on a close code or a reason that a page may not use, and on `send` while it connects; a peer that is
 * gone lets `close` wait for many seconds, so this side is over at once and the socket ends behind the scenes.
 */
import type { Transport, Wire, WireClose, WireEvents } from '@joinery/core'
import { CLOSE } from '@joinery/core/protocol'

export interface WebSocketTransportOptions {
  /** Lets `ws://` lead to other machines than this one. */
  readonly allowInsecure?: boolean
}

const REASON_BYTES = 123

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
      if (parse(url) === undefined) return refused(on, { code: 1006, reason: 'not a WebSocket address' })
      if (!isSecureUrl(url, options)) return refused(on, { code: CLOSE.INSECURE_URL, reason: 'INSECURE_URL' })
      try {
        return openWire(new WebSocket(url), on)
      } catch {
        // What else a platform objects to, such as a port that browsers block.
        return refused(on, { code: 1006, reason: '' })
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
export function isSecureUrl(url: string, options: WebSocketTransportOptions = {}): boolean {
  const address = parse(url)
  if (address === undefined) return false
  return address.protocol === 'wss:' || options.allowInsecure === true || isLoopback(address.hostname)
}

/** A WebSocket address, or undefined for anything else. */
function parse(url: string): URL | undefined {
  try {
    const address = new URL(url)
    return /^wss?:$/.test(address.protocol) ? address : undefined
  } catch {
    return undefined
  }
}

/** By the name that the URL parser made of it, which spells an IPv4 address in one way. */
function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}

function openWire(socket: WebSocket, on: WireEvents): Wire {
  let over = false
  socket.binaryType = 'arraybuffer'
  const end = (): void => {
    over = true
    socket.onopen = socket.onmessage = socket.onclose = null
    // Stays, since an error that nobody listens to is somebody's uncaught one.
    socket.onerror = () => {}
  }
  const closed = (close: WireClose): void => {
    end()
    on.closed(close)
  }
  const close = (code: number, reason: string, told: number): void => {
    if (over) return
    end()
    socket.close(isSayable(told) ? told : 1000, sayable(reason))
    queueMicrotask(() => on.closed({ code, reason }))
  }

  socket.onopen = () => on.opened()
  socket.onclose = event => closed({ code: event.code, reason: event.reason })
  // Some platforms end a connection that never came to be with this alone.
  socket.onerror = () => closed({ code: 1006, reason: '' })
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) on.frame(new Uint8Array(data))
    // A page may not say 1003 itself (WS-15).
    else close(1003, 'text frame', CLOSE.BAD_FRAME)
  }

  return {
    send(frame) {
      if (socket.readyState === WebSocket.OPEN) socket.send(frame as Uint8Array<ArrayBuffer>)
    },
    close: (code, reason) => close(code, reason, code),
    buffered: () => (over ? 0 : socket.bufferedAmount),
  }
}

/** A wire that never comes to be. */
function refused(on: WireEvents, why: WireClose): Wire {
  queueMicrotask(() => on.closed(why))
  return { send: () => {}, close: () => {}, buffered: () => 0 }
}

/** Which codes a page may close with. */
function isSayable(code: number): boolean {
  return Number.isInteger(code) && (code === 1000 || (code >= 3_000 && code <= 4_999))
}

/** As much of a reason as fits into a close frame, by whole characters. */
function sayable(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(REASON_BYTES))
  return reason.slice(0, read)
}
