/**
 * Updates that somebody might send to break things, made by grammar: each a whole update in which most is right, so that it gets past the
 * first check and on to the next. Random bytes find nothing (0 hangs of 40,000 flips); these find what a gate leaves open.
 */
import * as Y from 'yjs'
import {
  any,
  binary,
  deleted,
  embed,
  format,
  gc,
  item,
  json,
  nestedAny,
  objectWithKey,
  rawText,
  run,
  skip,
  subdoc,
  text,
  type,
  update,
  XML_ELEMENT,
  XML_HOOK,
  type Content,
  type DeleteSpec,
  type Id,
  type Place,
  type SectionSpec,
  type Write,
} from './craft.ts'
import { editedDocs } from './random-docs.ts'
import { BOMBS } from './bombs.ts'
import { misplaced } from './grammar/borders.ts'
import { BULK } from './grammar/bulk.ts'
import { mutated } from './grammar/mutated.ts'
import type { RandomSource } from './random.ts'

/** What a sender knows of the document he attacks: the next free clock of each author. */
export type Known = ReadonlyMap<number, number>

const HUGE = [2 ** 31, 2 ** 32, 2 ** 40 - 1, 2 ** 40, 2 ** 53 - 1]

export function hostileUpdate(random: RandomSource, known: Known): Uint8Array {
  const kind = random.below(100)
  if (kind < 58) return plausible(random, known)
  if (kind < 70) return mutated(random, plausible(random, known))
  if (kind < 76) return misplaced(random, plausible(random, known), plausible(random, known))
  if (kind < 82) return misplaced(random, honest(random), plausible(random, known))
  if (kind < 85) return mutated(random, honest(random))
  if (kind < 87) return honest(random)
  if (kind < 89) return mutated(random, random.pick(BOMBS)[1])
  if (kind < 91) return Y.convertUpdateFormatV1ToV2(honest(random))
  if (kind < 94) return crowded(random, known)
  if (kind < 97) return nestedTypes(random, known)
  if (kind === 97) return random.pick(Object.values(BULK))(1_000 + random.below(9), random.pick([300, 300, 2_000]))
  return Uint8Array.from({ length: random.below(80) }, () => random.below(256))
}

/** A run of one author's structs as it is being made: where it starts, and where it has come to. */
interface Draft {
  readonly author: number
  readonly from: number
  to: number
  readonly structs: Write[]
}

/** Mostly right: authors at their next clock, references to what is there, contents of every kind. Made by turns, so that they refer to each other. */
function plausible(random: RandomSource, known: Known): Uint8Array {
  const drafts = someAuthors(random, known).map((author): Draft => {
    const from = startClock(random, known.get(author) ?? 0)
    return { author, from, to: from, structs: [] }
  })
  for (const draft of drafts) addStruct(random, known, drafts, draft)
  if (drafts.length > 0) {
    for (let i = random.below(random.chance(0.05) ? 200 : 10); i > 0; i--)
      addStruct(random, known, drafts, random.pick(drafts))
  }
  const sections = drafts.map(({ author, from, structs }): SectionSpec => {
    const wrong = random.chance(0.01) ? { count: structs.length + random.below(3) - 1 } : {}
    return { author, clock: from, structs, ...wrong }
  })
  return update(sections, someDeletes(random, known, drafts))
}

function someAuthors(random: RandomSource, known: Known): number[] {
  const existing = [...known.keys()]
  const authors = Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3, 5]) }, () =>
    existing.length > 0 && random.chance(0.5) ? random.pick(existing) : 1 + random.below(40),
  )
  const once = random.chance(0.99) ? [...new Set(authors)] : authors
  return random.chance(0.7) ? once.toSorted((a, b) => b - a) : once
}

function startClock(random: RandomSource, next: number): number {
  if (random.chance(0.97)) return next
  return random.pick([0, Math.max(0, next - 1), next + 1, random.below(50), random.pick(HUGE)])
}

