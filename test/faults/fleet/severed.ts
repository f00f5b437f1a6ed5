/** A wire to a server that can be cut without either end being told, as a network does: what is sent meanwhile waits, and goes on its way later. */
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '../../free-port.ts'

export interface Severable {
  /** The same address, by way of this wire. */
  address(of: string): string
  cut(): void
  mend(): void
  close(): void
}

export async function severable(server: number): Promise<Severable> {
  const port = await freePort()
  const ends = new Set<Socket>()
  let isCut = false
  const listener = createServer(near => {
    const far = connect(server, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(one)
      one.on('data', chunk => void other.write(chunk))
      one.on('error', () => one.destroy())
      one.on('close', () => {
        ends.delete(one)
        other.destroy()
      })
      if (isCut) one.pause()
    }
  })
  await new Promise<void>(resolve => listener.listen(port, '127.0.0.1', resolve))
  return {
    address(of) {
      const url = new URL(of)
      url.port = String(port)
      return url.href
    },
    cut() {
      isCut = true
      for (const end of ends) end.pause()
    },
    mend() {
      isCut = false
      for (const end of ends) end.resume()
    },
    close() {
      listener.close()
      for (const end of ends) end.destroy()
    },
  }
}
