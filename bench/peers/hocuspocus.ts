// Hocuspocus with its SQLite extension, everything else by default: it stores a document 2 s after the last edit, at the latest after 10 s.
// `hocuspocus.ts FOLDER` prints `listening on PORT`.
import { SQLite } from '@hocuspocus/extension-sqlite'
import { Server } from '@hocuspocus/server'
import { join } from 'node:path'

const server = new Server({
  // 0 would be taken for none.
  port: Number(process.argv[3]),
  address: '127.0.0.1',
  quiet: true,
  extensions: [new SQLite({ database: join(process.argv[2] ?? '', 'hocuspocus.db') })],
})
await server.listen()
console.log(`listening on ${server.address.port}`)
