/** What somebody may say at the y-websocket door: frames of the sync, awareness and auth messages, most of them nearly right. */
import * as encoding from 'lib0/encoding'
import { bytes, uint, type Write } from '../craft.ts'
import { mutated } from './mutated.ts'
import type { RandomSource } from '../random.ts'

const MAX = Number.MAX_SAFE_INTEGER
const HUGE = [2 ** 31, 2 ** 32, 2 ** 48, MAX]

/** The frame of an update, or with `isAnswer` of a SyncStep2. */
export function updateFrame(update: Uint8Array, isAnswer = false): Uint8Array {
  return sync(isAnswer ? 2 - 1 : 2, update)
}

export function step1Frame(stateVector: Uint8Array): Uint8Array {
  return sync(0, stateVector)
}

export function awarenessFrame(states: Uint8Array): Uint8Array {
  return bytes(e => (encoding.writeVarUint(e, 1), encoding.writeVarUint8Array(e, states)))
}

function sync(step: number, content: Uint8Array): Uint8Array {
  return bytes(e => {
    encoding.writeVarUint(e, 0)
    encoding.writeVarUint(e, step)
    encoding.writeVarUint8Array(e, content)
  })
}

/** Any frame; the updates in it come from `update`. */
export function hostileDoorFrame(random: RandomSource, update: () => Uint8Array): Uint8Array {
  const kind = random.below(100)
  if (kind < 45) return updateFrame(update(), random.chance(0.4))
  if (kind < 60) return step1Frame(stateVector(random))
  if (kind < 80) return awarenessFrame(awareness(random))
  if (kind < 90) return mutated(random, random.pick([updateFrame(update()), step1Frame(stateVector(random)), awarenessFrame(awareness(random))])) // prettier-ignore
  if (kind < 93) return bytes(e => (encoding.writeVarUint(e, 2), encoding.writeVarUint(e, random.below(3)), encoding.writeVarString(e, 'x'))) // prettier-ignore
  if (kind < 96) return Uint8Array.from([random.pick([0, 1]), random.below(4), ...uint(random.pick(HUGE)), 1, 2, 3])
  if (kind < 98) return Uint8Array.of(3)
  return Uint8Array.from({ length: random.below(20) }, () => random.below(256))
}

/** Whom it names, how often and how far, is anything. */
function stateVector(random: RandomSource): Uint8Array {
  const count = random.pick([0, 1, 2, 3, 40, 2_000])
  const said = random.chance(0.1) ? random.pick([count + 1, Math.max(0, count - 1), ...HUGE]) : count
  return bytes(e => {
    encoding.writeVarUint(e, said)
    for (let i = 0; i < count; i++) {
      encoding.writeVarUint(e, random.chance(0.05) ? random.pick(HUGE) : random.below(60))
      encoding.writeVarUint(e, random.chance(0.05) ? random.pick(HUGE) : random.below(60))
    }
  })
}

/** States of this many clients, each with this JSON. */
export function states(clients: Iterable<readonly [client: number, clock: number, json: string]>): Uint8Array {
  const writes: Write[] = []
  for (const [client, clock, json] of clients) {
    writes.push(e => {
      encoding.writeVarUint(e, client)
      encoding.writeVarUint(e, clock)
      encoding.writeVarString(e, json)
    })
  }
  return bytes(e => {
    encoding.writeVarUint(e, writes.length)
    for (const write of writes) write(e)
  })
}

function awareness(random: RandomSource): Uint8Array {
  const jsons = ['null', '{}', '{"cursor":1}', '{', '1', '"x"', '', '[]', '{"__proto__":{"isAdmin":true}}', '"\\ud800"', `{"a":"${'x'.repeat(5_000)}"}`, '['.repeat(2_000), '\u0000'] // prettier-ignore
  const said = states(
    Array.from({ length: random.pick([0, 1, 1, 2, 5, 300]) }, () => [
      random.chance(0.1) ? random.pick(HUGE) : random.below(50),
      random.chance(0.1) ? random.pick(HUGE) : random.below(9),
      random.pick(jsons),
    ]),
  )
  return random.chance(0.1) ? mutated(random, said) : said
}
