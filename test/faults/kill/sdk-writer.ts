/** A device with the shipping client, its storage in memory. Its word is acked when the receipt of its edit says so. */
import type { Storage, Transport } from '@joinery/core'
import { defineKind, defineLibrary, latest, string, text } from '@joinery/core/kinds'
import { systemClock } from '@joinery/adapters/clock/system'
import { yjs } from '@joinery/adapters/engines/yjs'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import { createClient, type Status } from '@joinery/client/base'
import type { Promises } from './promises.ts'
import { wires } from './wires.ts'
import { wordOf } from './words.ts'
import type { Writer } from './writer.ts'

const paper = defineKind('paper', {
  version: 1,
  fields: { title: latest(string(), { default: '' }), body: text() },
  row: d => ({ title: d.title }),
  indexes: {},
})
const library = defineLibrary('kill', { paper })

export interface SdkWriter extends Writer {
  status(): Status
}

export async function sdkWriter(options: {
  readonly port: number
  readonly space: string
  readonly name: string
  readonly share: number
  readonly transport: Transport
  readonly promises: Promises
  readonly heard: () => void
  /** Whose device it is, where that is not what it is called. */
  readonly user?: string
  /** What it keeps outlives it. */
  readonly storage?: Storage
}): Promise<SdkWriter> {
  const { port, space, name, user = name, share, promises, heard } = options
  const { transport, cut } = wires(options.transport, promises, heard)
  const client = await createClient({
    library,
    user,
    url: `ws://127.0.0.1:${port}/v1/sync`,
    token: () => `dev:${user}`,
    storage: options.storage ?? memoryStorage(),
    transport,
    clock: systemClock(),
    random: cryptoRandom(),
    tabs: memoryTabs().open(),
    engines: [yjs],
  })
  const papers = client.space(space).paper
  const { id, saved } = papers.create({ title: name })
  await saved
  const handle = await papers.open(id)
  let n = 0
  return {
    name,
    document: id,
    share,
    write() {
      const word = wordOf(name, (n += 1))
      promises.wrote(word, id)
      const { acked } = handle.change(draft => {
        draft.body.insert(draft.body.length, word)
        draft.title = word.slice(1, -1)
      })
      acked.then(
        () => {
          promises.acked(word)
          heard()
        },
        (error: unknown) => promises.trouble(`${name}: ${word} ${String(error)}`),
      )
    },
    connect: () =>
      new Promise(resolve => {
        let stop = (): void => undefined
        let done = false
        const look = ({ mode }: { mode: string }): void => {
          if (done || mode === 'offline') return
          done = true
          resolve()
          queueMicrotask(() => stop())
        }
        stop = client.status.subscribe(look)
        // As a person who does not want to wait.
        void client.syncNow()
      }),
    cut: async () => cut(),
    async settled() {
      await handle.acked
    },
    status: client.status.get,
    async shows(other) {
      const opened = await papers.open(other).catch(() => undefined)
      const shown = opened?.view.body.toString()
      opened?.close()
      return shown
    },
    close: () => client.close(),
  }
}
