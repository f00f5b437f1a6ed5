/** So many edits a second in total, shared out by chance among those who write. */
import type { Random } from '@joinery/core'
import type { Writer } from './writer.ts'

export interface Load {
  /** Stops it. Gives how many edits were made. */
  stop(): number
  /** Resolves when as many were made as were asked for. */
  readonly ended: Promise<void>
}

const TICK_MS = 5

export function load(writers: readonly Writer[], perSecond: number, random: Random, edits = Infinity): Load {
  const began = performance.now()
  let made = 0
  let end = (): void => undefined
  const ended = new Promise<void>(resolve => (end = resolve))
  const stop = (): number => {
    clearInterval(timer)
    return made
  }
  const timer = setInterval(() => {
    const due = Math.min(edits, ((performance.now() - began) / 1_000) * perSecond)
    while (made < due) {
      pick(writers, random).write()
      made += 1
    }
    if (made < edits) return
    stop()
    end()
  }, TICK_MS)
  return { stop, ended }
}

function pick(writers: readonly Writer[], random: Random): Writer {
  let left = random.number() * writers.reduce((sum, { share }) => sum + share, 0)
  const writer = writers.find(({ share }) => (left -= share) < 0) ?? writers[0]
  if (writer === undefined) throw new Error('nobody writes')
  return writer
}
