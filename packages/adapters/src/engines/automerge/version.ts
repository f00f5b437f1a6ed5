/**
 * What an Automerge document holds: for each actor, how many of its changes. Heads would be shorter, and tell nothing to a document that
 * is behind them: it could not see that all it has is known, and would send everything (D3).
 */
import { JoineryError } from '@joinery/core'

/** How many changes of each actor. */
export type Clock = ReadonlyMap<string, number>

const LINE = /^([0-9a-f]+) ([1-9][0-9]{0,14})$/

export function encodeClock(clock: Clock): Uint8Array {
  const lines = [...clock].sort(([a], [b]) => (a < b ? -1 : 1)).map(([actor, count]) => `${actor} ${count}`)
  return new TextEncoder().encode(lines.join('\n'))
}

export function decodeClock(version: Uint8Array): Clock {
  const clock = new Map<string, number>()
  if (version.length === 0) return clock
  for (const line of new TextDecoder().decode(version).split('\n')) {
    const [, actor, count] = LINE.exec(line) ?? []
    if (actor === undefined || count === undefined) throw new JoineryError('BAD_INPUT', { what: 'version' })
    clock.set(actor, Number(count))
  }
  return clock
}
