/** Taking over what y-indexeddb kept in this browser: an entry of its own, since few apps need it, and those once. */
import { yIndexedDb } from '@joinery/adapters/import/y-indexeddb'
import { checkId, documentOfRoom, JoineryError, PERSONAL_SPACE } from '@joinery/core'
import type { Kinds } from '@joinery/core/kinds'
import { adopt, isAdopted } from './adopt/adopt.ts'
import { ENGINE, readOld } from './adopt/old-document.ts'
import type { Client } from './client.ts'
import { readRecord } from './replica/body.ts'
import { replicaOf } from './replica/replica-of.ts'

export interface AdoptOptions<K extends Kinds> {
  /** What y-indexeddb was given as its name. */
  readonly database: string
  readonly as: {
    /** A kind of the library whose engine is Yjs. Its fields name the roots of the old document, by their own names or by an `alias`. */
    readonly kind: keyof K & string
    /** The document; by default the one that a room of the database's name is at the relay's door. */
    readonly id?: string
    /** The personal space by default. */
    readonly space?: string
  }
  /** Deletes the old database once the relay has all that was in it. Let the app that wrote it close it first. */
  readonly remove?: boolean
  /** The browser's own unless given. */
  readonly platform?: { readonly indexedDB?: IDBFactory }
}

export interface Adopted {
  readonly id: string
  /** Whether there was such a database with something in it. If not, nothing was made. */
  readonly found: boolean
  /** False when something in it cannot be read or waits for what is not there: it stays in the old database. */
  readonly whole: boolean
  /** Resolves when the relay has it. Rejects with the code that it is refused with, or CLOSED. */
  readonly acked: Promise<void>
  /** Resolves, after that, to whether the old database was removed. */
  readonly removed: Promise<boolean>
}

/**
 * Puts what y-indexeddb keeps under a name into a document of this client, and resolves when it is `saved`. Call it at each start for as
 * long as the old database is there: what is adopted already is not adopted again, on whatever device.
 *
 * Rejects with BAD_INPUT (no such kind, or another program's database), KIND_MISMATCH and GONE (of the document that it is to go into),
 * UNAVAILABLE (that document is not on this device now), or what the gate refuses it with (`TOO_LARGE`, …); the old database stays as it is.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { memoryStorage } from '@joinery/adapters/storage/memory'
 * import { createClient } from '@joinery/client'
 * import { adoptYIndexedDb } from '@joinery/client/adopt'
 * import { defineKind, defineLibrary, richText } from '@joinery/core/kinds'
 * import 'fake-indexeddb/auto'
 * import { IndexeddbPersistence } from 'y-indexeddb'
 * import * as Y from 'yjs'
 *
 * const old = new Y.Doc()
 * const persistence = new IndexeddbPersistence('my-doc', old)
 * await persistence.whenSynced
 * old.getXmlFragment('prosemirror').insert(0, [new Y.XmlText('hello')])
 * await persistence.destroy()
 *
 * // The editor's root is a field here, by the name that it has there.
 * const page = defineKind('page', { version: 1, fields: { body: richText() }, alias: { prosemirror: 'body' } })
 * const library = defineLibrary('pages', { page })
 * const client = await createClient({ library, user: 'ada', storage: memoryStorage() })
 * const { id, found } = await adoptYIndexedDb(client, { database: 'my-doc', as: { kind: 'page' } })
 * assert.ok(found)
 * using opened = await client.page.open(id)
 * assert.equal(opened.view.body.toString(), 'hello')
 * await client.close()
 * ```
 */
export async function adoptYIndexedDb<K extends Kinds>(client: Client<K>, options: AdoptOptions<K>): Promise<Adopted> {
  const { database, as, remove = false, platform } = options
  const replica = replicaOf(client)
  const old = yIndexedDb(platform === undefined ? { database } : { database, platform })
  const place = {
    kind: as.kind,
    space: checkId('space', as.space ?? PERSONAL_SPACE),
    document: checkId('document', as.id ?? documentOfRoom(database)),
  }
  const id = place.document
  if (replica.kind(as.kind).engine !== ENGINE)
    throw new JoineryError('BAD_INPUT', { kind: as.kind, rule: 'engine yjs' })

  const adoptNow = async (): Promise<{ readonly acked: Promise<void>; readonly whole: boolean } | undefined> => {
    const rows = await old.read()
    const read = rows && readOld(replica, rows)
    if (read === undefined) return undefined
    if (await isAdopted(replica, place, read.update)) return { acked: Promise.resolve(), whole: read.isWhole }
    await fetched()
    return { ...(await adopt(replica, place, read.update)), whole: read.isWhole }
  }

  /** A body that the relay has and this device has not is asked for first: what is adopted is what it lacks. */
  const fetched = async (): Promise<void> => {
    const stored = await replica.read(tx => readRecord(tx, place))
    if (stored?.body !== 'partial' && stored?.body !== 'evicted') return
    const space = place.space === PERSONAL_SPACE ? client : client.space(place.space)
    const opened = await space[as.kind]?.open(id)
    opened?.close()
  }

  /** What was written there meanwhile goes the same way, before it is removed. */
  const removeWhenAcked = async (adopted: { readonly acked: Promise<void>; readonly whole: boolean }) => {
    await adopted.acked
    if (!remove || !adopted.whole) return false
    const again = await adoptNow()
    await again?.acked
    if (again?.whole === false) return false
    await old.remove()
    return true
  }

  const adopted = await adoptNow()
  if (adopted === undefined) {
    return { id, found: false, whole: true, acked: Promise.resolve(), removed: Promise.resolve(false) }
  }
  const removed = removeWhenAcked(adopted)
  removed.catch(() => undefined)
  return { id, found: true, whole: adopted.whole, acked: adopted.acked, removed }
}
