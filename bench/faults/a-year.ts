// CR-07: a document that 200 new client ids a day wrote for a year, and how long it then takes to open: by a stock client at the door and by
// a device, until all of it has arrived. What Yjs takes to read 73,000 authors is said beside it: it is the same whoever serves them.
import { yjs } from '@joinery/adapters/engines/yjs'
import type { PushedEntry, RelayMessage } from '@joinery/core/protocol'
import * as craft from '../../packages/core/test/gate/craft.ts'
import { step1Frame } from '../../packages/core/test/gate/grammar/door.ts'
import { atDoor, device } from '../hostile/socket.ts'
import { type FaultReport, type FaultRow, timed } from './row.ts'

const DAYS = 365
const A_DAY = 200
const FIRST = 5_000_000
const OPENS_MS = 200
const STARTED_MS = 800
/** Until the relay has folded it, which begins when nobody wrote for two seconds. */
const FOLDED_MS = 8_000

/** Each with a letter behind the last one's. */
function year(): Uint8Array[] {
  return Array.from({ length: DAYS }, (_, day) =>
    craft.update(
      Array.from({ length: A_DAY }, (_, at) => {
        const author = FIRST + day * A_DAY + A_DAY - 1 - at
        const place = author === FIRST ? { parent: 'body' } : { left: [author - 1, 0] as const }
        return { author, clock: 0, structs: [craft.item(craft.text('x'), place)] }
      }),
    ),
  )
}

async function written(port: number): Promise<FaultReport> {
  let acked = 0
  const line = await device(port, 'ann', 'year', message => {
    if (message.type === 'ack') acked += message.entries.length
  })
  const entries = year().map((bytes, at): PushedEntry => ({ n: at + 1, type: 'update', resupply: false, document: 'year', kind: 'raw', engine: 'yjs', at: 1, bytes })) // prettier-ignore
  const { ms } = await timed(
    (async () => {
      line.say({ type: 'push', space: 'garden', entries })
      await line.until(() => acked === DAYS)
    })(),
  )
  line.end()
  return { outcome: `${acked} acked`, took: ms }
}

async function atTheDoor(port: number): Promise<FaultReport> {
  let whole: Uint8Array | undefined
  const { ms: there } = await timed(
    (async () => {
      const line = await atDoor(port, 'bob', 'garden/year', frame => {
        if (frame[0] === 0 && frame[1] === 1) whole = frame
      })
      line.send(step1Frame(Uint8Array.of(0)))
      await line.until(() => whole !== undefined)
      line.end()
    })(),
  )
  return opened(there, [contentOf(whole ?? new Uint8Array())])
}

async function byADevice(port: number): Promise<FaultReport> {
  let bodies: Extract<RelayMessage, { type: 'bodies' }> | undefined
  const line = await device(port, 'bob', 'tablet', message => {
    if (message.type === 'bodies') bodies = message
  })
  const { ms: there } = await timed(
    (async () => {
      line.say({ type: 'fetch', space: 'garden', document: 'year', before: 0 })
      await line.until(() => bodies !== undefined)
    })(),
  )
  line.end()
  const updates = (bodies?.entries ?? []).map(entry => entry.bytes)
  return opened(there, updates)
}

/** As an engine opens what arrived so long after it was asked for. */
function opened(arrived: number, updates: readonly Uint8Array[]): FaultReport {
  const began = performance.now()
  const doc = yjs.open('8')
  doc.applyAll(updates)
  const letters = doc.text('body').toString().length
  const ms = performance.now() - began
  doc.close()
  return { outcome: `${letters} letters, and ${ms.toFixed(0)} ms of Yjs`, took: arrived, limit: OPENS_MS }
}

function contentOf(frame: Uint8Array): Uint8Array {
  let at = 2
  while ((frame[at] ?? 0) >= 0x80) at += 1
  return frame.subarray(at + 1)
}

const OPENING = [
  ['joined at the door', atTheDoor],
  ['fetched by a device', byADevice],
] as const

export const YEAR_ROWS: readonly FaultRow[] = [
  { id: 'CR-07', what: '200 new client ids a day for a year', act: written },
  // The thread that reads it may have to be started for the first.
  { id: 'CR-07', what: 'that document, joined by the first', act: async port => ({ ...(await atTheDoor(port)), limit: OPENS_MS + STARTED_MS }) }, // prettier-ignore
  ...OPENING.map(([how, act]): FaultRow => ({ id: 'CR-07', what: `that document, ${how}`, act })),
  ...OPENING.map(([how, act]): FaultRow => ({
    id: 'CR-07',
    what: `once folded, ${how}`,
    async act(port) {
      if (act === atTheDoor) await new Promise(resolve => setTimeout(resolve, FOLDED_MS))
      return act(port)
    },
  })),
]
