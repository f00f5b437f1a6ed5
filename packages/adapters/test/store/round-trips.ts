// A wire to a server that counts round trips, each time that something is said to it after it has answered, and may go silent behind one.
import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo } from 'node:net'

export interface CountingWire {
  /** The address with the wire's port in it. */
  address(url: string): string
  /** Of all connections, from the beginning. */
  roundTrips(): number
  /** What is said after so many more does not arrive, and no connection ends. */
  silentAfter(roundTrips: number): void
  close(): void
}

export async function countingWire(port: number): Promise<CountingWire> {
  let count = 0
  let last = Number.POSITIVE_INFINITY
  const server = createServer(near => {
    const far = createConnection({ host: '127.0.0.1', port, noDelay: true })
    near.setNoDelay(true)
    let hasAnswered = true
    near.on('data', bytes => {
      if (hasAnswered) count += 1
      hasAnswered = false
      if (count <= last) far.write(bytes)
    })
    near.on('close', () => void (count <= last && far.end()))
    far.on('data', () => (hasAnswered = true))
    for (const end of [near, far]) end.on('error', () => undefined)
    far.pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = String((server.address() as AddressInfo).port)
  return {
    address(url) {
      const through = new URL(url)
      through.port = own
      return through.href
    },
    roundTrips: () => count,
    silentAfter: more => void (last = count + more),
    close: () => server.close(),
  }
}
