// What is durable, read beside the running relay: the log line by line, and each document as its entries make it.
import {
  canonical,
  type Engine,
  type EngineDocument,
  type Entry,
  type Plain,
  type Random,
  type Store,
} from '@joinery/core'
import { readDocument } from '@joinery/core/kinds'
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import { Broken, type Edit } from './journal.ts'
import { library } from './library.ts'

const ENGINES: Readonly<Record<string, Engine>> = { yjs, automerge }
const EVERYTHING = 1 << 30

export interface StoredDocument {
  /** Of its last entry. */
  readonly seq: number
  readonly document: string
  readonly kind: 'paper' | 'card'
  readonly state: 'live' | 'gone'
  readonly content: Plain
  /** Whether some of it waits for what is not there. */
  readonly waiting: boolean
  readonly digest: string
  /** The digest of the same entries, applied in another order. */
  readonly digestShuffled: string
}

/** The whole log of a space, as a reader from the beginning gets it. */
export async function logOf(store: Store, space: string): Promise<readonly Entry[]> {
  if ((await store.head(space)) === undefined) return []
  return (await store.read(space, 0, EVERYTHING)).entries
}

/** The documents of a space. After a loss one may wait for what a device brings back: in the end none does. */
export async function documentsOf(
  store: Store,
  space: string,
  random: Random,
  isEnd = true,
): Promise<StoredDocument[]> {
  const documents: StoredDocument[] = []
  for (const { document, kind, engine, state, seq } of await store.documents(
    space,
    Number.MAX_SAFE_INTEGER,
    EVERYTHING,
  )) {
    if (kind !== 'paper' && kind !== 'card') throw new Error(`a document of kind ${kind}`)
    const updates = (await store.body(space, document))
      .filter(({ type }) => type !== 'tombstone')
      .map(({ bytes }) => bytes)
    const [inOrder, shuffled] = [updates, shuffle(updates, random)].map(all => replay(engine, all, isEnd)) as [
      EngineDocument,
      EngineDocument,
    ]
    documents.push({
      seq,
      document,
      kind,
      state,
      content: contentOf(kind, inOrder),
      waiting: inOrder.waiting(),
      digest: inOrder.digest(),
      digestShuffled: shuffled.digest(),
    })
    inOrder.close()
    shuffled.close()
  }
  return documents
}

/** The documents of a space as they are in the midst of a history. */
export async function documentsById(
  store: Store,
  space: string,
  random: Random,
): Promise<ReadonlyMap<string, StoredDocument>> {
  return new Map((await documentsOf(store, space, random, false)).map(one => [one.document, one]))
}

/** Whether an edit shows in its document. */
export function holds(stored: ReadonlyMap<string, StoredDocument>, { document, token }: Edit): boolean {
  const content = stored.get(document)?.content
  return content !== undefined && canonical(content).includes(token)
}

/** What a person sees of what these updates make. */
export function contentFrom(kind: 'paper' | 'card', engine: string, updates: readonly Uint8Array[]): Plain {
  const doc = replay(engine, updates, false)
  const content = contentOf(kind, doc)
  doc.close()
  return content
}

/** What a person sees of a document. */
function contentOf(kind: 'paper' | 'card', doc: EngineDocument): Plain {
  return shown(readDocument(library.kinds[kind], doc))
}

type PaperView = ReturnType<typeof readDocument<(typeof library)['kinds']['paper']['fields']>>

/** The fields that a person sees, as plain data. */
export function shown(view: Pick<PaperView, 'title' | 'done' | 'body' | 'tags' | 'steps' | 'visits'>): Plain {
  return {
    title: view.title,
    done: view.done,
    body: view.body.toString(),
    tags: [...view.tags].sort(),
    steps: view.steps.map(({ value }) => value),
    visits: view.visits,
  }
}

function replay(engine: string, updates: readonly Uint8Array[], isEnd: boolean): EngineDocument {
  const port = ENGINES[engine]
  if (port === undefined) throw new Error(`no engine ${engine}`)
  const doc = port.open(port.name === 'yjs' ? '1' : '00'.repeat(16))
  doc.applyAll(updates)
  if (isEnd && doc.waiting()) throw new Broken('I12', `a document of ${engine} holds an update that waits for another`)
  return doc
}

function shuffle<T>(list: readonly T[], random: Random): T[] {
  return list
    .map(item => ({ item, at: random.number() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
