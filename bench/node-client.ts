// The shipping client in Node, on a disk in memory, against a relay in another process.
import type { Storage, Transport } from '@joinery/core'
import { defineKind, defineLibrary, latest, string, text } from '@joinery/core/kinds'
import { systemClock } from '@joinery/adapters/clock/system'
import { yjs } from '@joinery/adapters/engines/yjs'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { createClient, type Client } from '@joinery/client/base'

const paper = defineKind('paper', {
  version: 1,
  fields: { title: latest(string(), { default: '' }), body: text() },
  row: d => ({ title: d.title }),
  indexes: { updated: ['updatedAt'] },
  search: d => [d.title],
})

export const library = defineLibrary('bench', { paper })
export type BenchClient = Client<(typeof library)['kinds']>

/** A client of user `bench`. */
export function nodeClient(options: {
  readonly url: string
  readonly storage: Storage
  readonly transport?: Transport
}): Promise<BenchClient> {
  return createClient({
    library,
    user: 'bench',
    url: options.url,
    token: () => Promise.resolve('dev:bench'),
    storage: options.storage,
    transport: options.transport ?? webSocketTransport(),
    clock: systemClock(),
    random: cryptoRandom(),
    tabs: memoryTabs().open(),
    engines: [yjs],
  })
}

/** Resolves once the status fits. */
export function untilStatus(
  client: BenchClient,
  fits: (status: ReturnType<BenchClient['status']['get']>) => boolean,
): Promise<void> {
  return new Promise(resolve => {
    let stop = (): void => undefined
    let done = false
    stop = client.status.subscribe(status => {
      if (done || !fits(status)) return
      done = true
      resolve()
      queueMicrotask(() => stop())
    })
  })
}
