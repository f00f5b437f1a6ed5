import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port that nobody listens on now. It is below those that the system gives to who connects: else one who tries to reach a server that is
 * dead may take its place, or meet itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
