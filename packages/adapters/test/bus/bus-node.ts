/** One node on a bus, with what it tells whoever runs it. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Bus, BusEvents } from '@joinery/core'
import { onTestFinished } from 'vitest'

export interface BusNode {
  readonly bus: Bus
  /** Each change of whether it is up. */
  readonly changes: boolean[]
  /** Why it was not. */
  readonly reasons: string[]
  /** How full the queue was, each time that it was said. */
  readonly backlogs: number[]
  dropped(): number
}

/** Closed when the test is over. */
export function busNode(open: (events: BusEvents) => Bus): BusNode {
  const changes: boolean[] = []
  const reasons: string[] = []
  const backlogs: number[] = []
  let dropped = 0
  const bus = open({
    reached(isUp, reason) {
      changes.push(isUp)
      if (!isUp) reasons.push(String(reason))
    },
    dropped: count => void (dropped += count),
    backlog: share => void backlogs.push(share),
  })
  onTestFinished(() => bus.close())
  return { bus, changes, reasons, backlogs, dropped: () => dropped }
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5)
}

/** Published again and again, as hints are, until it is heard. */
export async function flows(from: Bus, to: Bus, topic = 't'): Promise<void> {
  let isHeard = false
  const leave = to.subscribe(topic, () => void (isHeard = true))
  while (!isHeard) {
    from.publish(topic, Uint8Array.of(1))
    await pause(5)
  }
  leave()
}
