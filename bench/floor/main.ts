// The limit: a throwaway server that does what nobody who commits before he shows can leave out, and nothing else. It speaks y-websocket,
// commits what has gathered in one transaction (SQLite, WAL, synchronous=FULL), and only then sends all of it to everybody in the document
// as one frame that is made once. No update is read or joined: messages of one commit stand one behind the other in that frame, which the
// driver counts and a stock client would not read. No state is kept, nobody is asked for a name.
// `main.ts FOLDER` prints `listening on PORT`.
import Database from 'better-sqlite3'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'

const SYNC = 0
const STEP_1 = 0
/** A client that has nothing answers a SyncStep1 with this: no structs, no deletes. */
const NOTHING = Buffer.of(SYNC, 1, 2, 0, 0)
const ASK = Buffer.of(SYNC, STEP_1, 1, 0)

const db = new Database(join(process.argv[2] ?? '', 'floor.db'))
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.exec('create table if not exists entry (seq integer primary key, document text not null, message blob not null)')
db.exec('create index if not exists of_document on entry (document, seq)')
const insert = db.prepare('insert into entry (document, message) values (?, ?)')
const select = db.prepare<[string], Buffer>('select message from entry where document = ? order by seq').pluck()

const socketsByDocument = new Map<string, Set<Duplex>>()
let gathered = new Map<string, Buffer[]>()

const commit = db.transaction((batch: typeof gathered) => {
  for (const [document, messages] of batch) for (const message of messages) insert.run(document, message)
})

function commitAndShow(): void {
  const batch = gathered
  gathered = new Map()
  commit(batch)
  for (const [document, messages] of batch) {
    const frame = framed(messages)
    for (const socket of socketsByDocument.get(document) ?? []) socket.write(frame)
  }
}

function enter(ws: WebSocket, stream: Duplex, document: string): void {
  const sockets = socketsByDocument.get(document) ?? new Set()
  socketsByDocument.set(document, sockets.add(stream))
  ws.on('close', () => sockets.delete(stream))
  ws.on('message', (message: Buffer) => {
    if (message[0] !== SYNC || message.equals(NOTHING)) return
    if (message[1] === STEP_1) {
      stream.write(framed([NOTHING, ...select.all(document)]))
      return
    }
    if (gathered.size === 0) setImmediate(commitAndShow)
    const others = gathered.get(document)
    if (others === undefined) gathered.set(document, [message])
    else others.push(message)
  })
  stream.write(framed([ASK]))
}

/** A whole WebSocket message, header and all. */
function framed(messages: readonly Buffer[]): Buffer {
  const size = messages.reduce((bytes, message) => bytes + message.length, 0)
  const header = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10)
  header[0] = 0x82
  header[1] = size < 126 ? size : size < 65_536 ? 126 : 127
  if (header.length === 4) header.writeUInt16BE(size, 2)
  else if (header.length === 10) header.writeBigUInt64BE(BigInt(size), 2)
  return Buffer.concat([header, ...messages])
}

const wss = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false })
const server = createServer()
server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
  const [document = ''] = (request.url ?? '').split('?')
  wss.handleUpgrade(request, stream, head, ws => enter(ws, stream, document))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(`listening on ${address.port}`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0))
