/**
 * What a store holds, a line each: the head of every log, then every document that is not gone, with a digest of it. Law:
 * two stores that give the same lines hold the same.
 */
import { hex, JoineryError, type Entry, type Store, type StoreUpkeep } from '@joinery/core'
import { createHash } from 'node:crypto'

const PAGE = 256

export type ReadableStore = Pick<Store, 'everyDocument' | 'body' | 'authors'> & Pick<StoreUpkeep, 'logs'>

export interface SpaceLine {
  readonly space: string
  readonly epoch: string
  readonly seq: number
  readonly mark: string
}

export interface DocumentLine {
  readonly space: string
  readonly document: string
  readonly entries: number
  /** Undefined when something in it cannot be read. */
  readonly digest?: string | undefined
}

export type ContentsLine = SpaceLine | DocumentLine

/** In an order that stays. */
export async function* contentsOf(store: ReadableStore): AsyncGenerator<ContentsLine> {
  for (let after = 0; ;) {
    const page = await store.logs(after, PAGE)
    for (const { space, head } of page) yield { space, epoch: head.epoch, seq: head.seq, mark: hex(head.mark) }
    const last = page.at(-1)
    if (last === undefined) break
    after = last.at
  }
  for (let after = 0; ;) {
    const page = await store.everyDocument(after, PAGE)
    for (const { space, document } of page) yield await lineOf(store, space, document)
    const last = page.at(-1)
    if (last === undefined) return
    after = last.at
  }
}

async function lineOf(store: ReadableStore, space: string, document: string): Promise<DocumentLine> {
  try {
    const body = await store.body(space, document)
    const authors = await store.authors(space, document)
    const hash = createHash('sha256')
    for (const entry of body) hashEntry(hash, entry)
    for (const { author, clock, owner } of authors.toSorted((a, b) => (a.author < b.author ? -1 : 1)))
      hash.update(JSON.stringify([author, clock, owner]))
    return { space, document, entries: body.length, digest: hash.digest('hex') }
  } catch (error) {
    const isDamage = error instanceof JoineryError && (error.code === 'QUARANTINED' || error.code === 'UNAVAILABLE')
    if (isDamage) return { space, document, entries: 0 }
    throw error
  }
}

function hashEntry(hash: ReturnType<typeof createHash>, { bytes, ...told }: Entry): void {
  const { seq, type, document, kind, engine, at, device, n, subject } = told
  hash.update(JSON.stringify([seq, type, document, kind, engine, at, device, n, subject, bytes.length]))
  hash.update(bytes)
}
