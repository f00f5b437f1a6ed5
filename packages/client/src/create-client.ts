/** The client, put together. Everything it is made of comes in with the options. */
import { checkId, PERSONAL_SPACE } from '@joinery/core'
import type { Kinds } from '@joinery/core/kinds'
import type { Client, Collections, SpaceClient } from './client.ts'
import { collectionOf, type CollectionContext } from './collection.ts'
import { openDocuments } from './documents/open-documents.ts'
import { ledger } from './documents/receipts.ts'
import { eventDesk } from './events.ts'
import { link } from './link/link.ts'
import { newsDesk } from './news.ts'
import { openStorage } from './open-storage.ts'
import type { BaseOptions, LinkOptions } from './options.ts'
import { presenceDesk } from './presence.ts'
import { later } from './later.ts'
import { freshId } from './replica/fresh-id.ts'
import { followKinds } from './replica/kind-versions.ts'
import { projector } from './replica/projector.ts'
import { replicaOn } from './replica/replica.ts'
import type { Inside } from './replica/replica-of.ts'
import { writer } from './replica/writer.ts'
import { shelfOf } from './shelf.ts'
import { standing } from './status.ts'
import { syncNow } from './sync-now.ts'
import { trashOf, type TrashContext } from './trash.ts'

const CLOSE_MS = 10_000
/** 400 MB, as phones let a page have without asking. */
const EVICT_ABOVE = 400_000_000

/**
 * A client on this device. It works at once, offline and without any relay; with `url` and `token` it keeps in step with one. BAD_INPUT;
 * STORAGE_UNAVAILABLE when storage cannot be opened and there is no `fallbackStorage`;
 * VERSION when a newer app keeps the library in a form that this one does not know.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { createClient } from '@joinery/client/base'
 * import { defineLibrary, folder, note } from '@joinery/core/kinds'
 * import { seededRandom, virtualClock, virtualNetwork } from '@joinery/core/testing'
 * import { memoryStorage } from '@joinery/adapters/storage/memory'
 * import { memoryTabs } from '@joinery/adapters/tabs/memory'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const clock = virtualClock()
 * const random = seededRandom(1)
 * const client = await createClient({
 *   library: defineLibrary('notes', { note, folder }),
 *   user: 'ada',
 *   engines: [yjs],
 *   storage: memoryStorage(),
 *   tabs: memoryTabs().open(),
 *   transport: virtualNetwork({ clock, random }).transport('laptop'),
 *   clock,
 *   random,
 * })
 * const { id, saved } = client.note.create({ title: 'Shopping' })
 * await saved
 * const { rows } = await client.note.where({ pinned: false }).orderBy('updatedAt', 'desc').limit(20).get()
 * assert.deepEqual(rows.map(row => row.title), ['Shopping'])
 * const handle = await client.note.open(id)
 * handle.change(draft => draft.tags.add('home'))
 * handle.close()
 * await client.close()
 * ```
 */
export async function createClient<K extends Kinds>(options: BaseOptions<K>): Promise<Client<K>> {
  const { library, clock, random, surroundings } = options
  const name = `${library.name}/${options.user}`
  const spaces = new Set((options.spaces ?? [PERSONAL_SPACE]).map(space => checkId('space', space)))
  const marker = typeof options.marker === 'function' ? options.marker(name) : options.marker
  const { storage, degraded, identity } = await openStorage(options, name, marker)
  const tab = freshId(random)
  const tabs = typeof options.tabs === 'function' ? options.tabs(name) : options.tabs
  const news = newsDesk(tabs)
  const events = eventDesk(news)
  const writes = writer(storage, clock, news)
  const replica = replicaOn({ ...options, ...identity, storage, writer: writes, news })
  await followKinds(replica, library)

  let linked = options.url !== undefined
  const background = projector(replica, () => network.refresh())
  const receipts = ledger(news)
  const documents = openDocuments({ replica, receipts }, () => status.reachable())
  const status = standing({ replica, spaces, degraded, linked: () => linked, unsaved: () => documents.unsaved() })
  await status.refresh()
  const presence = presenceDesk(news, tab)
  const network = link({
    replica,
    background,
    presence,
    tabs,
    spaces,
    transport: options.transport,
    evictAbove: options.evictAbove ?? EVICT_ABOVE,
    open: place => !!documents.get(place),
  })
  const context: CollectionContext & TrashContext = {
    kinds: Object.values(library.kinds),
    replica,
    documents,
    receipts,
    presence,
    standing: status,
    async indexed() {
      await documents.saved()
      await background.settled()
    },
  }

  const inSpace = (space: string): SpaceClient<K> => {
    const collections = Object.values(library.kinds).map(kind => [kind.name, collectionOf(context, space, kind)])
    return { ...(Object.fromEntries(collections) as Collections<K>), trash: trashOf(context, space) }
  }

  let kept: Promise<unknown> | undefined
  let ended: Promise<void> | undefined
  const end = async (finish: () => Promise<void>): Promise<void> => {
    network.stop()
    background.close()
    await writes.close()
    stopSurroundings?.()
    news.close()
    tabs.close()
    await finish()
  }

  news.listen({
    // From the first edit on there is something to keep (CL-03).
    'outbox': () => {
      kept ??= storage.persist().catch(() => undefined)
    },
    'renamed-device': ({ device: name }) => {
      replica.rename(name)
      marker?.set(name)
    },
    // Another tab deletes the library: whatever this one still wants to write has nowhere to go.
    'logout': () => {
      ended ??= end(() => storage.close())
      events.emit({ type: 'logged-out' })
    },
  })
  const stopSurroundings = surroundings?.listen(event => {
    if (event !== 'wake') network.tell({ type: 'network', online: event === 'online' })
    if (event === 'offline') return
    network.tell({ type: 'wake' })
    news.tellHere({ type: 'wake' })
  })
  if (surroundings?.online() === false) network.tell({ type: 'network', online: false })
  if (degraded) events.emit({ type: 'storage', code: 'STORAGE_UNAVAILABLE' })
  if (identity.lost) events.emit({ type: 'storage', code: 'STORAGE_LOST' })

  const linkTo = (to: LinkOptions): void => {
    linked = true
    network.link(to)
  }
  news.tell({ type: 'ask', leads: false })
  if (options.url !== undefined) linkTo({ url: options.url, token: options.token ?? (() => undefined) })

  const client: Client<K> & Inside = {
    ...inSpace(PERSONAL_SPACE),
    space(id) {
      if (!spaces.has(checkId('space', id))) {
        spaces.add(id)
        news.tell({ type: 'joined', space: id })
      }
      return inSpace(id)
    },
    shelf: shelfOf(replica, documents),
    status,
    events,
    device: replica.device,
    // For what has an entry of its own (`replicaOf`).
    replica,
    linkTo,
    syncNow: () => syncNow(replica, documents),
    async persist() {
      const promised = await storage.persist()
      await status.refresh()
      return promised
    },
    async close() {
      // A storage that does not work again in this time does not work.
      const { promise, resolve } = later<void>()
      const giveUp = clock.after(CLOSE_MS, resolve)
      void documents.saved().then(resolve)
      await promise
      giveUp()
      return (ended ??= end(() => storage.close()))
    },
    async logout() {
      if (!ended) {
        ended = end(async () => {
          await storage.destroy()
          marker?.clear()
        })
        news.tell({ type: 'logout' })
      }
      return ended
    },
  }
  return client
}
