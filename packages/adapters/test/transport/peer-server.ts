// A WebSocket server whose ends of the links a test holds from afar, since a browser cannot be a server. The test says what to do over a
// control link of its own, `/control/<name>`, and hears there what happens at each end whose address begins with `/peer/<name>`.
import { createServer, type AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { WebSocketServer, type WebSocket as Socket } from 'ws'

/** What the server tells: a link came to be, a frame came in (base64), a link is over. */
export type PeerNews =
  | { readonly id: number; readonly address: string }
  | { readonly id: number; readonly frame: string }
  | { readonly id: number; readonly closed: { readonly code: number; readonly reason: string } }

/** What the test asks for. */
export type PeerOrder =
  | { readonly id: number; readonly send: string }
  | { readonly id: number; readonly text: string }
  | { readonly id: number; readonly close: { readonly code: number; readonly reason: string } }
  | { readonly id: number; readonly cut: true }

export interface PeerServer {
  /** `ws://127.0.0.1:port` */
  readonly url: string
  /** The same with a port that nobody listens on. */
  readonly nowhere: string
  close(): void
}

declare module 'vitest' {
  interface ProvidedContext {
    peerServer: { readonly url: string; readonly nowhere: string }
  }
}

export async function startPeerServer(): Promise<PeerServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  const controls = new Map<string, Socket>()
  const peers = new Map<number, Socket>()
  let ids = 0

  server.on('connection', (socket, { url: address = '' }) => {
    const [, role, name = ''] = address.split(/[/?]/)
    if (role === 'control') {
      controls.set(name, socket)
      socket.on('message', (data: Buffer) => obey(JSON.parse(data.toString()) as PeerOrder))
      return
    }
    const id = (ids += 1)
    peers.set(id, socket)
    const tell = (news: PeerNews): void => controls.get(name)?.send(JSON.stringify(news))
    tell({ id, address })
    socket.on('message', (data: Buffer) => tell({ id, frame: data.toString('base64') }))
    socket.on('close', (code, reason) => tell({ id, closed: { code, reason: reason.toString() } }))
    socket.on('error', () => {})
  })

  function obey(order: PeerOrder): void {
    const peer = peers.get(order.id)
    if (peer === undefined) return
    if ('send' in order) peer.send(Buffer.from(order.send, 'base64'))
    else if ('text' in order) peer.send(order.text)
    else if ('close' in order) peer.close(order.close.code, order.close.reason)
    else peer.terminate()
  }

  await new Promise(resolve => server.once('listening', resolve))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    nowhere: `ws://127.0.0.1:${await freePort()}/`,
    close() {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => {
    server.close(resolve)
  })
  return port
}

/** For tests in a browser: one server for all of them. */
export default async function setup(project: TestProject): Promise<() => void> {
  const { url, nowhere, close } = await startPeerServer()
  project.provide('peerServer', { url, nowhere })
  return close
}
