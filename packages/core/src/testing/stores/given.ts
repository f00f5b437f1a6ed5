/** What the laws of the Store port are tried with: a store that is open, and entries as they are committed. */
import { entryDigest } from '../../digest.ts'
import type { Entry } from '../../entry.ts'
import type { CommitEntry, CommittedSpace, LogPage, Outcome, Store } from '../../ports/store.ts'
import type { Law } from '../law.ts'
import { must } from '../must.ts'

/** One relay's data, empty at first. One store is open on it at a time. */
export interface StorePlace {
  open(): Store | Promise<Store>
  /** Flips bits in the bytes of a document's last entry, while no store is open. */
  damage(space: string, document: string): void | Promise<void>
}

export type MakeStorePlace = () => StorePlace | Promise<StorePlace>

interface Given {
  readonly store: Store
  readonly place: StorePlace
  /** Closes the store and opens it again. */
  reopen(): Promise<Store>
}

export function law(rule: string, title: string, check: (given: Given) => Promise<void>): Law<MakeStorePlace> {
  return {
    rule,
    title,
    async check(make) {
      const place = await make()
      let store = await place.open()
      const given = {
        store,
        place,
        async reopen() {
          await store.close()
          store = await place.open()
          return store
        },
      }
      try {
        await check(given)
      } finally {
        await store.close()
      }
    },
  }
}

interface EntryOptions extends Partial<Omit<CommitEntry, 'document' | 'n' | 'digest'>> {}

/** An update that is the same each time for the same document, n and bytes. */
export function edit(document: string, n: number, options: EntryOptions = {}): CommitEntry {
  const entry = {
    type: 'update' as const,
    document,
    kind: 'note',
    engine: 'yjs',
    at: 1_700_000_000_000 + n,
    device: 'phone',
    n,
    subject: 'ann',
    basedOn: 0,
    bytes: bytesOf(10, n),
    authors: [],
    ...options,
  }
  return { ...entry, digest: entryDigest(entry) }
}

export function tombstone(document: string, n: number, options: EntryOptions = {}): CommitEntry {
  return edit(document, n, { type: 'tombstone', bytes: bytesOf(0), ...options })
}

/** Space `a`: x at 1, 3, 5, 6 and y at 2, 4, 7, all of 10 bytes. */
export async function grow(store: Store): Promise<void> {
  await commit(store, 'a', [edit('x', 1), edit('y', 2), edit('x', 3), edit('y', 4), edit('x', 5)])
  await commit(store, 'a', [edit('x', 6, { basedOn: 5 }), edit('y', 7, { basedOn: 4 })])
}

export async function commit(store: Store, space: string, entries: readonly CommitEntry[]): Promise<CommittedSpace> {
  const [committed] = await store.commit([{ space, entries }])
  must(committed?.space === space && committed.outcomes.length === entries.length, 'an outcome for each entry')
  return committed
}

export function outcomesOf({ outcomes }: CommittedSpace): readonly Outcome[] {
  return outcomes
}

export function seqsOf({ outcomes }: CommittedSpace): (number | undefined)[] {
  return outcomes.map(outcome => (outcome.outcome === 'written' ? outcome.seq : undefined))
}

export async function pagesOf(store: Store, space: string, after: number, maxBytes: number): Promise<LogPage[]> {
  const pages: LogPage[] = []
  let seq = after
  for (let end = false; !end;) {
    const page = await store.read(space, seq, maxBytes)
    pages.push(page)
    must(page.end || page.seq > seq, 'a page gets on')
    ;({ seq, end } = page)
  }
  return pages
}

export async function everything(store: Store, space: string, after = 0): Promise<Entry[]> {
  return (await pagesOf(store, space, after, 64)).flatMap(({ entries }) => entries)
}

export function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) & 255)
}

export function counting(to: number): number[] {
  return Array.from({ length: to }, (_, i) => i + 1)
}

export function sortedBy<T>(list: readonly T[], name: keyof T): T[] {
  return [...list].sort((a, b) => (String(a[name]) < String(b[name]) ? -1 : 1))
}
