/**
 * A list that keeps up. Laws:
 * - It is `loading` until storage has answered and never shows `[]` before; `partial` while rows may still be missing on this device.
 * - After the first reading each changed row is put in its place; storage is read again only when a page has lost rows it had behind it, or
 *   words are looked for, which rows do not hold.
 * - What is edited here shows at once, before it is saved.
 */
import type { OpenDocuments } from '../documents/open-documents.ts'
import type { RowNews } from '../news.ts'
import { repeated } from '../repeated.ts'
import type { Replica } from '../replica/replica.ts'
import { idOf, type RowValue } from '../replica/row.ts'
import { signal } from '../signal.ts'
import type { Standing } from '../status.ts'
import { fits, inOrder } from './condition.ts'
import { pageOf, scan, type ListRequest, type Page } from './scan.ts'

export type ListState = 'loading' | 'partial' | 'complete'

export interface ListResult<Row = RowValue> {
  readonly state: ListState
  readonly rows: readonly Row[]
  /** Whether there are rows beyond the limit. */
  readonly more: boolean
}

export interface ListContext {
  readonly replica: Replica
  readonly documents: Pick<OpenDocuments, 'unsavedRows'>
  readonly standing: Pick<Standing, 'complete'>
  /** Resolves when what was edited here can be found by its words. */
  indexed(): Promise<void>
}

export async function readList(context: ListContext, request: ListRequest): Promise<ListResult> {
  return resultOf(context, request, await read(context, request))
}

function resultOf({ standing }: ListContext, { space }: ListRequest, page: Page): ListResult {
  return { state: standing.complete(space) ? 'complete' : 'partial', ...page }
}

async function read({ replica, documents, indexed }: ListContext, request: ListRequest): Promise<Page> {
  const { space, kind, question, limit } = request
  if (question !== undefined) await indexed()
  const ahead = question === undefined ? documents.unsavedRows(space, kind.name) : []
  const page = await replica.read(tx => scan(tx, { ...request, limit: limit + ahead.length }))
  return changed(page, ahead, request)
}

/** The page after these changes, with each row in its place, if it has one there. */
function changed({ rows, more }: Page, changes: readonly RowNews[], request: ListRequest): Page {
  const rowsById = new Map(changes.map(({ document, row }) => [document, row]))
  const fresh = [...rowsById.values()].filter(row => row !== null && fits(row, request.conditions)) as RowValue[]
  const page = pageOf([...rows.filter(row => !rowsById.has(idOf(row))), ...fresh], request)
  // Beyond the end of a page there are rows that are not known here: one that lands there is not the next.
  const end = more ? rows.at(-1) : undefined
  const compare = inOrder(request.order)
  return { rows: page.rows.filter(row => !end || compare(row, end) <= 0), more: more || page.more }
}

export function liveList(
  context: ListContext,
  request: ListRequest,
  listener: (result: ListResult) => void,
): () => void {
  const { space, kind, question, limit } = request
  const shown = signal<ListResult>()
  let page: Page | undefined
  let stale = false
  let waiting: RowNews[] = []
  let state: ListState = 'loading'

  const keepUp = repeated(async () => {
    if (stale || !page) {
      stale = false
      waiting = []
      page = await read(context, request)
    } else if (waiting.length === 0 && resultOf(context, request, page).state === state) return
    page = changed(page, waiting, request)
    waiting = []
    if (page.more && page.rows.length < limit) readAgain()
    const result = resultOf(context, request, page)
    ;({ state } = result)
    shown.emit(result)
  })

  const readAgain = (): void => {
    stale = true
    void keepUp()
  }

  const hear = (news: { readonly space: string; readonly kind: string; readonly rows?: readonly RowNews[] }): void => {
    if (news.space !== space || news.kind !== kind.name) return
    if (question !== undefined) return readAgain()
    waiting.push(...(news.rows ?? []))
    void keepUp()
  }

  const stops = [
    shown.listen(listener),
    context.replica.news.listen({
      rows: hear,
      words: hear,
      wake: readAgain,
      link: keepUp,
    }),
  ]
  shown.emit({ state, rows: [], more: false })
  void keepUp()
  return () => stops.forEach(stop => stop())
}
