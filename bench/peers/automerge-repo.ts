// automerge-repo's sync server: the WebSocket adapter and the Node file system storage, as its example server has them.
// `automerge-repo.ts FOLDER` prints `listening on PORT`.
import { Repo, type PeerId } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'

const wss = new WebSocketServer({ noServer: true })
// The adapter's types may come from another import of the same package.
const anyServer: unknown = wss
const server = createServer()
const repo = new Repo({
  network: [new WebSocketServerAdapter(anyServer as ConstructorParameters<typeof WebSocketServerAdapter>[0])],
  storage: new NodeFSStorageAdapter(join(process.argv[2] ?? '', 'automerge')),
  peerId: 'storage-server' as PeerId,
  // Documents are found by whoever knows their id, and not told to everybody.
  sharePolicy: () => Promise.resolve(false),
})
server.on('upgrade', (request, socket, head) => {
  wss.handleUpgrade(request, socket, head, ws => wss.emit('connection', ws, request))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(`listening on ${address.port}`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void repo.shutdown().then(() => process.exit(0)))
}
