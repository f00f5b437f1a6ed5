/** The client for browsers: IndexedDB, WebSocket (or HTTP) and Yjs, each of which an option replaces. Importing it does nothing, on a server too. */
import { systemClock } from '@joinery/adapters/clock/system'
import { yjs } from '@joinery/adapters/engines/yjs'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { indexedDbStorage } from '@joinery/adapters/storage/indexeddb'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { browserTabs } from '@joinery/adapters/tabs/browser'
import { webSocketOrHttp } from '@joinery/adapters/transport/web-socket-or-http'
import type { Kinds } from '@joinery/core/kinds'
import { createClient as createBaseClient, type BaseOptions, type Client } from './base.ts'
import { browserMarker, browserSurroundings } from './browser.ts'

export type * from './base.ts'

/** As `BaseOptions`, with everything but `library` and `user` optional. */
export type ClientOptions<K extends Kinds> = Pick<BaseOptions<K>, 'library' | 'user'> & Partial<BaseOptions<K>>

/**
 * A client in this browser. It works at once, offline and without any relay; with `url` and `token` it keeps in step with one. BAD_INPUT.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { createClient } from '@joinery/client'
 * import { defineLibrary, folder, note } from '@joinery/core/kinds'
 * import { memoryStorage } from '@joinery/adapters/storage/memory'
 *
 * const library = defineLibrary('notes', { note, folder })
 * const client = await createClient({ library, user: 'ada', storage: memoryStorage() })
 * await client.note.create({ title: 'Shopping' }).saved
 * assert.equal(client.status.get().safeToClose, true)
 * await client.close()
 * ```
 */
export function createClient<K extends Kinds>(options: ClientOptions<K>): Promise<Client<K>> {
  const { library, user, allowInsecure = false } = options
  const app = library.name
  const clock = systemClock()
  return createBaseClient({
    storage: () => indexedDbStorage({ app, user }),
    fallbackStorage: () => memoryStorage(),
    tabs: () => browserTabs({ app, user }),
    transport: webSocketOrHttp({ clock, allowInsecure }),
    clock,
    random: cryptoRandom(),
    engines: [yjs],
    marker: browserMarker,
    surroundings: browserSurroundings,
    ...options,
  })
}
