// The largest and most laborious that one connection may send, one after the other: as much of one thing as fits.
import type { PushedEntry } from '@joinery/core/protocol'
import * as encoding from 'lib0/encoding'
import { by, bytes, item, text, update } from '../../packages/core/test/gate/craft.ts'
import { BULK } from '../../packages/core/test/gate/grammar/bulk.ts'
import { awarenessFrame, states, step1Frame, updateFrame } from '../../packages/core/test/gate/grammar/door.ts'
import { atDoor, device, type Line } from './socket.ts'

const KiB = 1_024
const ANSWER_MS = 30_000
/** Edits in one push, which may be as many. */
const A_PUSH = 1_024

export interface Heavyweight {
  readonly name: string
  /** Sends it, and says what came of it. */
  act(): Promise<string>
}

export function heavyweights(port: number, space: string): Heavyweight[] {
  let author = 1_000_000
  const all: Heavyweight[] = []
  for (const [name, make] of Object.entries(BULK)) {
    // As large as is read at once, and ten times that, which threads read.
    for (const size of [60 * KiB, 640 * KiB]) {
      const id = `h${(author += 20_000)}`
      const [one, other] = [author, author + 10_000]
      all.push({ name: `${size / KiB} KiB of ${name}, pushed`, act: () => pushed(port, space, [make(one, size)], id) })
      all.push({ name: `${size / KiB} KiB of ${name}, at the door`, act: () => knocked(port, `${space}/d${id}`, [updateFrame(make(other, size), true)]) }) // prettier-ignore
    }
  }
  const keystrokes = (from: number, count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, at) => by(from + at, item(text('x'), { parent: 'r' })))
  all.push(
    { name: '5,000 edits pushed at once', act: () => pushed(port, space, keystrokes(3_000_000, 5_000), 'many') },
    { name: '60,000 edits in one push', act: () => pushed(port, space, Array<Uint8Array>(60_000).fill(Uint8Array.of(9)), 'crowd', 60_000) }, // prettier-ignore
    { name: '20,000 edits pushed at once', act: () => pushed(port, space, keystrokes(3_300_000, 20_000), 'more') },
    { name: '20,000 that are no edits, pushed at once', act: () => pushed(port, space, Array<Uint8Array>(20_000).fill(Uint8Array.of(9)), 'none') }, // prettier-ignore
    { name: '5,000 edits at the door', act: () => knocked(port, `${space}/strokes`, keystrokes(3_100_000, 5_000).map(edit => updateFrame(edit))) }, // prettier-ignore
    { name: 'a state vector of 100,000', act: () => knocked(port, `${space}/t0`, [step1Frame(stateVector(100_000))]) },
    {
      name: 'a state vector of 2,000,000',
      act: () => knocked(port, `${space}/t0`, [step1Frame(stateVector(2_000_000))]),
    },
    { name: '4,000 states that are nearly JSON', act: () => knocked(port, `${space}/t0`, [awarenessFrame(nearlyStates(4_000))]) }, // prettier-ignore
    { name: '4,000 states of different clients', act: () => knocked(port, `${space}/t0`, [awarenessFrame(states(Array.from({ length: 4_000 }, (_, at) => [at + 100, 1, '{"a":1}'] as const)))]) }, // prettier-ignore
    { name: '16 MiB of letters, pushed', act: () => pushed(port, space, [by(4_000_000, item(text('x'.repeat(15 * KiB * KiB))))], 'large') }, // prettier-ignore
    { name: '16 MiB of structs, pushed', act: () => pushed(port, space, [BULK['letters at one place']!(4_100_000, 15 * KiB * KiB)], 'wide') }, // prettier-ignore
    { name: '16 MiB of structs, at the door', act: () => knocked(port, `${space}/wide2`, [updateFrame(BULK['letters at one place']!(4_200_000, 15 * KiB * KiB))]) }, // prettier-ignore
    { name: 'a document of 16 MiB, joined', act: () => knocked(port, `${space}/wide`, []) },
    { name: '500 updates of 15 KiB, each of authors by turns, pushed at once', act: () => pushed(port, space, Array.from({ length: 500 }, (_, at) => BULK['authors by turns']!(7_000_000 + at * 40, 15 * KiB)), 'turns') }, // prettier-ignore
    {
      name: '73,000 authors, as many as a year brings, pushed',
      act: () => pushed(port, space, aYearOfAuthors(), 'year'),
    },
    { name: 'the document of 73,000 authors, joined', act: () => knocked(port, `${space}/year`, []) },
    { name: '60,000 documents in one have', act: () => told(port, space, 60_000) },
  )
  return all
}

