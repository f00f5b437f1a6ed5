/**
 * Somebody honest who is there, by a link and at the door, while somebody else misbehaves: what holds for every fault. The process lives; nobody
 * else is cut, and is answered; the fault is counted, and told in a line with its reason and without payload or token.
 */
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import { closeOf } from '../dial.ts'
import type { ServedRelay } from '../served.ts'

/** What payloads and tokens of the tests have in them. */
const SECRET = 'dev:'
export const PAYLOAD = 'PAYLOAD'

export interface Told {
  /** The counter, how often it went up since: as a rule once, and never less. */
  readonly counted: string
  readonly times?: number
  /** The line. */
  readonly event: string
  readonly reason: string | number
}

/** To be called before the fault; what it gives, after it. */
export async function bystander(relay: ServedRelay): Promise<(...told: Told[]) => Promise<void>> {
  const link = await relay.device('bystander', 'watch')
  const door = new WebSocket(`ws://127.0.0.1:${relay.port}/y/bystanders/notes?token=${SECRET}bystander`)
  const answers: Uint8Array[] = []
  door.on('message', (data: Uint8Array) => void answers.push(data))
  await new Promise(resolve => door.once('open', resolve))
  // A SyncStep1 that has nothing.
  const ask = (): void => door.send(Uint8Array.of(0, 0, 1, 0))
  ask()
  const ends = [link.closed(), closeOf(door)].map(end => end.then(({ code }) => code))
  const counts = new Map(relay.relay.counters.read())
  const from = relay.lines.length
  let asked = 0

  return async (...all) => {
    for (const { counted, times = 1, event, reason } of all) {
      await expect.poll(() => relay.counted(counted) - (counts.get(counted) ?? 0), { message: counted }).toBe(times)
      const lines = relay.lines.slice(from).filter(line => line.event === event)
      expect(
        lines.map(({ fields }) => fields['reason']),
        `a line of ${event}`,
      ).toContain(reason)
    }
    const said = JSON.stringify(relay.lines.slice(from))
    for (const secret of [SECRET, PAYLOAD]) expect(said).not.toContain(secret)
    expect(relay.lines.map(({ event }) => event)).not.toContain('fatal')
    asked += 1
    link.say({ type: 'time', id: asked })
    await link.next('clock', ({ id }) => id === asked)
    const before = answers.length
    ask()
    await expect.poll(() => answers.slice(before).some(answer => answer[0] === 0 && answer[1] === 1)).toBe(true)
    expect(await Promise.race([...ends, Promise.resolve('open')])).toBe('open')
  }
}
