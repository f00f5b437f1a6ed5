/**
 * What the gate judges against: documents' heads and authors, read from the store and kept for as long as there is room. Laws:
 * - T5: what is queued shows in a `draft` and nowhere else, until it is committed; after a failed commit what is new is read here.
 * - What is kept is a document as it was at its head, or a little later: a commit moves it on only from where that commit began, and what
 *   moved while it was read is read on. So what is missing from it shows in its head, and is read before anything is refused.
 * - A document that cannot be read rejects; it is never taken for an empty one (S3).
 * - Of one that another node moved only what is new is read: who reads all of a long one again meanwhile is overtaken again, and never writes.
 */
import type { AuthorHead, Code, CommitEntry, DocumentHead, HeadAndAuthors, Store } from '@joinery/core'
import { boundedMap } from './bounded-map.ts'
import type { Held } from './gate/gate.ts'
import type { Soon } from './soon.ts'

export interface HeldDocument {
  /** Undefined while nothing of it is stored. */
  head: DocumentHead | undefined
  readonly authors: Map<string, AuthorHead>
  /** Whether something of it may have moved that is not here. */
  isBehind: boolean
}

/** A document with what a batch would add to it. */
export interface Draft extends Held {
  /** Head seq that everything of this batch was judged against. */
  readonly basedOn: number
  readonly kind: string | undefined
  readonly engine: string | undefined
  readonly gone: boolean
  readonly bytes: number
  readonly quarantined: Code | undefined
  /** Whether anything was added to what is stored. */
  readonly dirty: boolean
  /** How many authors there are. */
  readonly authors: number
  add(entry: CommitEntry): void
}

export interface Heads {
  /** At once when it is kept. */
  load(space: string, document: string): Soon<HeldDocument>
  forget(space: string, document: string): void
  /** Another node wrote, or it was folded: what is new is read before anything is judged on this again. */
  moved(space: string, document: string): void
  /**
   * Whether the store is elsewhere than what was judged on: further when another node wrote or it was folded, and not so far when it was put
   * back under this process. Then it has `moved`.
   */
  isBehind(space: string, document: string, judged: Pick<Draft, 'basedOn' | 'bytes' | 'quarantined'>): Promise<boolean>
  /** An entry that was written at `seq`, right behind `before`, of which it is the document's next. */
  committed(space: string, entry: CommitEntry, seq: number, before: number): void
}

/** Whether a document that is being read moved since that began. */
interface Overtaken {
  isBehind: boolean
}

/** Shared by all who ask for the document meanwhile. */
interface Reading {
  readonly overtaken: Overtaken
  readonly held: Promise<HeldDocument>
}

/** CR-07: engines tell an author's every edit by all authors there are; from here on that shows. */
const CROWD = 10_000