async function pushed(
  port: number,
  space: string,
  updates: readonly Uint8Array[],
  id: string,
  aPush = A_PUSH,
): Promise<string> {
  const answers = new Map<string, number>()
  let answered = 0
  const add = (code: string, count: number): void => {
    answered += count
    answers.set(code, (answers.get(code) ?? 0) + count)
  }
  const line = await device(port, id, id, message => {
    if (message.type === 'ack') add('acked', message.entries.length)
    if (message.type === 'refused') add(message.code, 1)
  })
  const entries = updates.map((one, at): PushedEntry => ({ n: at + 1, type: 'update', resupply: false, document: id, kind: 'note', engine: 'yjs', at: 1, bytes: one })) // prettier-ignore
  for (let at = 0; at < entries.length; at += aPush)
    line.say({ type: 'push', space, entries: entries.slice(at, at + aPush) })
  await patiently(line, () => answered >= updates.length)
  line.end()
  return said(line, [...answers].map(([code, count]) => `${count} ${code}`).join(', '))
}

async function knocked(port: number, path: string, frames: readonly Uint8Array[]): Promise<string> {
  let answers = 0
  const line = await atDoor(port, 'goliath', path, frame => void (answers += frame[0] === 0 && frame[1] === 1 ? 1 : 0))
  const askedAt = performance.now()
  line.send(step1Frame(Uint8Array.of(0)))
  await patiently(line, () => answers >= 1)
  const took = performance.now() - askedAt
  for (const frame of frames) line.send(frame)
  line.send(step1Frame(Uint8Array.of(0)))
  await patiently(line, () => answers >= 2)
  // What it stores comes behind the answer.
  await new Promise(resolve => setTimeout(resolve, 300))
  line.end()
  return said(line, frames.length === 0 ? `answered in ${took.toFixed(0)} ms` : 'open')
}

async function told(port: number, space: string, count: number): Promise<string> {
  let isAnswered = false
  const line = await device(port, 'teller', 'teller', message => void (isAnswered ||= message.type === 'want' || message.type === 'refused' || message.type === 'clock')) // prettier-ignore
  const documents = Array.from({ length: count }, (_, at) => ({ document: `n${at}`, engine: 'yjs', version: Uint8Array.of(0, 1, 7, 3) })) // prettier-ignore
  line.say({ type: 'watch', space, cursor: undefined })
  line.say({ type: 'have', space, documents })
  await patiently(line, () => isAnswered)
  line.end()
  return said(line, 'answered')
}

async function patiently(line: Line, holds: () => boolean): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, ANSWER_MS)))
  await Promise.race([line.until(holds), late])
  clearTimeout(timer)
}

function said(line: Line, otherwise: string): string {
  const end = line.closed()
  return end === undefined || end.code === 1006 ? otherwise : `closed ${end.code} ${end.reason}`
}

function stateVector(authors: number): Uint8Array {
  return bytes(e => {
    encoding.writeVarUint(e, authors)
    for (let at = 0; at < authors; at++) {
      encoding.writeVarUint(e, 100 + at)
      encoding.writeVarUint(e, 1)
    }
  })
}

function nearlyStates(count: number): Uint8Array {
  const json = `{"a":[${'[],'.repeat(1_300)}`
  return states(Array.from({ length: count }, (_, at) => [at + 100, 1, json] as const))
}

/** CR-07: 200 new ones a day, each with a letter behind the last. */
function aYearOfAuthors(): Uint8Array[] {
  return Array.from({ length: 365 }, (_, day) =>
    update(
      Array.from({ length: 200 }, (_, at) => {
        const author = 5_000_000 + day * 200 + 199 - at
        return { author, clock: 0, structs: [item(text('x'), author > 5_000_000 ? { left: [author - 1, 0] } : {})] }
      }),
    ),
  )
}
