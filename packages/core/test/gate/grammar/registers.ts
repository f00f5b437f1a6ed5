/** States of a register that somebody might send: commands in and out of turn, damaged ones, and values that nest or poison. */
import * as encoding from 'lib0/encoding'
import { writeRegister } from '@joinery/core'
import { bytes } from '../craft.ts'
import type { RandomSource } from '../random.ts'
import { mutated } from './mutated.ts'

const HUGE = [2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]

export function hostileRegister(random: RandomSource): Uint8Array {
  const kind = random.below(10)
  if (kind < 5) return command(random)
  if (kind < 8) return mutated(random, command(random))
  return bytes(e => {
    encoding.writeUint8(e, random.below(3))
    for (let i = 0; i < 2; i++) encoding.writeVarUint(e, random.chance(0.2) ? random.pick(HUGE) : random.below(9))
    encoding.writeVarString(e, random.pick(['ann', '', '__proto__', 'x'.repeat(200)]))
    encoding.writeVarUint(e, random.below(9))
    const depth = random.pick([1, 2, 70, 20_000])
    for (let i = 0; i < depth; i++) {
      encoding.writeUint8(e, 118)
      encoding.writeVarUint(e, 1)
      encoding.writeVarString(e, random.pick(['a', '__proto__', 'constructor']))
    }
    encoding.writeUint8(e, random.pick([126, 120, 116, 255]))
  })
}

function command(random: RandomSource): Uint8Array {
  const n = 1 + (random.chance(0.05) ? random.pick(HUGE) - 1 : random.below(30))
  const turn = n + random.below(3)
  const at = random.chance(0.05) ? random.pick(HUGE) : random.below(1_000)
  const turns = Number.isSafeInteger(turn) ? turn : n
  return writeRegister({
    turn: turns,
    at,
    by: random.pick(['ann', 'bob']),
    n,
    value: { play: { rate: random.below(9) } },
  })
}
