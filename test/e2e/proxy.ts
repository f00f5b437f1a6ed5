// What stands between a person's browser and the relay: everything passes but WebSockets, with which it does as it is told.
import { createServer, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** What is done with WebSockets: let through, answered with 403, left without an answer, or let through and cut after 10 s. */
export type Policy = 'pass' | 'refuse' | 'hang' | 'cut'

export interface Proxy {
  readonly url: string
  policy: Policy
  /** Requests for frames that came by. */
  posts(): number
  /** WebSockets that were asked for so far, and those that are open. */
  upgrades(): number
  open(): number
  close(): void
}

const CUT_MS = 10_000

export async function proxyTo(target: string, policy: Policy): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Duplex>()
  let posts = 0
  let upgrades = 0
  let open = 0

  const server = createServer((incoming, answer) => {
    if (incoming.method === 'POST') posts += 1
    const { method, headers, url: path } = incoming
    const outgoing = request({ hostname, port, path, method, headers, agent: false }, response => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    // As proxies do when nobody is behind them: the connection just ends.
    outgoing.on('error', () => answer.destroy())
    answer.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  })

  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrades += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    if (proxy.policy === 'hang') return
    if (proxy.policy === 'refuse') {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const through = connect(Number(port), hostname, () => {
      const headers = incoming.rawHeaders
      const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []))
      through.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      through.write(head)
      through.pipe(socket).pipe(through)
    })
    open += 1
    const cutting = proxy.policy === 'cut' ? setTimeout(() => socket.destroy(), CUT_MS) : undefined
    socket.on('close', () => {
      open -= 1
      clearTimeout(cutting)
      through.destroy()
    })
    through.on('error', () => socket.destroy())
    through.on('close', () => socket.destroy())
  })

  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    policy,
    posts: () => posts,
    upgrades: () => upgrades,
    open: () => open,
    close() {
      server.close()
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
    },
  }
  return proxy
}
