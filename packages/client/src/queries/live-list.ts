/**
 * A list that keeps up. Laws:
 * - It is `loading` until storage has answered and never shows `[]` before; `partial` while rows may still be missing on this device.
 * - After the first reading each changed row is put in its place; storage is read again only when a page has lost rows it had behind it.
 * - What is edited here shows at once, before it is saved.
 */
import type { RowNews } from '../news.ts'
import type { Replica } from '../replica/replica.ts'
import { idOf, type RowValue } from '../replica/shape.ts'
import type { Standing } from '../status.ts'
import type { UnsavedRows } from '../documents/unsaved-rows.ts'
import { fits, inOrder } from './condition.ts'
import { scan, type ListRequest } from './scan.ts'

export type ListState = 'loading' | 'partial' | 'complete'

export interface ListResult<Row = RowValue> {
  readonly state: ListState
  readonly rows: readonly Row[]
  /** Whether there are rows beyond the limit. */
  readonly more: boolean
}

export interface ListContext {
  readonly replica: Replica
  readonly unsaved: UnsavedRows
  readonly standing: Pick<Standing, 'complete'>
}

/** How whole a list of this space is. */
export function stateOf({ standing }: ListContext, space: string): ListState {
  return standing.complete(space) ? 'complete' : 'partial'
}

export async function readList(context: ListContext, request: ListRequest): Promise<ListResult> {
  const { rows, more } = await read(context, request)
  return { state: stateOf(context, request.space), rows, more }
}

async function read(
  { replica, unsaved }: ListContext,
  request: ListRequest,
): Promise<{ rows: RowValue[]; more: boolean }> {
  const { space, kind, limit } = request
  const ahead = unsaved.of(space, kind.name)
  const page = await replica.read(tx => scan(tx, { ...request, limit: limit + ahead.size }))
  const rows = page.rows.filter(row => !unsaved.of(space, kind.name).has(idOf(row)))
  for (const row of unsaved.of(space, kind.name).values()) place(rows, row, request)
  return { rows: rows.slice(0, limit), more: page.more || rows.length > limit }
}

/** Puts a row where it belongs, if it belongs. */
function place(rows: RowValue[], row: RowValue | undefined, request: ListRequest): void {
  if (row === undefined || !fits(row, request.conditions, request.trashed)) return
  const compare = inOrder(request.order)
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const there = rows[middle]
    if (there !== undefined && compare(there, row) < 0) low = middle + 1
    else high = middle
  }
  rows.splice(low, 0, row)
}

export function liveList(context: ListContext, request: ListRequest, tell: (result: ListResult) => void): () => void {
  const { news } = context.replica
  const { space, kind, limit } = request
  let rows: RowValue[] | undefined
  let more = false
  let reading = false
  let stale = false
  let closed = false
  let told = false
  let waiting: RowNews[] = []
  let shown: ListState = 'loading'

  const announce = (): void => {
    if (told || closed || rows === undefined) return
    told = true
    queueMicrotask(() => {
      told = false
      if (closed || rows === undefined) return
      shown = stateOf(context, space)
      tell({ state: shown, rows: [...rows], more })
    })
  }

  const readAgain = async (): Promise<void> => {
    stale = true
    if (reading) return
    reading = true
    while (stale && !closed) {
      stale = false
      waiting = []
      try {
        const page = await read(context, request)
        ;({ rows, more } = page)
        apply(waiting)
      } catch {
        // Storage says why through the status; the list stays as it is, and the next news reads again.
        break
      }
    }
    reading = false
    announce()
  }

  const apply = (changes: readonly RowNews[]): void => {
    if (rows === undefined) return
    for (const { document, row } of changes) {
      const at = rows.findIndex(one => one['id'] === document)
      if (at >= 0) rows.splice(at, 1)
      const before = rows.length
      place(rows, row ?? undefined, request)
      const added = rows.length > before
      // Beyond the page's end there are rows that are not known here: one that lands behind the last is not the next.
      if (added && more && rows.at(-1)?.['id'] === document) rows.pop()
      if (rows.length > limit) {
        rows.length = limit
        more = true
      } else if (more && rows.length < limit) {
        void readAgain()
      }
    }
  }

  const hear = (changes: readonly RowNews[]): void => {
    if (reading) waiting.push(...changes)
    else apply(changes)
    announce()
  }

  const stopNews = news.listen({
    rows(item) {
      if (item.space === space && item.kind === kind.name) hear(item.rows)
    },
    gone(item) {
      if (item.space === space) hear(item.documents.map(document => ({ document, row: null })))
    },
    wake: () => void readAgain(),
    link() {
      if (stateOf(context, space) !== shown) announce()
    },
  })
  tell({ state: 'loading', rows: [], more: false })
  void readAgain()

  return () => {
    closed = true
    stopNews()
  }
}
