/**
 * Updates taken apart where their structs begin and end, and put together wrongly: a struct left out, twice, in another's place or another
 * author's; a count or a number that says the same in more bytes; an end at a border. What is damaged inside of a struct the first check
 * finds; these are whole structs that do not belong.
 */
import { Cursor } from '../../../src/gate/cursor.ts'
import { kindOf, SKIP, stepOver } from '../../../src/gate/struct-steps.ts'
import type { RandomSource } from '../random.ts'

interface Section {
  author: number
  clock: number
  structs: Uint8Array[]
}

interface Pieces {
  sections: Section[]
  /** Authors with their ranges, as clocks and lengths. */
  deletes: { author: number; ranges: [number, number][] }[]
}

/** An honest update wrongly put together, with a struct of another in it now and then. */
export function misplaced(random: RandomSource, update: Uint8Array, other: Uint8Array): Uint8Array {
  const pieces = piecesOf(update)
  const foreign = piecesOf(other)?.sections.flatMap(({ structs }) => structs) ?? []
  if (pieces === undefined) return update
  for (let i = random.below(3); i >= 0; i--) disturb(random, pieces, foreign)
  return written(random, pieces)
}

function disturb(random: RandomSource, { sections, deletes }: Pieces, foreign: readonly Uint8Array[]): void {
  const section = sections.length > 0 ? random.pick(sections) : undefined
  const at = section === undefined ? 0 : random.below(section.structs.length + 1)
  const kind = random.below(12)
  if (kind === 11 || section === undefined) {
    const some = random.pick([...deletes, { author: random.below(40), ranges: [] }])
    some.ranges.splice(random.below(some.ranges.length + 1), random.below(2), [random.below(60), random.below(9)])
    if (!deletes.includes(some)) deletes.push(some)
  } else if (kind === 0) section.structs.splice(at, 1)
  else if (kind === 1) section.structs.splice(at, 0, ...section.structs.slice(at, at + 1 + random.below(3)))
  else if (kind === 2 && foreign.length > 0) section.structs.splice(at, random.below(2), random.pick(foreign))
  else if (kind === 3) section.structs.reverse()
  else if (kind === 4) section.author = random.pick(sections).author
  else if (kind === 5) section.author = random.below(40)
  else if (kind === 6) section.clock = Math.max(0, section.clock + random.below(5) - 2)
  else if (kind === 7) sections.reverse()
  else if (kind === 8) sections.splice(random.below(sections.length), 1)
  else if (kind === 9) section.structs.push(...random.pick(sections).structs.slice(0, 3))
  else sections.push({ ...section, structs: [...section.structs] })
}

function written(random: RandomSource, { sections, deletes }: Pieces): Uint8Array {
  const bytes: number[] = []
  const borders: number[] = []
  /** Now and then in more bytes than it needs. */
  const uint = (value: number): void => {
    const isLong = random.chance(0.003)
    let rest = value
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
    if (isLong) bytes.push(rest + 128, ...Array<number>(random.below(4)).fill(128), 0)
    else bytes.push(rest)
  }
  const count = (length: number): void => uint(random.chance(0.01) ? Math.max(0, length + random.below(5) - 2) : length)
  count(sections.length)
  for (const { author, clock, structs } of sections) {
    count(structs.length)
    uint(author)
    uint(clock)
    for (const struct of structs) {
      borders.push(bytes.length)
      for (const byte of struct) bytes.push(byte)
    }
  }
  borders.push(bytes.length)
  count(deletes.length)
  for (const { author, ranges } of deletes) {
    uint(author)
    count(ranges.length)
    for (const range of ranges) {
      borders.push(bytes.length)
      for (const number of range) uint(number)
    }
  }
  const end = random.chance(0.1) ? random.pick(borders) : bytes.length
  return Uint8Array.from(bytes.slice(0, end))
}

function piecesOf(update: Uint8Array): Pieces | undefined {
  const cursor = new Cursor(update)
  const sections: Section[] = []
  for (let left = cursor.count(1); left > 0 && cursor.refusal === undefined; left--) {
    const count = cursor.uint()
    const section: Section = { author: cursor.uint(), clock: cursor.uint(), structs: [] }
    for (let i = 0; i < count; i++) {
      const start = cursor.pos
      if (stepOver(cursor) < 0 || kindOf(update[start] as number) === SKIP) return undefined
      section.structs.push(update.subarray(start, cursor.pos))
    }
    sections.push(section)
  }
  const deletes: Pieces['deletes'] = []
  for (let left = cursor.count(1); left > 0 && cursor.refusal === undefined; left--) {
    const author = cursor.uint()
    const ranges: [number, number][] = []
    for (let ranged = cursor.count(1); ranged > 0; ranged--) ranges.push([cursor.uint(), cursor.uint()])
    deletes.push({ author, ranges })
  }
  return cursor.refusal === undefined ? { sections, deletes } : undefined
}
