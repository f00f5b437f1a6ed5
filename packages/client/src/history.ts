/** Old versions of documents: an entry of its own, since not every app shows them. They are the relay's, so it has to be in reach. */
import { isSecureUrl } from '@joinery/adapters/transport/websocket'
import { checkId, JoineryError, PERSONAL_SPACE, type EngineDocument, type Entry } from '@joinery/core'
import {
  documentBehind,
  readDocument,
  reapply,
  type Fields,
  type Kind,
  type Kinds,
  type View,
} from '@joinery/core/kinds'
import type { Client, SpaceClient } from './client.ts'
import type { Collection } from './collection.ts'
import type { Handle } from './documents/handle.ts'
import type { Receipt } from './documents/receipts.ts'
import { asking, type DocumentVersion, type Fetch, type VersionPage } from './history/asking.ts'
import { compared, shownOf, stepsOf, type Comparison, type ShownStep, type Step } from './history/comparison.ts'
import type { LinkOptions } from './options.ts'
import { replicaOf } from './replica/replica-of.ts'

export type { DocumentVersion, VersionPage } from './history/asking.ts'
export type { Comparison, FieldChange, Writers } from './history/comparison.ts'
export type { Passage } from '@joinery/core/history'

/** The relay's address and a token, as for the link. */
export interface HistoryOptions extends LinkOptions {
  /** Lets an address be used that is not encrypted and not on this machine. For tests. */
  readonly allowInsecure?: boolean
  /** The platform's own unless given. */
  readonly fetch?: Fetch
}

export interface History<K extends Kinds> {
  /** Of a document in the personal space, or in another. */
  of<N extends keyof K & string>(kind: N, id: string, space?: string): DocumentHistoryOf<K[N]>
}

export type DocumentHistoryOf<T> = T extends Kind<string, infer F, infer R> ? DocumentHistory<F, R> : never

/**
 * Everything rejects with UNAVAILABLE when the relay is not in reach; with NOT_FOUND when it has no such document or version (any more); and
 * with what else it refuses: UNAUTHENTICATED, FORBIDDEN, GONE, RATE_LIMITED, TOO_LARGE, BAD_INPUT.
 */
export interface DocumentHistory<F extends Fields = Fields, R = unknown> {
  /** A page of versions, newest first: 50 unless `limit` says otherwise, at most 200. Its `next` is the `before` of the page after it. */
  versions(page?: { readonly before?: number; readonly limit?: number }): Promise<VersionPage>
  /** The document as it was at a version. */
  read(seq: number): Promise<OldVersion<F, R>>
  /** Gives a version a name, of at most 100 characters; an empty one takes it away. */
  name(seq: number, name: string): Promise<void>
  /** What became of the document from one version (0: from nothing) to another, or to what it is here and now; and who wrote what. */
  compare(since: number, until: number | 'now'): Promise<Comparison>
  /** What each version of a page changed, by its seq. Not of the last one of a page that has a next. */
  changes(page: Pick<VersionPage, 'versions' | 'next'>): Promise<ReadonlyMap<number, Comparison>>
  /**
   * Makes the document show what it showed at a version, by new edits: what others write meanwhile stays, undo takes it back, and the version
   * before stays in the history: as a version of its own with the name `keepAs`, if that is given; otherwise, of whoever wrote a moment ago,
   * both are one. GONE, FORBIDDEN as any edit.
   */
  restore(seq: number, options?: { readonly keepAs?: string }): Promise<Receipt>
}

export interface OldVersion<F extends Fields = Fields, R = unknown> extends Disposable {
  readonly seq: number
  /** Read it before it is closed. */
  readonly view: View<F>
  /** What lists would have shown of it. */
  readonly row: R
  close(): void
}

/**
 * The history of a client's documents, asked of its relay.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { memoryStorage } from '@joinery/adapters/storage/memory'
 * import { createClient } from '@joinery/client'
 * import { historyOf } from '@joinery/client/history'
 * import { defineLibrary, note } from '@joinery/core/kinds'
 *
 * const client = await createClient({ library: defineLibrary('notes', { note }), user: 'ada', storage: memoryStorage() })
 * const { id } = client.note.create({ title: 'Shopping' })
 * const history = historyOf(client, { url: 'http://localhost:9', token: () => 'dev:ada' }).of('note', id)
 * // There is no relay there.
 * await assert.rejects(history.versions(), { code: 'UNAVAILABLE' })
 * await client.close()
 * ```
 */
