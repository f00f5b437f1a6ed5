// The faults of group CR that could take time: each payload pushed by a device and said at the door, where that differs.
import type { PushedEntry } from '@joinery/core/protocol'
import * as Y from 'yjs'
import { BOMBS } from '../../packages/core/test/gate/bombs.ts'
import * as craft from '../../packages/core/test/gate/craft.ts'
import { awarenessFrame, states, step1Frame, updateFrame } from '../../packages/core/test/gate/grammar/door.ts'
import { atDoor, device } from '../hostile/socket.ts'
import { type FaultReport, type FaultRow, tally, timed } from './row.ts'

let people = 0
/** At the door what becomes of an edit comes behind the answer to what was asked. */
const AFTERWARDS_MS = 300

/** Pushes them all at once; from the first word until the last answer. */
async function pushed(port: number, updates: readonly Uint8Array[], engine = 'yjs'): Promise<FaultReport> {
  const outcomes: string[] = []
  const name = `pusher${(people += 1)}`
  const line = await device(port, name, name, message => {
    if (message.type === 'ack') outcomes.push(...message.entries.map(() => 'acked'))
    if (message.type === 'refused') outcomes.push(message.code)
  })
  const entries = updates.map((bytes, at): PushedEntry => ({
    n: at + 1,
    type: 'update',
    resupply: false,
    document: name,
    kind: 'note',
    engine,
    at: 1,
    bytes,
  }))
  const { ms } = await timed(
    (async () => {
      for (let at = 0; at < entries.length; at += 1_000)
        line.say({ type: 'push', space: 'garden', entries: entries.slice(at, at + 1_000) })
      await line.until(() => outcomes.length >= updates.length)
    })(),
  )
  const end = line.closed()
  line.end()
  return { outcome: end === undefined ? tally(outcomes) : `closed with ${end.code}`, took: ms }
}

/** Says them at the door; until the end, or an answer to what is asked behind them. */
async function said(port: number, frames: readonly Uint8Array[]): Promise<FaultReport> {
  let answers = 0
  const line = await atDoor(port, 'goliath', `garden/door${(people += 1)}`, ([type, step]) => {
    if (type === 0 && step === 1) answers += 1
  })
  const ask = step1Frame(Uint8Array.of(0))
  line.send(ask)
  await line.until(() => answers === 1)
  const { ms } = await timed(
    (async () => {
      for (const one of frames) line.send(one)
      line.send(ask)
      await line.until(() => answers === 2)
    })(),
  )
  await Promise.race([line.until(() => false), new Promise(resolve => setTimeout(resolve, AFTERWARDS_MS))])
  const end = line.closed()
  line.end()
  return { outcome: end === undefined ? 'open' : `closed with ${end.code}`, took: ms }
}

const gapped = Array.from({ length: 4_000 }, (_, at) =>
  craft.update([{ author: 5, clock: 2 * at + 1, structs: [craft.item(craft.text('x'))] }]),
)
const crowd = (): Uint8Array =>
  craft.update(
    Array.from({ length: 300_000 }, (_, at) => ({
      author: 400_000 - at,
      clock: 0,
      structs: [craft.item(craft.text('x'))],
    })),
  )
const chain = (): Uint8Array =>
  craft.by(
    5,
    ...Array.from({ length: 8_000 }, (_, at) =>
      craft.item(craft.type(craft.MAP), at === 0 ? { parent: 'm', key: 'k' } : { parent: [5, at - 1], key: 'k' }),
    ),
  )
const v2 = (): Uint8Array => {
  const doc = new Y.Doc()
  doc.getText('body').insert(0, 'version two')
  return Y.encodeStateAsUpdateV2(doc)
}
const crowdOfStates = (count: number, json: string): Uint8Array =>
  awarenessFrame(states(Array.from({ length: count }, (_, at) => [at + 100, 1, json] as const)))

/** One after the other; the longest of them. */
async function eachOf(
  payloads: readonly Uint8Array[],
  act: (payload: Uint8Array) => Promise<FaultReport>,
): Promise<FaultReport> {
  const reports: FaultReport[] = []
  for (const payload of payloads) reports.push(await act(payload))
  return {
    outcome: tally(reports.map(({ outcome }) => outcome)),
    took: Math.max(...reports.map(({ took = 0 }) => took)),
  }
}

const bombs = BOMBS.map(([, bytes]) => bytes)

/** A row for a push, and one for the door. */
const both = (id: string, what: string, make: () => readonly Uint8Array[]): FaultRow[] => [
  { id, what: `${what}, pushed`, act: port => pushed(port, make()) },
  {
    id,
    what: `${what}, at the door`,
    act: port =>
      said(
        port,
        make().map(bytes => updateFrame(bytes)),
      ),
  },
]

export const PAYLOAD_ROWS: readonly FaultRow[] = [
  {
    id: 'CR-02',
    what: `${bombs.length} bombs, pushed, the longest`,
    act: port => eachOf(bombs, one => pushed(port, [one])),
  },
  {
    id: 'CR-02',
    what: `${bombs.length} bombs, at the door, the longest`,
    act: port => eachOf(bombs, one => said(port, [updateFrame(one)])),
  },
  ...both('CR-03', 'encoding V2', () => [v2()]),
  ...both('CR-04', '4,000 updates with gaps', () => gapped),
  ...both('CR-06', '300,000 client ids in one update', () => [crowd()]),
  ...both('CR-10', 'a GC of 2^53 - 1', () => [craft.by(5, craft.gc(2 ** 53 - 1))]),
  ...both('CR-15', 'a value nested 20,000 deep', () => [craft.by(5, craft.item(craft.nestedAny(20_000)))]),
  ...both('CR-16', '8,000 types inside each other', () => [chain()]),
  ...both('CR-19', 'one text of 1 MB', () => [craft.by(5, craft.item(craft.text('e\u0301'.repeat(330_000))))]),
  { id: 'CR-21', what: '200,000 states in one frame', act: port => said(port, [crowdOfStates(200_000, '{}')]) },
  {
    id: 'CR-21',
    what: 'one state of 1 MB',
    act: port => said(port, [crowdOfStates(1, JSON.stringify({ text: 'x'.repeat(1e6) }))]),
  },
  {
    id: 'CR-22',
    what: 'an Automerge document that declares 2^53 bytes',
    act: port =>
      pushed(port, [Uint8Array.from([0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 0, ...craft.uint(2 ** 53 - 1)])], 'automerge'),
  },
]
