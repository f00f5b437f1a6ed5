/**
 * Answers `fetch`: bodies of documents, one, or a page of them, newest first (R2). Laws:
 * - One document that cannot be read is refused alone, and the page goes on without it (T4).
 * - A page is bounded by its bytes; a document that is larger comes alone.
 * - A document of more entries than a message holds comes as one, joined by its bytes; one that cannot be joined waits until it is
 *   folded: UNAVAILABLE, and for a page all of the page from there.
 */
import { JoineryError, type Entry, type Store } from '@joinery/core'
import { LIST_ITEMS, type RelayMessage } from '@joinery/core/protocol'
import type { RelayLimits } from './limits.ts'
import type { States } from './state/states.ts'

/** The state vector of who has nothing. */
const NOBODY = new Uint8Array([0])
/** As many heads as are looked at for one page. */
const PAGE_DOCUMENTS = 256
/** Folding begins when a document is quiet for this long, and takes about as long. */
const FOLDED_MS = 5_000

export interface BodiesOptions {
  readonly store: Pick<Store, 'body' | 'documents'>
  readonly limits: Pick<RelayLimits, 'pageBytes'>
  readonly states: Pick<States, 'at'>
}

/** The messages that answer; rejects when the store does. */
export async function bodiesFor(
  options: BodiesOptions,
  space: string,
  document: string | undefined,
  before: number,
): Promise<RelayMessage[]> {
  const { store, limits } = options
  if (document !== undefined) {
    const entries = await bodyOf(options, space, document)
    if (!Array.isArray(entries)) return [refusedBody(space, document, entries)]
    if (entries.length > LIST_ITEMS) return [unfolded(space, document)]
    return [{ type: 'bodies', space, document, entries, next: 0 }]
  }
  const heads = await store.documents(space, before === 0 ? Number.MAX_SAFE_INTEGER : before, PAGE_DOCUMENTS)
  const answers: RelayMessage[] = []
  const page: Entry[] = []
  let bytes = 0
  let next = 0
  for (const [at, head] of heads.entries()) {
    if (bytes > 0 && bytes + head.bytes > limits.pageBytes) break
    const entries = await bodyOf(options, space, head.document)
    if (Array.isArray(entries) && page.length + entries.length > LIST_ITEMS) {
      if (at === 0) return [unfolded(space, undefined)]
      break
    }
    if (Array.isArray(entries)) {
      page.push(...entries)
      for (const entry of entries) bytes += entry.bytes.length
    } else answers.push(refusedBody(space, head.document, entries))
    next = at === heads.length - 1 && heads.length < PAGE_DOCUMENTS ? 0 : head.seq
  }
  return [...answers, { type: 'bodies', space, document: undefined, entries: page, next }]
}

async function bodyOf(
  { store, states }: BodiesOptions,
  space: string,
  document: string,
): Promise<Entry[] | JoineryError> {
  try {
    const entries = (await store.body(space, document)).filter(({ type }) => type !== 'void')
    const last = entries.at(-1)
    if (last?.engine !== 'yjs' || entries.length <= LIST_ITEMS) return entries
    const state = await states.at(space, document)
    // What came since may be in it, and comes again: no harm to who reads on from his cursor.
    return [{ ...last, type: 'snapshot', bytes: await state.missing(NOBODY) }]
  } catch (error) {
    if (error instanceof JoineryError && error.code === 'QUARANTINED') return error
    throw error
  }
}

function refusedBody(space: string, document: string, error: JoineryError): RelayMessage {
  return { type: 'refused', space, document, n: undefined, code: error.code, retryAfter: 60_000 }
}

function unfolded(space: string, document: string | undefined): RelayMessage {
  return { type: 'refused', space, document, n: undefined, code: 'UNAVAILABLE', retryAfter: FOLDED_MS }
}
