/**
 * The order in which an update's structs can be integrated, found as Yjs finds it: each author's in their own order, and one that refers
 * to another author's waits for it. Laws: linear in structs (each is looked at once, and once more for each reference it waits for);
 * structs that wait for each other in a circle are refused, since Yjs would keep them pending for ever (CR-05); what lies outside the
 * update is named, once per author, with the greatest clock needed; types nested by the update are counted (CR-16).
 */
import type { Refusal } from './cursor.ts'
import type { ScanLimits } from './limits.ts'
import { BESIDE, INSIDE, KEYED, LONG, NONE, PLACE, type Section, type StructTable } from './struct-table.ts'

/** "Needs this clock of this author", that is, a document whose next free clock of that author is greater. */
export interface Reference {
  readonly author: number
  readonly clock: number
}

export interface Arrangement {
  readonly references: readonly Reference[]
  readonly depth: number
  /** Clocks that must be deleted by the same update, by author, ascending. */
  readonly mustDelete: ReadonlyMap<number, readonly ClockRange[]>
  readonly refusal: Pick<Refusal, 'code' | 'detail'> | undefined
  /** How often a struct was looked at. */
  readonly looks: number
}

/** Clocks `[from, to)`. */
export interface ClockRange {
  readonly from: number
  readonly to: number
}

const NO_REFERENCES: readonly Reference[] = []
const NO_RANGES: ReadonlyMap<number, readonly ClockRange[]> = new Map()
const TOO_MANY = { code: 'TOO_MANY_AUTHORS', detail: 'refers to too many authors' } as const

/**
 * Arranges the structs of a table.
 *
 * @internal
 */
export function arrange(table: StructTable, limits: ScanLimits): Arrangement {
  // A keystroke: one author who refers to himself, and no types.
  if (table.foreign === 0 && table.types === 0 && (table.keyed === 0 || table.long === 0)) {
    return { references: NO_REFERENCES, depth: table.deepest, mustDelete: NO_RANGES, refusal: undefined, looks: 0 }
  }
  // A keystroke beside another's word: nothing waits, so all there is to tell is what it needs.
  if (table.sections.length === 1 && table.types === 0 && (table.keyed === 0 || table.long === 0)) {
    return needsOfOne(table, table.sections[0] as Section, limits)
  }
  return new Arranger(table, limits).run()
}

function needsOfOne(table: StructTable, { author, first, last }: Section, limits: ScanLimits): Arrangement {
  const { anchorAuthor, anchorClock, rightAuthor, rightClock } = table
  const needs = new Needs()
  const most = limits.maxClients
  let row = first
  for (; row < last && needs.list.length <= most; row++) {
    const left = anchorAuthor[row] as number
    const right = rightAuthor[row] as number
    if (left !== NONE && left !== author) needs.add(left, anchorClock[row] as number)
    if (right !== NONE && right !== author) needs.add(right, rightClock[row] as number)
  }
  const refusal = needs.list.length > most ? TOO_MANY : undefined
  return { references: needs.list, depth: table.deepest, mustDelete: NO_RANGES, refusal, looks: row - first }
}

class Arranger {
  private readonly table: StructTable
  private readonly limits: ScanLimits
  private readonly sections: readonly Section[]
  private readonly authors: number[]
  /** Section by author, when there are too many to look through. */
  private readonly sectionByAuthor: Map<number, number> | undefined
  /** Next row to place, per section, and the clock it starts at: what is below is placed, or implied by the section's own start. */
  private readonly next: number[]
  private readonly placed: number[]
  private readonly waits: boolean[]
  /** Sections under way, each waiting for the one after it, and the clock that each is wanted for. */
  private readonly stack: number[] = []
  private readonly wanted: number[] = []
  private readonly needs = new Needs()
  private readonly mustDelete = new Map<number, ClockRange[]>()
  /** Whether it matters where a struct is: it nests, or some are keyed and some long. */
  private readonly places: boolean
  private depth: number
  private looks = 0
  private refusal: Pick<Refusal, 'code' | 'detail'> | undefined = undefined

  constructor(table: StructTable, limits: ScanLimits) {
    this.table = table
    this.limits = limits
    this.depth = table.deepest
    this.places = table.types > 0 || (table.keyed > 0 && table.long > 0)
    const { sections } = table
    this.sections = sections
    this.authors = sections.map(section => section.author)
    this.sectionByAuthor = sections.length > 32 ? new Map(sections.map(({ author }, i) => [author, i])) : undefined
    this.next = sections.map(section => section.first)
    this.placed = sections.map(section => section.from)
    this.waits = sections.map(() => false)
  }

  run(): Arrangement {
    for (let i = 0; i < this.sections.length && this.refusal === undefined; i++) {
      this.push(i, Infinity)
      while (this.stack.length > 0 && this.refusal === undefined) this.advance(this.stack.at(-1) as number)
    }
    const { depth, mustDelete, refusal, looks } = this
    return { references: this.needs.list, depth, mustDelete, refusal, looks }
  }

