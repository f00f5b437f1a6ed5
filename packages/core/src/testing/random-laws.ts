/** The laws of the Random port, as far as they can be seen from outside. Bounds are so wide that chance breaks none in a lifetime. */
import { hex } from '../plain.ts'
import type { Random } from '../ports/random.ts'
import type { Law } from './law.ts'
import { must, same } from './must.ts'

/** For each source of chance: `make` gives a new instance each time. */
export const randomLaws: readonly Law<() => Random>[] = [
  {
    rule: 'RANDOM',
    title: '`bytes` gives as many as were asked for, also none and also many',
    async check(make) {
      const random = make()
      for (const count of [0, 1, 16, 65_535, 65_536, 65_537, 200_000]) {
        const bytes = random.bytes(count)
        must(bytes instanceof Uint8Array, 'not bytes')
        same(bytes.length, count, 'length')
        // The end too: a source that fills only its first 65,536 leaves zeros.
        if (count >= 16)
          must(
            bytes.subarray(-16).some(byte => byte !== 0),
            `the last of ${count} bytes are zeros`,
          )
      }
    },
  },
  {
    rule: 'RANDOM',
    title: 'bytes are their own: what was given stays as it was',
    async check(make) {
      const random = make()
      const first = random.bytes(32)
      const before = hex(first)
      random.bytes(32)
      same(hex(first), before, 'the first bytes after the second were asked for')
    },
  },
  {
    rule: 'RANDOM',
    title: 'every byte comes about as often as any other',
    async check(make) {
      const counts = Array.from({ length: 256 }, () => 0)
      for (const byte of make().bytes(256 * 400)) counts[byte] = (counts[byte] ?? 0) + 1
      // 400 of each with a deviation of 20: ten of them.
      for (const [byte, count] of counts.entries())
        must(count > 200 && count < 600, `${byte} came ${count} times of 400`)
    },
  },
  {
    rule: 'RANDOM',
    title: '`number` is uniform in [0, 1)',
    async check(make) {
      const random = make()
      const tenths = Array.from({ length: 10 }, () => 0)
      const seen = new Set<number>()
      for (let i = 0; i < 10_000; i++) {
        const value = random.number()
        must(value >= 0 && value < 1, `${value} is not in [0, 1)`)
        seen.add(value)
        const tenth = Math.floor(value * 10)
        tenths[tenth] = (tenths[tenth] ?? 0) + 1
      }
      // 1,000 of each with a deviation of 30: ten of them.
      for (const [tenth, count] of tenths.entries())
        must(count > 700 && count < 1_300, `${count} of 10,000 in tenth ${tenth}`)
      must(seen.size > 9_900, `${seen.size} different numbers of 10,000`)
    },
  },
  {
    rule: 'RANDOM',
    title: 'two instances never give the same sequence',
    async check(make) {
      const sequences = new Set(Array.from({ length: 100 }, () => hex(make().bytes(16))))
      same(sequences.size, 100, 'different sequences of 100')
      const numbers = new Set(Array.from({ length: 100 }, () => make().number()))
      must(numbers.size > 95, `${numbers.size} different first numbers of 100`)
    },
  },
  {
    rule: 'RANDOM',
    title: 'one instance never gives the same again',
    async check(make) {
      const random = make()
      const given = new Set(Array.from({ length: 1_000 }, () => hex(random.bytes(16))))
      same(given.size, 1_000, 'different of 1,000')
    },
  },
]
