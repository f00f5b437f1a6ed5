/** A stock y-websocket client that was never there before, and what it is shown of a document. */
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { wordsOfDoc, type Word } from './words.ts'

export async function readDoor(port: number, space: string, document: string): Promise<Set<Word>> {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/y`, `${space}/${document}`, doc, {
    params: { token: 'dev:auditor' },
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  })
  try {
    await new Promise<void>(resolve => provider.on('sync', isSynced => isSynced && resolve()))
    return wordsOfDoc(doc)
  } finally {
    provider.destroy()
    doc.destroy()
  }
}
