/** Waiting before something is tried again. */
import type { Clock } from '@joinery/core'

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => void clock.after(ms, resolve))
}
