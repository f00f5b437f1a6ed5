/**
 * Starts to listen, and says where. Rejects when the port is taken or not ours to take.
 * Connections that the system has made and we have not taken yet are bounded (WS-17): what does not fit asks the system again.
 */
import type { Server } from 'node:http'

const BACKLOG = 1_024

export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, BACKLOG, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