/** An id to refer to: there already, made before in this update, or now and then later or nowhere. */
function anyId(random: RandomSource, known: Known, drafts: readonly Draft[]): Id {
  const existing = [...known].filter(([, clock]) => clock > 0)
  const made = drafts.filter(({ from, to }) => to > from)
  const choice = random.below(200)
  if (choice < 90 && made.length > 0) {
    const { author, from, to } = random.pick(made)
    return [author, random.chance(0.5) ? to - 1 : from + random.below(to - from)]
  }
  if (choice < 198 && existing.length > 0) {
    const [author, clock] = random.pick(existing)
    return [author, random.chance(0.3) ? clock - 1 : random.below(clock)]
  }
  if (choice < 199) {
    const { author, to } = random.pick(drafts)
    return [author, to + random.below(3)]
  }
  return [random.below(50), random.chance(0.3) ? random.pick(HUGE) : random.below(30)]
}

function addStruct(random: RandomSource, known: Known, drafts: readonly Draft[], draft: Draft): void {
  const kind = random.below(600)
  if (kind < 15) {
    const length = 1 + random.below(5)
    draft.structs.push(gc(length))
    draft.to += length
  } else if (kind === 15) {
    draft.structs.push(skip(1 + random.below(3)))
  } else if (kind === 16) {
    draft.structs.push(run(random.pick([0, 1, ...HUGE]), random.below(256)))
  } else {
    const content = anyContent(random)
    const place = anyPlace(random, () => anyId(random, known, drafts))
    // Several values under one key are refused at sight: now and then is enough.
    const isRun = (content.length ?? 1) > 1 && random.chance(0.97)
    draft.structs.push(item(content, isRun ? { ...place, key: undefined } : place))
    draft.to += content.length ?? 1
  }
}

function anyPlace(random: RandomSource, id: () => Id): Place {
  const key = random.chance(0.25)
    ? random.pick(['a', 'b', 'ключ', '', random.chance(0.01) ? '__proto__' : 'c'])
    : undefined
  const kind = random.below(8)
  if (kind < 2) return { parent: random.pick(['r', 's', 'text', 'map', 'array', 'xml', '']), key }
  if (kind === 2) return { parent: id(), key }
  if (kind === 3) return { right: id(), key }
  if (kind === 4) return { left: id(), right: id(), key }
  return { left: id(), key }
}

function anyContent(random: RandomSource): Content {
  const kind = random.below(200)
  if (kind < 8) return deleted(random.chance(0.01) ? random.pick(HUGE) : 1 + random.below(5))
  if (kind < 16) return json(...Array.from({ length: 1 + random.below(4) }, () => jsonText(random)))
  if (kind < 22) return binary(new Uint8Array(random.below(9)))
  if (kind < 30) return embed(jsonText(random))
  if (kind < 60) return format(random.pick(['bold', 'link', 'ychange', 'b']), jsonText(random))
  if (kind < 105) return sharedType(random)
  if (kind < 130) return any(...Array.from({ length: 1 + random.below(4) }, () => random.pick([1, null, undefined, NaN, 'x', [1, [2]], { a: 1 }, 1n]))) // prettier-ignore
  if (kind < 138) return subdoc(random.pick(['g', 'h', '']), random.pick([{}, { gc: false }, { autoLoad: true, meta: [1] }, { shouldLoad: true }])) // prettier-ignore
  if (kind < 142) return nestedAny(random.pick([1, 5, 63, 64]))
  if (kind === 142) return objectWithKey(random.pick(['__proto__', 'constructor', 'ok']))
  if (kind === 143) return rawText(Array.from({ length: 1 + random.below(6) }, () => random.below(256)))
  if (kind === 144) return random.pick([any(), json(), text(''), deleted(0), type(8), nestedAny(300), subdoc('g', null), subdoc('g', { gcFilter: 1 }), format('constructor', '1')]) // prettier-ignore
  return text(random.pick(['x', 'hello', '😀', '😀😀', 'é', 'a😀b', '\u0000', '\u202e']))
}