export function historyOf<K extends Kinds>(client: Client<K>, options: HistoryOptions): History<K> {
  const replica = replicaOf(client)
  const fetch: Fetch = options.fetch ?? ((address, init) => globalThis.fetch(address, init))
  const address = addressOf(options)

  return {
    of<N extends keyof K & string>(kindName: N, id: string, space: string = PERSONAL_SPACE) {
      checkId('document', id)
      const kind = replica.kind(kindName)
      const ask = asking({
        address: `${address}/v1/spaces/${checkId('space', space)}/documents/${id}/history`,
        token: options.token,
        fetch,
      })

      const build = (updates: readonly Uint8Array[]): EngineDocument => {
        const doc = replica.build(kind.engine, updates)?.doc
        if (doc === undefined) throw new JoineryError('BAD_INPUT', { engine: kind.engine })
        return doc
      }

      /** Opens the document as it is here. */
      const opened = async (): Promise<Handle> => {
        const spaceClient: SpaceClient<K> = space === PERSONAL_SPACE ? client : client.space(space)
        return (spaceClient[kindName] as Collection<Fields, unknown>).open(id)
      }

      /** What the document shows after each step. */
      const walk = (doc: EngineDocument, steps: readonly Step[]): ShownStep[] =>
        steps.map(({ updates, by }) => {
          doc.applyAll(updates)
          return { shown: shownOf(kind, doc), by }
        })

      const begun = async (
        since: number,
        until: number,
      ): Promise<{ doc: EngineDocument; entries: readonly Entry[] }> => {
        const entries = since === until ? [] : await ask.changes(since, until)
        const [first] = entries
        if (since === 0) return { doc: build([]), entries }
        if (first === undefined) return { doc: build([await ask.read(since)]), entries }
        return { doc: build([first.bytes]), entries: entries.slice(1) }
      }

      const compare = async (since: number, until: number | 'now'): Promise<Comparison> => {
        const handle = until === 'now' ? await opened() : undefined
        try {
          const last = until === 'now' ? ((await ask.versions({ limit: 1 })).versions[0]?.seq ?? since) : until
          const { doc, entries } = await begun(since, last)
          const before = shownOf(kind, doc)
          const steps = walk(doc, stepsOf(entries))
          doc.close()
          if (handle === undefined) return compared(before, steps)
          const here = shownOf(kind, documentBehind(handle.view))
          return compared(before, [...steps, { shown: here, by: { subjects: [], at: replica.now() } }])
        } finally {
          handle?.close()
        }
      }

      const read = async (seq: number): Promise<OldVersion> => {
        const doc = build([await ask.read(seq)])
        const close = (): void => doc.close()
        const view = readDocument(kind, doc)
        return {
          seq,
          view,
          row: kind.row(view),
          close,
          [DISPOSE]: close,
        }
      }

      const changes = async (
        page: Pick<VersionPage, 'versions' | 'next'>,
      ): Promise<ReadonlyMap<number, Comparison>> => {
        const versions = page.versions.toReversed()
        const [oldest] = versions
        const changed = new Map<number, Comparison>()
        const newest = versions.at(-1)
        if (oldest === undefined || newest === undefined) return changed
        const since = page.next === null ? 0 : oldest.seq
        const { doc, entries } = await begun(since, newest.seq)
        let before = shownOf(kind, doc)
        for (const version of versions.filter(({ seq }) => seq > since)) {
          const steps = walk(doc, stepsOf(entries.filter(entry => isIn(version, entry))))
          changed.set(version.seq, compared(before, steps))
          before = steps.at(-1)?.shown ?? before
        }
        doc.close()
        return changed
      }

      const restore = async (seq: number, { keepAs }: { readonly keepAs?: string } = {}): Promise<Receipt> => {
        const [newest] = keepAs === undefined ? [] : (await ask.versions({ limit: 1 })).versions
        if (newest !== undefined && newest.name === null && newest.seq > seq) await ask.name(newest.seq, keepAs ?? '')
        const theirs = build([await ask.read(seq)])
        const handle = await opened()
        try {
          // Of one moment: nothing comes in between.
          const base = build([documentBehind(handle.view).encode()])
          const receipt = handle.change(draft =>
            reapply(kind, base, theirs, documentBehind(draft), replica.writeContext()),
          )
          base.close()
          return receipt
        } finally {
          theirs.close()
          handle.close()
        }
      }

      return {
        versions: (page = {}) => ask.versions(page),
        read,
        name: (seq, name) => ask.name(seq, name),
        compare,
        changes,
        restore,
      } as DocumentHistory as DocumentHistoryOf<K[N]>
    },
  }
}

/** Where the platform has no `Symbol.dispose` yet, compilers fall back to this. */
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')

function isIn({ first, seq }: DocumentVersion, entry: Entry): boolean {
  return entry.seq >= first && entry.seq <= seq
}

/** Of the relay, from the address of its links. INSECURE_URL for one that is not encrypted and not on this machine. */
function addressOf({ url, allowInsecure = false }: HistoryOptions): string {
  if (!isSecureUrl(url.replace(/^http/i, 'ws'), { allowInsecure })) throw new JoineryError('INSECURE_URL')
  return url.replace(/^ws/i, 'http').replace(/\/v1\/sync\/?$|\/$/, '')
}
