/**
 * Chance that follows from a name, for what must come out the same on every device. Nothing secret may be drawn from it, and nothing is won
 * by finding two names that draw the same: an author id is bound to whoever wrote under it first, however it was found (A3).
 */
import type { Random } from './ports/random.ts'

/**
 * A sequence that follows from `name`: four words that each character has gone through, in turn, with a count.
 *
 * @internal
 */
export function derivedRandom(name: string): Random {
  const words = [1, 2, 3, 4].map(lane => {
    let word = lane
    for (let at = 0; at < name.length; at++) word = mixed(word ^ name.charCodeAt(at))
    return word
  })
  let drawn = 0
  const draw = (): number => mixed((words[drawn & 3] ?? 0) + drawn++) >>> 0
  return {
    bytes: count => Uint8Array.from({ length: count }, draw),
    number: () => draw() / 2 ** 32,
  }
}

/** Every bit out depends on every bit in: the last step of MurmurHash3 (Appleby, 2008), after a step that moves 0. */
function mixed(word: number): number {
  let mix = word + 0x9e3779b9
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35)
  return mix ^ (mix >>> 16)
}
