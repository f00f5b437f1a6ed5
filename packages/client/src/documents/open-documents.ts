/**
 * The documents that are open in this tab. Laws: all who open a document share one; it stays while somebody has it open or an edit of it
 * waits to be written; a document whose body is not on the device is fetched, and whoever opens it waits for that.
 */
import { JoineryError, type Code, type Engine } from '@joinery/core'
import { later } from '../later.ts'
import type { RowNews } from '../news.ts'
import { readBody, readRecord, type Place, type StoredBody } from '../replica/body.ts'
import { keys } from '../replica/layout.ts'
import { liveDocument, type LiveContext, type LiveDocument } from './live-document.ts'

export interface OpenDocuments {
  /** Shares the document, opening it if it is not. NOT_FOUND, GONE, or what fetching it failed with. */
  open(place: Place): Promise<LiveDocument>
  /** A new document, written with what `first` edits; if that throws, there is none. The caller shares it. */
  make(place: Place, kind: string, first: (live: LiveDocument) => void): LiveDocument
  /** One sharer less. */
  release(live: LiveDocument): void
  get(place: Place): LiveDocument | undefined
  /** Rows that are ahead of storage: of what was edited a moment ago and is being written. Lists show them over what is stored. */
  unsavedRows(space: string, kind: string): readonly RowNews[]
  /** Whether any edit waits to be written. */
  unsaved(): boolean
  /** Resolves when none does. */
  saved(): Promise<void>
}

interface Opened {
  sharers: number
  readonly ready: Promise<LiveDocument>
  live: LiveDocument | undefined
}

export function openDocuments(
  context: LiveContext,
  /** Whether a body that is not here can be asked for. */
  linked: () => boolean,
): OpenDocuments {
  const openedByName = new Map<string, Opened>()
  const nameOf = ({ space, document }: Place): string => `${space} ${document}`
  const { replica } = context
  const { news } = replica
  let closed = false

  const lives = (): LiveDocument[] => [...openedByName.values()].flatMap(({ live }) => live ?? [])
  const refresh = (live: LiveDocument | undefined): void => void live?.refresh()
  const get = (space: string, document: string): LiveDocument | undefined =>
    openedByName.get(nameOf({ space, document }))?.live

  news.listen({
    grown({ space, documents }) {
      for (const { document, tail } of documents) {
        const live = get(space, document)
        if (live && live.seen() < tail) refresh(live)
      }
    },
    rebuilt({ space, documents }) {
      for (const document of documents) refresh(get(space, document))
    },
    // What may have changed unnoticed.
    wake: () => lives().forEach(refresh),
    closed() {
      closed = true
      for (const live of lives()) live.close()
      openedByName.clear()
    },
  })

  const engineOf = (name: string, document: string): Engine => {
    const engine = replica.engine(name)
    if (!engine) throw new JoineryError('BAD_INPUT', { engine: name, document })
    return engine
  }

  const load = async (place: Place): Promise<LiveDocument> => {
    const read = (): Promise<StoredBody | undefined> => replica.read(tx => readBody(tx, place))
    let body = await read()
    while (!body || body.record.body === 'partial' || body.record.body === 'evicted') {
      await fetched(place, !body ? 'NOT_FOUND' : 'UNAVAILABLE')
      body = await read()
    }
    if (body.record.body === 'gone') throw new JoineryError('GONE', { document: place.document })
    const { kind, engine } = body.record
    touch(place).catch(() => undefined)
    return liveDocument(context, { ...place, kind, engine: engineOf(engine, place.document) }, body)
  }

  /** Resolves once the relay's answer about this document is stored. Offline there is nothing to wait for. */
  const fetched = async ({ space, document }: Place, offline: Code): Promise<void> => {
    const { promise, resolve, reject } = later<void>()
    const fail = (code: Code): void => reject(new JoineryError(code, { document }))
    const checkLink = (): void => {
      if (!linked()) fail(offline)
    }
    const stop = news.listen({
      grown(item) {
        if (item.space === space && item.documents.some(one => one.document === document)) resolve()
      },
      absent(item) {
        if (item.space === space && item.document === document) fail(item.code)
      },
      gone(item) {
        if (item.space === space && item.documents.includes(document)) fail('GONE')
      },
      link: checkLink,
      closed: () => fail('CLOSED'),
    })
    checkLink()
    news.tell({ type: 'wanted', space, documents: [document], urgent: true })
    await promise.finally(stop)
  }

  /** Keeps a body that is used from being the least recently used one. */
  const touch = (place: Place): Promise<void> =>
    replica.write(async tx => {
      const stored = await readRecord(tx, place)
      if (stored) tx.put('documents', keys.document(place), { ...stored, used: replica.now() })
    })

  const closeIfUnused = async (live: LiveDocument): Promise<void> => {
    while (live.unsaved()) await live.saved()
    const name = nameOf(live)
    const opened = openedByName.get(name)
    if (opened?.live !== live || opened.sharers > 0) return
    openedByName.delete(name)
    live.close()
  }

  return {
    async open(place) {
      if (closed) throw new JoineryError('CLOSED')
      const name = nameOf(place)
      let opened = openedByName.get(name)
      if (opened?.live?.gone() === true) throw new JoineryError('GONE', { document: place.document })
      if (!opened) {
        const fresh: Opened = { sharers: 0, live: undefined, ready: load(place) }
        opened = fresh
        openedByName.set(name, fresh)
        fresh.ready.then(
          live => {
            fresh.live = live
            if (closed) live.close()
            // What arrived while it was read.
            else refresh(live)
          },
          () => openedByName.delete(name),
        )
      }
      opened.sharers += 1
      news.tell({ type: 'focus', ...place })
      return opened.ready
    },
    make(place, kind, first) {
      if (closed) throw new JoineryError('CLOSED')
      const name = nameOf(place)
      const { engine } = replica.kind(kind)
      const known = openedByName.get(name)
      if (known?.live) {
        if (known.live.kind !== kind) throw new JoineryError('KIND_MISMATCH', { document: place.document })
        first(known.live)
        known.sharers += 1
        return known.live
      }
      const about = { ...place, kind, engine: engineOf(engine, place.document) }
      const live = liveDocument(context, about, undefined)
      try {
        first(live)
      } catch (error) {
        live.close()
        throw error
      }
      openedByName.set(name, { sharers: 1, live, ready: Promise.resolve(live) })
      return live
    },
    release(live) {
      const opened = openedByName.get(nameOf(live))
      if (opened?.live !== live) return
      opened.sharers -= 1
      void closeIfUnused(live)
    },
    get: ({ space, document }) => get(space, document),
    unsavedRows: (space, kind) =>
      lives()
        .filter(live => live.space === space && live.kind === kind && live.unsaved())
        .map(live => ({ document: live.document, row: live.row() ?? null })),
    // Asked after every edit, of ten thousand documents where so many are made at once: nothing is built for it.
    unsaved: () => [...openedByName.values()].some(({ live }) => live?.unsaved()),
    async saved() {
      for (const live of lives()) await live.saved()
    },
  }
}
