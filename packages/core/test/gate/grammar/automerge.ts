/**
 * Automerge chunks that somebody might send: real changes damaged and sealed again, so that their checksum fits; changes made of headers
 * and columns; documents and deflated chunks, which unfold into anything; lengths and counts that lie.
 */
import * as encoding from 'lib0/encoding'
import { digest as sha256 } from 'lib0/hash/sha256'
import { bytes, uint } from '../craft.ts'
import { RECORDED_CHANGES } from '../recorded-automerge.ts'
import type { RandomSource } from '../random.ts'
import { mutated } from './mutated.ts'

const HUGE = [2 ** 31, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER]
const RECORDED = RECORDED_CHANGES.map(({ bytes }) => fromHex(bytes))
/** Ten thousand zeros, deflated. */
const DEFLATED = [0xed, 0xc1, 0x01, 0x0d, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf7, 0x4f, 0x6d, 0x0e, 0x37, 0xa0, 0x00]

/** A chunk whose checksum fits, whatever is in it. */
function sealed(type: number, contents: readonly number[], length = contents.length): Uint8Array {
  const body = Uint8Array.from([type, ...uint(length), ...contents])
  return Uint8Array.from([0x85, 0x6f, 0x4a, 0x83, ...sha256(body).subarray(0, 4), ...body])
}

export function hostileAutomerge(random: RandomSource): Uint8Array {
  const kind = random.below(100)
  if (kind < 15) return random.pick(RECORDED)
  if (kind < 25) return mutated(random, random.pick(RECORDED))
  if (kind < 60) return sealed(1, [...mutated(random, contentsOf(random.pick(RECORDED)))])
  if (kind < 80) return made(random)
  if (kind < 85) return sealed(random.pick([0, 2, 3, 255]), [...contentsOf(random.pick(RECORDED))])
  if (kind < 88) return sealed(2, DEFLATED)
  if (kind < 92) return sealed(1, [...contentsOf(random.pick(RECORDED))], random.pick([0, 1, ...HUGE]))
  if (kind < 98) return Uint8Array.from([...random.pick(RECORDED), ...random.pick(RECORDED)])
  return Uint8Array.from({ length: random.below(80) }, () => random.below(256))
}

/** A change by its parts: dependencies, author, counts, other authors, columns. */
function made(random: RandomSource): Uint8Array {
  const count = (honest: number): number => (random.chance(0.05) ? random.pick([honest + 1, ...HUGE]) : honest)
  const hashes = random.below(3)
  const columns = random.below(6)
  return sealed(1, [
    ...bytes(e => {
      encoding.writeVarUint(e, count(hashes))
      for (let i = 0; i < hashes; i++) encoding.writeUint8Array(e, new Uint8Array(32).fill(random.below(256)))
      encoding.writeVarUint8Array(e, new Uint8Array(random.pick([0, 1, 8, 16, 16, 200])).fill(random.below(4)))
      encoding.writeVarUint(e, count(random.below(4)))
      encoding.writeVarUint(e, count(random.below(40)))
      encoding.writeUint8Array(e, Uint8Array.from(random.pick([[0], [0x7f], [0xff, 0xff, 0xff, 0xff, 0x0f]])))
      encoding.writeVarString(e, random.pick(['', 'message', '\u0000']))
      encoding.writeVarUint(e, count(0))
      encoding.writeVarUint(e, count(columns))
      const lengths = Array.from({ length: columns }, () => random.below(6))
      for (const [at, length] of lengths.entries()) {
        encoding.writeVarUint(e, random.pick([0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73]) + (random.chance(0.05) ? 8 : 0)) // prettier-ignore
        encoding.writeVarUint(e, at === 0 ? count(length) : length)
      }
      for (const length of lengths) for (let i = 0; i < length; i++) encoding.writeUint8(e, random.below(256))
    }),
  ])
}

function contentsOf(chunk: Uint8Array): Uint8Array {
  let at = 9
  while ((chunk[at] as number) >= 0x80) at += 1
  return chunk.subarray(at + 1)
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}
