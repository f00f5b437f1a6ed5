/**
 * What stands before a fleet. Laws:
 * - Each WebSocket goes to the next node that takes it, and ends when that node does.
 * - Each request goes to the next node too, whatever link it is of.
 */
import { createServer, connect, type Socket } from 'node:net'
import { freePort } from '../../free-port.ts'

export interface Balancer {
  readonly port: number
  close(): void
}

const LINK = /^POST /

export async function balancer(nodes: readonly number[]): Promise<Balancer> {
  const port = await freePort()
  const sockets = new Set<Socket>()
  let next = 0
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', first => {
      socket.pause()
      pass(socket, LINK.test(first.toString('latin1', 0, 8)) ? alone(first) : first, next++, nodes.length)
    })
  })

  const pass = (socket: Socket, first: Buffer, at: number, left: number): void => {
    const node = nodes[at % nodes.length]
    if (left === 0 || node === undefined) {
      socket.destroy()
      return
    }
    const through = connect(node, '127.0.0.1')
    let isThrough = false
    through.on('connect', () => {
      isThrough = true
      through.write(first)
      socket.pipe(through).pipe(socket)
    })
    through.on('error', () => {
      if (isThrough) socket.destroy()
      else pass(socket, first, at + 1, left - 1)
    })
    through.on('close', () => {
      if (isThrough) socket.destroy()
    })
    socket.on('close', () => through.destroy())
  }

  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** So that the next request is one of its own. */
function alone(first: Buffer): Buffer {
  const end = first.indexOf('\r\n\r\n')
  const headers = first.toString('latin1', 0, end).replace(/\r\nconnection: [^\r]*/i, '')
  return Buffer.concat([Buffer.from(`${headers}\r\nConnection: close`, 'latin1'), first.subarray(end)])
}
