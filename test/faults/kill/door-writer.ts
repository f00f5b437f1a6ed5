/** A stock y-websocket client. Its word is acked when it comes back to it, and shown to it when somebody else's comes. */
import { setMaxListeners } from 'node:events'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { readDoor } from './door-reader.ts'
import type { Promises } from './promises.ts'
import { wordOf, wordsIn, writeWord } from './words.ts'
import type { Writer } from './writer.ts'

// Each provider waits for the end of the process.
setMaxListeners(0, process)

export function doorWriter(options: {
  readonly port: number
  readonly space: string
  readonly document: string
  readonly name: string
  readonly share: number
  readonly promises: Promises
  /** Something came. */
  readonly heard: () => void
}): Writer {
  const { port, space, document, name, share, promises, heard } = options
  const doc = new Y.Doc()
  const open = new Set<Promise<void>>()
  const pending = new Set<string>()
  let n = 0
  class Watched extends WebSocket {
    constructor(address: string) {
      super(address, { perMessageDeflate: false })
      this.on('message', (data: ArrayBuffer) => {
        const words = wordsIn(new Uint8Array(data))
        promises.shown(words)
        for (const word of words) if (pending.delete(word)) promises.acked(word)
        if (words.size > 0) heard()
      })
      const closed = new Promise<void>(resolve => void this.once('close', () => resolve()))
      open.add(closed)
      void closed.then(() => open.delete(closed))
    }
  }
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/y`, `${space}/${document}`, doc, {
    params: { token: `dev:${name}` },
    WebSocketPolyfill: Watched as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    connect: false,
    maxBackoffTime: 50,
  })
  return {
    name,
    document,
    share,
    write() {
      const word = wordOf(name, (n += 1))
      promises.wrote(word, document)
      pending.add(word)
      writeWord(doc, word)
    },
    connect() {
      const synced = new Promise<void>(resolve => {
        const look = (isSynced: boolean): void => {
          if (!isSynced) return
          provider.off('sync', look)
          resolve()
        }
        provider.on('sync', look)
      })
      provider.connect()
      return synced
    },
    async cut() {
      await Promise.all(open)
      provider.disconnect()
    },
    async settled() {
      // What was committed and died on its way back does not come again: only a stranger can tell.
      while (pending.size > 0) for (const word of await readDoor(port, space, document)) pending.delete(word)
    },
    shows: async other => (other === document ? doc.getText('body').toJSON() : undefined),
    async close() {
      provider.destroy()
      doc.destroy()
    },
  }
}