export function createHeads(
  store: Pick<Store, 'document' | 'authors' | 'headAndAuthors'>,
  maxAuthors: number,
  crowded: (space: string, document: string, authors: number) => void = () => undefined,
): Heads {
  const cache = boundedMap<HeldDocument>(maxAuthors)
  const keep = (key: string, held: HeldDocument): void => cache.set(key, held, 1 + held.authors.size)
  const readings = new Map<string, Reading>()
  const begin = (key: string, work: (overtaken: Overtaken) => Promise<HeldDocument>): Promise<HeldDocument> => {
    const overtaken = { isBehind: false }
    const held = work(overtaken).finally(() => readings.delete(key))
    readings.set(key, { overtaken, held })
    return held
  }
  const headAndAuthors = async (space: string, document: string): Promise<HeadAndAuthors> => {
    if (store.headAndAuthors !== undefined) return store.headAndAuthors(space, document)
    // The head first: authors that are ahead of it make a commit stale, and it is judged again; behind it they would make an edit a GAP.
    const head = await store.document(space, document)
    return { head, authors: await store.authors(space, document) }
  }
  const read = async (space: string, document: string, overtaken: Overtaken): Promise<HeldDocument> => {
    overtaken.isBehind = false
    const { head, authors } = await headAndAuthors(space, document)
    const held = {
      head,
      authors: new Map(authors.map(author => [author.author, author])),
      isBehind: overtaken.isBehind,
    }
    keep(keyOf(space, document), held)
    return held
  }
  const readOn = async (
    space: string,
    document: string,
    held: HeldDocument,
    overtaken: Overtaken,
  ): Promise<HeldDocument> => {
    const key = keyOf(space, document)
    const from = held.head
    const head = await store.document(space, document)
    if (!isSound(from) || !isSound(head) || head.seq < from.seq) return read(space, document, overtaken)
    const moved = await store.authors(space, document, from.seq)
    if (cache.get(key) !== held) return read(space, document, overtaken)
    // What was committed here meanwhile is further.
    if (held.head !== undefined && head.seq < held.head.seq) return held
    held.head = head
    for (const author of moved) held.authors.set(author.author, author)
    held.isBehind = overtaken.isBehind
    keep(key, held)
    return held
  }
  const overtake = (key: string): void => {
    const reading = readings.get(key)
    if (reading !== undefined) reading.overtaken.isBehind = true
  }
  const moved = (key: string): void => {
    overtake(key)
    const held = cache.get(key)
    if (held !== undefined) held.isBehind = true
  }
  const load = (space: string, document: string): Soon<HeldDocument> => {
    const key = keyOf(space, document)
    const held = cache.get(key)
    if (held?.isBehind === false) return held
    const known = readings.get(key)
    if (known === undefined) {
      return begin(key, overtaken =>
        held === undefined ? read(space, document, overtaken) : readOn(space, document, held, overtaken),
      )
    }
    if (!known.overtaken.isBehind) return known.held
    // What it began with is older than what is asked for.
    const again = (): Soon<HeldDocument> => load(space, document)
    return known.held.then(again, again)
  }
  return {
    load,
    forget(space, document) {
      const key = keyOf(space, document)
      moved(key)
      cache.delete(key)
    },
    moved: (space, document) => moved(keyOf(space, document)),
    async isBehind(space, document, { basedOn, bytes, quarantined }) {
      // Not what is kept now: a refusal of the same batch may have made that forgotten.
      const head = await store.document(space, document)
      const isSame = (head?.seq ?? 0) === basedOn && (head?.bytes ?? 0) === bytes
      if (isSame && head?.quarantined === quarantined) return false
      moved(keyOf(space, document))
      return true
    },
    committed(space, entry, seq, before) {
      const key = keyOf(space, entry.document)
      const held = cache.get(key)
      if (held === undefined || (held.head?.seq ?? 0) !== before) {
        moved(key)
        return
      }
      const { document, kind, engine } = entry
      const gone = entry.type === 'tombstone'
      held.head = {
        document,
        kind,
        engine,
        firstSeq: held.head?.firstSeq ?? seq,
        seq,
        state: gone ? 'gone' : 'live',
        bytes: gone ? 0 : (held.head?.bytes ?? 0) + entry.bytes.length,
        quarantined: held.head?.quarantined,
      }
      // It may have been read before this.
      overtake(key)
      const crowd = held.authors.size
      for (const author of entry.authors) held.authors.set(author.author, author)
      if (crowd < CROWD && held.authors.size >= CROWD) crowded(space, document, held.authors.size)
      keep(key, held)
    },
  }
}

/** Of what is gone, or damaged, nothing that is kept says how it goes on. */
function isSound(head: DocumentHead | undefined): head is DocumentHead {
  return head?.state === 'live' && head.quarantined === undefined
}

export function draftOf({ head, authors }: HeldDocument): Draft {
  const moved = new Map<string, AuthorHead>()
  let kind = head?.kind
  let engine = head?.engine
  let gone = head?.state === 'gone'
  let bytes = head?.bytes ?? 0
  let dirty = false
  let count = authors.size
  return {
    basedOn: head?.seq ?? 0,
    quarantined: head?.quarantined,
    get kind() {
      return kind
    },
    get engine() {
      return engine
    },
    get gone() {
      return gone
    },
    get bytes() {
      return bytes
    },
    get dirty() {
      return dirty
    },
    get authors() {
      return count
    },
    author: id => moved.get(id) ?? authors.get(id),
    add(entry) {
      dirty = true
      kind ??= entry.kind
      engine ??= entry.engine
      if (entry.type === 'tombstone') gone = true
      bytes += entry.bytes.length
      for (const author of entry.authors) {
        if (!moved.has(author.author) && !authors.has(author.author)) count += 1
        moved.set(author.author, author)
      }
    },
  }
}

export function keyOf(space: string, document: string): string {
  return `${space}/${document}`
}
