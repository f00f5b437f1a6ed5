/** A transport whose every frame from the relay is looked at, and whose links a proof may end, as a network does that notices. */
import type { Transport, Wire } from '@joinery/core'
import type { Promises } from './promises.ts'
import { wordsIn } from './words.ts'

export interface Wires {
  readonly transport: Transport
  /** Ends all links. Over HTTP nobody else would notice for a while. */
  cut(): void
}

export function wires(inner: Transport, promises: Promises, heard: () => void): Wires {
  const open = new Map<Wire, () => void>()
  return {
    cut() {
      for (const [wire, closed] of open) {
        wire.close(1000, '')
        closed()
      }
    },
    transport: {
      connect(url, on) {
        let over = false
        const closed: typeof on.closed = how => {
          if (over) return
          over = true
          open.delete(wire)
          on.closed(how)
        }
        const wire = inner.connect(url, {
          opened: () => over || on.opened(),
          frame(bytes) {
            if (over) return
            const words = wordsIn(bytes)
            promises.shown(words)
            on.frame(bytes)
            if (words.size > 0) heard()
          },
          closed,
        })
        open.set(wire, () => closed({ code: 1006, reason: '' }))
        return wire
      },
    },
  }
}
