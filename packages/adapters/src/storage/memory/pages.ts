/**
 * The rows of a table in key order, in pages of a few hundred. Law: pages are never changed; a draft copies the list of them, which is short,
 * and each page before its first change, so that who holds pages holds a snapshot and an edit costs no more in a large table than in a small.
 */
import type { Key, Row } from '@joinery/core'

/** None of them is empty. */
export type Pages = readonly (readonly Row[])[]

/** A row's place: its page, and where in that. Behind the last row: the page after the last. */
export interface Spot {
  readonly page: number
  readonly at: number
}

export interface PagesDraft {
  /** As they stand. */
  readonly pages: Pages
  /** Puts a row, or none, in the place of those from `start` up to `end`. */
  replace(start: Spot, end: Spot, row: readonly Row[]): void
}

const PAGE_ROWS = 512

/** The first row that `reached` holds for; it holds for all rows after one that it holds for. */
export function spotOf(pages: Pages, reached: (key: Key) => boolean): Spot {
  const page = firstIndex(pages, rows => reached(rows.at(-1)?.key ?? []))
  return { page, at: firstIndex(pages[page] ?? [], row => reached(row.key)) }
}

/** So many rows further, backwards if negative, but not beyond `bound`. */
export function step(pages: Pages, from: Spot, by: number, bound: Spot): Spot {
  let { page, at } = from
  let left = Math.abs(by)
  const way = Math.sign(by)
  if (left === 0) return from
  while (left > 0 && page !== bound.page) {
    const room = way > 0 ? (pages[page]?.length ?? 0) - at : at
    if (left < room) return { page, at: at + way * left }
    left -= room
    page += way
    at = way > 0 ? 0 : (pages[page]?.length ?? 0)
  }
  if (page !== bound.page) return { page, at }
  return { page, at: way > 0 ? Math.min(bound.at, at + left) : Math.max(bound.at, at - left) }
}

export function countIn(pages: Pages, start: Spot, end: Spot): number {
  let count = end.at - start.at
  for (let page = start.page; page < end.page; page++) count += pages[page]?.length ?? 0
  return Math.max(0, count)
}

export function rowsIn(pages: Pages, start: Spot, end: Spot): Row[] {
  const rows: Row[] = []
  for (let page = start.page; page <= end.page; page++) {
    const some = pages[page]?.slice(page === start.page ? start.at : 0, page === end.page ? end.at : undefined) ?? []
    for (const row of some) rows.push(row)
  }
  return rows
}

export function draftOfPages(base: Pages): PagesDraft {
  const pages: (readonly Row[])[] = [...base]
  const own = new Set<readonly Row[]>()

  /** A page that may be changed: the one there, or a copy in its place. */
  const mine = (page: number): Row[] => {
    const rows = pages[page] ?? []
    if (own.has(rows)) return rows as Row[]
    const copy = [...rows]
    own.add(copy)
    pages[page] = copy
    return copy
  }

  const insert = ({ page, at }: Spot, row: Row): void => {
    // Behind the last row is the end of the last page.
    const isBehind = page === pages.length && page > 0
    const into = isBehind ? page - 1 : page
    const rows = mine(into)
    rows.splice(isBehind ? rows.length : at, 0, row)
    if (rows.length <= PAGE_ROWS) return
    const rest = rows.splice(rows.length >> 1)
    own.add(rest)
    pages.splice(into + 1, 0, rest)
  }

  return {
    pages,
    replace(start, end, [row]) {
      const isOne = start.page === end.page && end.at === start.at + 1
      if (isOne && row !== undefined) {
        mine(start.page)[start.at] = row
        return
      }
      for (let page = Math.min(end.page, pages.length - 1); page >= start.page; page--) {
        const from = page === start.page ? start.at : 0
        const to = page === end.page ? end.at : (pages[page]?.length ?? 0)
        if (from < to) mine(page).splice(from, to - from)
        if (pages[page]?.length === 0) pages.splice(page, 1)
      }
      if (row !== undefined) insert(start, row)
    },
  }
}

function firstIndex<T>(items: readonly T[], reached: (item: T) => boolean): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && reached(item)) high = middle
    else low = middle + 1
  }
  return low
}
