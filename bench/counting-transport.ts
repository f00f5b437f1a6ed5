// A transport that counts what goes over it, and when: each frame with its direction and size.
import type { Transport } from '@joinery/core'

export interface Traffic {
  readonly frames: { readonly up: boolean; readonly bytes: number; readonly at: number }[]
}

/** The transport given, counted. */
export function countingTransport(inner: Transport): { transport: Transport; traffic: Traffic } {
  const traffic: Traffic = { frames: [] }
  const count = (up: boolean, bytes: number): void => void traffic.frames.push({ up, bytes, at: performance.now() })
  const transport: Transport = {
    connect(url, on) {
      const wire = inner.connect(url, {
        ...on,
        frame(bytes) {
          count(false, bytes.length)
          on.frame(bytes)
        },
      })
      return {
        ...wire,
        send(frame) {
          count(true, frame.length)
          wire.send(frame)
        },
      }
    },
  }
  return { transport, traffic }
}