  /** Places rows of the section on top until it has what it is wanted for, or waits for another. */
  private advance(index: number): void {
    const { table, next, placed } = this
    const section = this.sections[index] as Section
    const wanted = this.wanted.at(-1) as number
    for (let row = next[index] as number; row < section.last && (table.start[row] as number) <= wanted; row++) {
      this.looks += 1
      if (
        this.isHeldUp(section, table.anchorAuthor[row] as number, table.anchorClock[row] as number) ||
        this.isHeldUp(section, table.rightAuthor[row] as number, table.rightClock[row] as number)
      ) {
        return
      }
      if (this.places) this.place(section, row)
      if (this.refusal !== undefined) return
      next[index] = row + 1
      placed[index] = table.endOf(section, row)
    }
    this.stack.pop()
    this.wanted.pop()
    this.waits[index] = false
  }

  /** Whether a reference is to a struct of this update that is not placed yet; that section is then on top. */
  private isHeldUp(section: Section, author: number, clock: number): boolean {
    if (author === NONE || author === section.author) return false
    const index = this.indexOf(author)
    if (index >= 0 && clock < (this.placed[index] as number)) return false
    if (index < 0 || clock >= (this.sections[index] as Section).to) {
      this.needs.add(author, clock)
      if (this.needs.list.length > this.limits.maxClients) this.refusal = TOO_MANY
      return false
    }
    if (this.waits[index] === true) {
      this.refusal = { code: 'BAD_UPDATE', detail: 'structs that wait for each other' }
    } else {
      this.push(index, clock)
    }
    return true
  }

  private push(index: number, wanted: number): void {
    this.stack.push(index)
    this.wanted.push(wanted)
    this.waits[index] = true
  }

  private place(section: Section, row: number): void {
    const { table } = this
    this.settle(section, row)
    const depth = (table.level[row] as number) + (table.inner[row] as number)
    if (depth > this.depth) this.depth = depth
    if (depth > this.limits.maxDepth) this.refusal = { code: 'TOO_DEEP', detail: 'types nested too deeply' }
    if (((table.flags[row] as number) & (KEYED | LONG)) === (KEYED | LONG)) this.noteKeyedRun(section, row)
  }

  /** Fills in the row's level and key from what it is beside or inside of. Outside this update nothing is known, and nothing is counted. */
  private settle(section: Section, row: number): void {
    const { table } = this
    const flags = table.flags[row] as number
    table.level[row] = 0
    if ((flags & PLACE) !== BESIDE && (flags & PLACE) !== INSIDE) return
    const author = table.anchorAuthor[row] as number
    const clock = table.anchorClock[row] as number
    const holder = author === section.author ? section : this.sections[this.indexOf(author)]
    if (holder === undefined || clock < holder.from || clock >= holder.to) return
    const before = row - 1
    const isNext = holder === section && before >= section.first && clock >= (table.start[before] as number)
    const anchor = isNext ? before : table.rowAt(holder, clock)
    if ((flags & PLACE) === INSIDE) {
      table.level[row] = (table.level[anchor] as number) + 1
    } else {
      table.level[row] = table.level[anchor] as number
      table.flags[row] = (flags & ~KEYED) | ((table.flags[anchor] as number) & KEYED)
    }
  }

  /**
   * What is under a key has one clock each. Several in one item are what Yjs makes of old values that are deleted; when they are not, a
   * later reference into the middle splits them, one half stays when the map goes, and Yjs throws on it for ever.
   */
  private noteKeyedRun(section: Section, row: number): void {
    const range = { from: this.table.start[row] as number, to: this.table.endOf(section, row) }
    const ranges = this.mustDelete.get(section.author)
    if (ranges === undefined) this.mustDelete.set(section.author, [range])
    else ranges.push(range)
  }

  private indexOf(author: number): number {
    if (this.sectionByAuthor !== undefined) return this.sectionByAuthor.get(author) ?? -1
    const { authors } = this
    for (let i = 0; i < authors.length; i++) if (authors[i] === author) return i
    return -1
  }
}

/** The greatest clock needed of each author. */
class Needs {
  readonly list: { author: number; clock: number }[] = []
  /** Made for the second author: most updates need one. */
  private byAuthor: Map<number, { author: number; clock: number }> | undefined = undefined
  private last: { author: number; clock: number } | undefined = undefined

  add(author: number, clock: number): void {
    let need = this.last?.author === author ? this.last : this.byAuthor?.get(author)
    if (need === undefined) {
      need = { author, clock }
      if (this.last !== undefined) this.byAuthor ??= new Map([[this.last.author, this.last]])
      this.byAuthor?.set(author, need)
      this.list.push(need)
    } else if (clock > need.clock) {
      need.clock = clock
    }
    this.last = need
  }
}
