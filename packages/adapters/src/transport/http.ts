/**
 * A link over HTTP, for networks that let no WebSocket through: one request after the other, each bringing what is there to be sent and
 * waiting for what is there to be had. Laws:
 * - A frame is kept and sent again until the relay says that it has got it, and taken once: a request may fail, or be answered for nobody.
 * - At most one request brings frames, so that they are not sent twice while nothing goes wrong. While it is on its way they gather.
 * - A request that brings nothing waits for 5 s at most; one that does, and waits for its answer, for 1 s.
 * Scar: a proxy that answers by itself answers with a page and 200: what cannot be read is weather.
 */
import type { Transport } from '@joinery/core'
import { CLOSE, decodeExchange, encodeExchange, type Exchange } from '@joinery/core/protocol'
import { isSecureUrl, sayable, type WebSocketTransportOptions } from './websocket.ts'

/** Seconds. */
const WAIT = 5
const URGENT = 1
/** Whoever does not answer in this time, in ms, never will. */
const PATIENCE_MS = 30_000
const AGAIN_MS = 1_000
/** Failures in a row that end a link. */
const FAILURES = 4
/** Frames of one request, in bytes, but always one frame. */
const BODY_BYTES = 65_536

const SESSION = 'joinery-session'

/**
 * Links over HTTP, at the address that a WebSocket would have: `wss:` is read as `https:`. One that is not encrypted and not on this machine
 * is closed with 4495 INSECURE_URL before anything is sent (WS-19).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { httpTransport } from '@joinery/adapters/transport/http'
 *
 * const code = await new Promise(resolve => {
 *   httpTransport().connect('ws://relay.example.org/v1/sync', {
 *     opened: () => {},
 *     frame: () => {},
 *     closed: close => resolve(close.code),
 *   })
 * })
 * assert.equal(code, 4495)
 * ```
 */
export function httpTransport(options: WebSocketTransportOptions = {}): Transport {
  return {
    connect(url, on) {
      const address = url.replace(/^ws/i, 'http')
      const socket = address.replace(/^http/i, 'ws')
      let session = ''
      let out: Uint8Array[] = []
      let sent = 0
      let got = 0
      /** The newest request, whether it brings frames, and whether another one is about to. */
      let newest = 0
      let carries = false
      let soon = false
      let failures = 0
      let over = false

      const end = (code: number, reason: string): void => {
        if (over) return
        over = true
        queueMicrotask(() => on.closed({ code, reason }))
      }

      const hear = (answer: Exchange): void => {
        const taken = Math.max(0, answer.got - sent)
        out = out.slice(taken)
        sent += taken
        for (const [at, frame] of answer.frames.entries()) {
          if (over) return
          if (answer.sent + at !== got) continue
          got += 1
          on.frame(frame)
        }
        if (answer.close > 0) end(answer.close, answer.reason)
      }

      /** Undefined is weather. */
      const ask = async (close: number, reason: string): Promise<Exchange | undefined> => {
        let bytes = 0
        const frames = out.filter(({ length }, at) => (bytes += length) <= BODY_BYTES || at === 0 || close > 0)
        carries = frames.length > 0
        try {
          const response = await fetch(address, {
            method: 'POST',
            headers: {
              'content-type': 'application/octet-stream',
              'joinery-wait': String(session === '' || frames.length < out.length ? 0 : carries ? URGENT : WAIT),
              ...(session && { [SESSION]: session }),
            },
            body: encodeExchange({ sent, got, close, reason, frames }) as Uint8Array<ArrayBuffer>,
            signal: AbortSignal.timeout(PATIENCE_MS),
          })
          // The relay knows no such link, or no more.
          if (response.status === 404) end(1006, '')
          if (!response.ok) return undefined
          const answer = decodeExchange(new Uint8Array(await response.arrayBuffer()))
          session ||= response.headers.get(SESSION) ?? ''
          return answer
        } catch {
          return undefined
        }
      }

      const go = async (): Promise<void> => {
        const mine = (newest += 1)
        const isFirst = session === ''
        soon = false
        const answer = await ask(0, '')
        if (over) return
        if (mine === newest) carries = false
        if (answer !== undefined && session !== '') {
          failures = 0
          if (isFirst) on.opened()
          hear(answer)
          next(mine)
        } else if (mine !== newest) {
          // A newer one asks for the same.
        } else if (isFirst || (failures += 1) === FAILURES) end(1006, '')
        else setTimeout(() => next(mine), AGAIN_MS)
      }

      const next = (after: number): void => {
        if (after === newest && !carries && !over) void go()
      }

      if (isSecureUrl(socket, options)) void go()
      else if (isSecureUrl(socket, { allowInsecure: true })) end(CLOSE.INSECURE_URL, 'INSECURE_URL')
      else end(1006, '')

      return {
        polls: true,
        send(frame) {
          if (over || session === '') return
          out.push(frame.slice())
          if (carries || soon) return
          soon = true
          // What is sent in the same breath goes in one request.
          queueMicrotask(() => soon && !over && void go())
        },
        close(code, reason) {
          if (over) return
          end(code, reason)
          const said = sayable({ code, reason })
          if (session) void ask(said.code, said.reason)
        },
        buffered: () => (over ? 0 : out.reduce((sum, { length }) => sum + length, 0)),
      }
    },
  }
}
