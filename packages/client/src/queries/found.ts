/** A search, once or for as long as somebody looks at it. */
import type { AnyKind } from '@joinery/core/kinds'
import { stateOf, type ListContext, type ListResult } from './live-list.ts'
import { search } from './search.ts'

export interface Found<Row> {
  limit(count: number): Found<Row>
  get(): Promise<ListResult<Row>>
  /** Calls at once with `loading`, then with what is found, and again when that changes. Returns what stops it. */
  subscribe(listener: (result: ListResult<Row>) => void): () => void
}

export interface SearchContext extends ListContext {
  indexed(): Promise<void>
}

/** As many as a person looks through. */
const LIMIT = 100

export function foundBy<Row>(
  context: SearchContext,
  space: string,
  kind: AnyKind,
  question: string,
  limit = LIMIT,
): Found<Row> {
  const { replica } = context
  const get = async (): Promise<ListResult<Row>> => {
    await context.indexed()
    const { rows, more } = await replica.read(tx => search(tx, space, kind.name, question, limit))
    return { state: stateOf(context, space), rows: rows as unknown as Row[], more }
  }
  return {
    limit: count => foundBy(context, space, kind, question, Math.max(0, Math.floor(count))),
    get,
    subscribe(listener) {
      let closed = false
      let looking = false
      let again = false
      const look = async (): Promise<void> => {
        again = true
        if (looking) return
        looking = true
        while (again && !closed) {
          again = false
          const result = await get().catch(() => undefined)
          if (!closed && result !== undefined) listener(result)
        }
        looking = false
      }
      const hear = (news: { readonly space: string; readonly kind: string }): void => {
        if (news.space === space && news.kind === kind.name) void look()
      }
      const stop = replica.news.listen({ rows: hear, words: hear })
      listener({ state: 'loading', rows: [], more: false })
      void look()
      return () => {
        closed = true
        stop()
      }
    },
  }
}
