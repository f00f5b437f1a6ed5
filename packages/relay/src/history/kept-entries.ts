/**
 * The entries of a document as they were written, past and present. Law: a fold or a forgetting under the reader's feet takes nothing out of
 * what is read: the present is read first, and what has become past meanwhile is in the past.
 */
import { JoineryError, type Entry, type Store } from '@joinery/core'

const PAGE_BYTES = 1_048_576

export type KeptStore = Pick<Store, 'body' | 'past'>

/** Those with seq in (after, upTo], oldest first. TOO_LARGE when they are more bytes than `most`. */
export async function keptEntries(
  store: KeptStore,
  { space, document }: { readonly space: string; readonly document: string },
  { after, upTo, most }: { readonly after: number; readonly upTo: number; readonly most: number },
): Promise<Entry[]> {
  const present = await store.body(space, document)
  const past = await pastEntries(store, { space, document }, { after, upTo, most })
  // What a snapshot stands for is read one by one, where it is kept.
  const last = past.at(-1)?.seq ?? after
  const entries = [...past, ...present.filter(({ seq }) => seq > last && seq <= upTo)]
  if (entries.reduce((sum, { bytes }) => sum + bytes.length, 0) > most)
    throw new JoineryError('TOO_LARGE', { document })
  return entries
}

/** Of the past alone. Ends early, behind an entry, when there are more bytes than `most`. */
export async function pastEntries(
  store: Pick<Store, 'past'>,
  { space, document }: { readonly space: string; readonly document: string },
  { after, upTo, most }: { readonly after: number; readonly upTo: number; readonly most: number },
): Promise<Entry[]> {
  const entries: Entry[] = []
  let bytes = 0
  for (let from = after; from < upTo && bytes <= most;) {
    const page = await store.past(space, document, from, PAGE_BYTES)
    if (page.length === 0) break
    for (const entry of page) {
      from = entry.seq
      if (entry.seq > upTo) break
      entries.push(entry)
      bytes += entry.bytes.length
    }
  }
  return entries
}

/** Whether an entry says something of the document. */
export function isContent({ type, bytes }: Pick<Entry, 'type' | 'bytes'>): boolean {
  return (type === 'update' || type === 'snapshot') && bytes.length > 0
}
