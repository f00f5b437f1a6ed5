// The subject of the transport laws: the platform's WebSocket against a peer server, from Node or from a browser.
import type { Transport, WireClose } from '@joinery/core'
import { must, type TransportPeer, type TransportSubject } from '@joinery/core/testing'
import type { PeerNews, PeerOrder } from './peer-server.ts'

/** A peer to whom more may be done than the laws ask for. */
export interface Peer extends TransportPeer {
  sendText(text: string): void
}

export interface PeerSubject extends TransportSubject {
  readonly peers: readonly Peer[]
}

/** Longer than any machine takes, and never waited for in a test that passes. */
const PATIENCE_MS = 15_000

export async function peerSubject(
  server: { readonly url: string; readonly nowhere: string },
  transport: Transport,
): Promise<PeerSubject> {
  const name = crypto.randomUUID()
  const control = new WebSocket(`${server.url}/control/${name}`)
  await new Promise((resolve, reject) => {
    control.addEventListener('open', resolve)
    control.addEventListener('error', () => reject(new Error('no peer server')))
  })
  const order = (what: PeerOrder): void => control.send(JSON.stringify(what))

  const peers: (Peer & { readonly id: number; readonly received: Uint8Array[]; closed: WireClose | undefined })[] = []
  control.addEventListener('message', ({ data }) => {
    const news = JSON.parse(String(data)) as PeerNews
    const peer = peers.find(({ id }) => id === news.id)
    if ('frame' in news) peer?.received.push(Uint8Array.from(atob(news.frame), character => character.charCodeAt(0)))
    else if ('closed' in news && peer !== undefined) peer.closed = news.closed
    else if ('address' in news) {
      const { id, address } = news
      peers.push({
        id,
        address,
        received: [],
        closed: undefined,
        send: frame => order({ id, send: base64(frame) }),
        sendText: text => order({ id, text }),
        close: (code, reason) => order({ id, close: { code, reason } }),
        cut: () => order({ id, cut: true }),
      })
    }
  })

  return {
    transport,
    url: `${server.url}/peer/${name}`,
    nowhere: server.nowhere,
    peers,
    async until(condition, what) {
      const end = performance.now() + PATIENCE_MS
      while (!condition() && performance.now() < end) await new Promise(resolve => setTimeout(resolve))
      must(condition(), `waited for ${what} in vain`)
    },
    close: async () => control.close(),
  }
}

function base64(bytes: Uint8Array): string {
  let characters = ''
  for (const byte of bytes) characters += String.fromCharCode(byte)
  return btoa(characters)
}
