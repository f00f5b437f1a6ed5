/** A stock y-websocket client, unmodified, as an app would have it. */
import { setMaxListeners } from 'node:events'
import { WebsocketProvider } from 'y-websocket'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

// Each provider waits for the end of the process.
setMaxListeners(0, process)

export interface Stock {
  readonly doc: Y.Doc
  readonly provider: WebsocketProvider
  /** Frames and bytes that arrived. */
  readonly arrived: Uint8Array[]
  /** How its connections ended. */
  readonly ends: { code: number; reason: string }[]
  text(): string
  type(text: string): void
  synced(): Promise<void>
  /** Resolves when this holds, looked at whenever something may have changed. */
  until(holds: () => boolean): Promise<void>
}

export function stock(
  url: string,
  path: string,
  options: { token?: string; doc?: Y.Doc; connect?: boolean } = {},
): Stock {
  const doc = options.doc ?? new Y.Doc()
  const arrived: Uint8Array[] = []
  const ends: Stock['ends'] = []
  class Watched extends WebSocket {
    constructor(address: string) {
      super(address, { perMessageDeflate: false })
      this.on('message', (data: Uint8Array) => void arrived.push(new Uint8Array(data)))
    }
  }
  const provider = new WebsocketProvider(`${url}/y`, path, doc, {
    params: { token: options.token ?? 'dev:ann' },
    WebSocketPolyfill: Watched as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    connect: options.connect ?? true,
  })
  provider.on('connection-close', event => {
    if (event !== null) ends.push({ code: event.code, reason: event.reason })
  })
  onTestFinished(() => {
    provider.destroy()
    doc.destroy()
  })

  const until = (holds: () => boolean): Promise<void> =>
    new Promise(resolve => {
      const look = (): void => {
        if (!holds()) return
        doc.off('update', look)
        provider.awareness.off('update', look)
        provider.off('sync', look)
        provider.off('status', look)
        provider.off('closed', look)
        resolve()
      }
      doc.on('update', look)
      provider.awareness.on('update', look)
      provider.on('sync', look)
      provider.on('status', look)
      provider.on('closed', look)
      look()
    })

  return {
    doc,
    provider,
    arrived,
    ends,
    until,
    text: () => doc.getText('body').toJSON(),
    type(text) {
      const body = doc.getText('body')
      body.insert(body.length, text)
    },
    synced: () => until(() => provider.synced),
  }
}
