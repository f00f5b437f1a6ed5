/** The client, put together. Everything it is made of comes in with the options. */
import { checkId, JoineryError, PERSONAL_SPACE, type Storage } from '@joinery/core'
import type { Kind, Kinds } from '@joinery/core/kinds'
import type { Client, Collections, SpaceClient } from './client.ts'
import { collectionOf, type CollectionContext } from './collection.ts'
import { openDocuments } from './documents/open-documents.ts'
import { ledger } from './documents/receipts.ts'
import { unsavedRows } from './documents/unsaved-rows.ts'
import { newsDesk } from './news.ts'
import type { BaseOptions } from './options.ts'
import { presenceDesk } from './presence.ts'
import { freshId } from './replica/fresh-id.ts'
import { identify } from './replica/identity.ts'
import { projector } from './replica/projector.ts'
import { replicaOn } from './replica/replica.ts'
import { writer } from './replica/writer.ts'
import { shelfOf } from './shelf.ts'
import { signal } from './signal.ts'
import { statusDesk } from './status.ts'
import { trashOf } from './trash.ts'

export async function createClient<K extends Kinds>(options: BaseOptions<K>): Promise<Client<K>> {
  const { library, clock, random, engines } = options
  const name = `${library.name}/${options.user}`
  const tab = freshId(random)
  const marker = typeof options.marker === 'function' ? options.marker(name) : options.marker
  const { storage, degraded } = await openStorage(options, name)
  const identity = await identify(storage, random, marker)
  const tabs = typeof options.tabs === 'function' ? options.tabs(name) : options.tabs
  const news = newsDesk(tabs)
  const writes = writer(storage, clock, () => status.refresh())
  const { device, slot } = identity
  const replica = replicaOn({ library, engines, storage, writer: writes, clock, random, news, device, slot })
  const spaces = [...new Set(options.spaces ?? [PERSONAL_SPACE])].map(space => checkId('space', space))

  const completeChanged = signal<void>()
  const complete = (): boolean => true
  const background = projector(replica, () => completeChanged.emit())
  const rows = unsavedRows(news)
  const receipts = ledger(news)
  const written = ({ space, document }: { space: string; document: string }): void =>
    background.note(space, [document], false)
  const documents = openDocuments({ replica, rows, receipts, written }, () => false)
  const presence = presenceDesk(news, tab)
  const status = statusDesk(news, {
    replica,
    degraded,
    complete,
    spaces: () => spaces,
    unsaved: () => documents.unsaved(),
  })

  const context: CollectionContext = {
    replica,
    unsaved: rows,
    documents,
    presence,
    complete,
    listenComplete: listener => completeChanged.listen(listener),
    async indexed() {
      await documents.saved()
      await background.settled()
    },
  }

  const inSpace = (space: string): SpaceClient<K> => {
    const collections: Record<string, unknown> = {}
    for (const kind of Object.values(library.kinds)) collections[kind.name] = collectionOf(context, space, kind as Kind)
    return {
      ...(collections as Collections<K>),
      trash: trashOf(context, documents, receipts, Object.keys(library.kinds), space),
    }
  }

  const close = async (): Promise<void> => {
    await documents.saved()
    background.close()
    presence.close()
    await writes.close()
    receipts.close()
    documents.close()
    status.close()
    news.close()
    tabs.close()
    await storage.close()
  }

  return {
    ...inSpace(PERSONAL_SPACE),
    shelf: shelfOf(replica, documents),
    status,
    space: inSpace,
    close,
  }
}

async function openStorage<K extends Kinds>(
  options: BaseOptions<K>,
  name: string,
): Promise<{ storage: Storage; degraded: boolean }> {
  const open = options.storage
  try {
    return { storage: await (typeof open === 'function' ? open(name) : open), degraded: false }
  } catch (error) {
    if (options.fallbackStorage === undefined) throw new JoineryError('STORAGE_UNAVAILABLE', {}, { cause: error })
    return { storage: options.fallbackStorage(), degraded: true }
  }
}