function sharedType(random: RandomSource): Content {
  const ref = random.below(7)
  return type(ref, ref === XML_ELEMENT || ref === XML_HOOK ? 'p' : undefined)
}

function jsonText(random: RandomSource): string {
  if (random.chance(0.005)) return random.pick(['{', '{"__proto__":1}', '1e999', ''])
  return random.pick(['null', 'true', '1', '"x"', '{"a":[1]}', '[]', '-0', '"\\ud800"', '{}', '[[1]]', '1e9'])
}

function someDeletes(random: RandomSource, known: Known, drafts: readonly Draft[]): DeleteSpec[] {
  if (random.chance(0.5)) return []
  const ends = new Map(known)
  for (const { author, to } of drafts) ends.set(author, to)
  const authors = [...ends].filter(([, end]) => end > 0 && random.chance(0.4)).toSorted((a, b) => b[0] - a[0])
  return authors.map(([author, end]) => {
    const ranges: [number, number][] = []
    const length = (at: number): number => Math.min(1 + random.below(4), end - at)
    for (let at = random.below(4); at < end && ranges.length < 40;) {
      ranges.push([at, length(at)])
      at += (ranges.at(-1) as [number, number])[1] + random.below(4)
    }
    if (ranges.length === 0) ranges.push([0, end])
    if (random.chance(0.02)) ranges.push([random.below(20), random.chance(0.2) ? random.pick(HUGE) : random.below(3)])
    return { author, ranges }
  })
}

/** Many structs that all want one place. */
function crowded(random: RandomSource, known: Known): Uint8Array {
  const author = 100 + random.below(20)
  const clock = known.get(author) ?? 0
  const existing = [...known].filter(([, next]) => next > 0)
  const [there, next] = existing.length > 0 ? random.pick(existing) : [author, 0]
  const anchor: Id | undefined = next > 0 ? [there, random.below(next)] : undefined
  const structs = Array.from({ length: 50 + random.below(random.chance(0.1) ? 900 : 150) }, (_, i) => {
    const right: Id | undefined = i > 0 && random.chance(0.5) ? [author, clock + random.below(i)] : undefined
    return item(text('x'), { ...(anchor ? { left: anchor } : { parent: 'r' }), ...(right && anchor ? { right } : {}) })
  })
  return update([{ author, clock, structs }])
}

/** Types inside types, near the limit, by parent or beside a sibling, by one author or by turns. */
function nestedTypes(random: RandomSource, known: Known): Uint8Array {
  const depth = random.pick([2, 30, 62, 63, 64, 65, 66, 200])
  const authors = random.chance(0.5) ? [200] : [200, 201]
  const next = new Map(authors.map(author => [author, known.get(author) ?? 0]))
  const structs = new Map<number, Write[]>(authors.map(author => [author, []]))
  let parent: Id | undefined
  for (let level = 0; level < depth; level++) {
    const author = random.pick(authors)
    const put = (content: Content, place: Place): Id => {
      const clock = next.get(author) as number
      next.set(author, clock + 1)
      structs.get(author)?.push(item(content, place))
      return [author, clock]
    }
    const place: Place = parent ? { parent, key: random.chance(0.5) ? 'k' : undefined } : { parent: 'r' }
    parent = random.chance(0.3)
      ? put(type(random.below(3)), { left: put(text('x'), place) })
      : put(type(random.below(3)), place)
  }
  const sections = authors.map(author => ({
    author,
    clock: known.get(author) ?? 0,
    structs: structs.get(author) as Write[],
  }))
  return update(sections.filter(section => section.structs.length > 0))
}

function honest(random: RandomSource): Uint8Array {
  const [doc] = editedDocs(random.below(2 ** 31), { docs: 2, edits: 1 + random.below(30) })
  return Y.encodeStateAsUpdate(doc as Y.Doc)
}
