/**
 * One direction of a virtual link. Laws: what goes in comes out in order, each once, after its delay; what is lost is lost by `sever`
 * alone, and then it is a suffix.
 */
import type { Cancel, Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'

export interface Pipe {
  /** Delivers something of that many bytes at the other end. */
  push(bytes: number, deliver: () => void): void
  /** While it is on, nothing comes out. */
  stall(on: boolean): void
  /** Bytes that went in and got no further: those held by a stall, or by the silence after a break. */
  held(): number
  /** Loses a suffix of what is on its way (all of what a stall holds), then delivers `notice`, then swallows whatever goes in. */
  sever(notice: (() => void) | undefined): void
}

/** Whatever its time, it comes out after those before it. */
interface Item {
  readonly at: number
  readonly bytes: number
  readonly deliver: () => void
}

export function pipe(clock: Clock, random: Random, delay: () => number): Pipe {
  let items: Item[] = []
  let armed: Cancel | undefined
  let stalled = false
  let severed = false
  let swallowed = 0

  const arm = (): void => {
    const [first] = items
    if (armed !== undefined || stalled || first === undefined) return
    armed = clock.after(first.at - clock.monotonic(), () => {
      armed = undefined
      items.shift()
      // The next one is armed first: an error of whoever listens does not stop the pipe.
      arm()
      first.deliver()
    })
  }
  const disarm = (): void => {
    armed?.()
    armed = undefined
  }
  const put = (bytes: number, deliver: () => void): void => {
    items.push({ at: clock.monotonic() + delay(), bytes, deliver })
    arm()
  }

  return {
    push(bytes, deliver) {
      if (severed) swallowed += bytes
      else put(bytes, deliver)
    },

    stall(on) {
      if (severed || stalled === on) return
      stalled = on
      disarm()
      if (on) return
      // What was held is sent again.
      const soonest = clock.monotonic() + delay()
      items = items.map(item => ({ ...item, at: Math.max(item.at, soonest) }))
      arm()
    },

    held() {
      return swallowed + (stalled ? items.reduce((sum, item) => sum + item.bytes, 0) : 0)
    },

    sever(notice) {
      disarm()
      items.length = stalled ? 0 : Math.floor(random.number() * (items.length + 1))
      severed = true
      stalled = false
      if (notice === undefined) arm()
      else put(0, notice)
    },
  }
}
