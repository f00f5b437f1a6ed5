// The driver speaks to every server as its own clients do: what one writes another hears, and a newcomer finds.
import type { AddressInfo } from 'node:net'
import { createDecoder, readVarUint8Array } from 'lib0/decoding'
import { encode, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import * as Y from 'yjs'
import { serverProcess } from '../contest/server-process.ts'
import { SERVERS, type ServerName } from '../contest/servers.ts'
import { DIALECTS } from '../driver/dialects.ts'
import { lastNumber } from '../driver/numbered.ts'
import { wireBytes } from '../driver/socket.ts'

const COUNT = 40

test.for(Object.keys(SERVERS) as ServerName[])(
  '%s shows edits to a reader and keeps them for a newcomer',
  async name => {
    const server = await serverProcess(SERVERS[name].launch)
    onTestFinished(server.remove)
    const dialect = await DIALECTS[SERVERS[name].dialect]()
    const url = server.url()
    const document = 'talk'
    const author = await dialect.join({ url, document, name: 'author', heard: () => undefined })
    let all = (): void => undefined
    const shown = new Promise<void>(resolve => (all = resolve))
    const reader = await dialect.join({
      url,
      document,
      name: 'reader',
      heard(frame) {
        if (lastNumber(frame) === COUNT) all()
      },
    })
    for (const frame of dialect.frames(document, dialect.edits(COUNT))) author.send(frame)
    await shown

    const frames: Buffer[] = []
    let found = (): void => undefined
    const whole = new Promise<void>(resolve => (found = resolve))
    const newcomer = await dialect.join({
      url,
      document,
      name: 'newcomer',
      heard(frame) {
        frames.push(frame)
        if (dialect.highest(frames) === COUNT) found()
      },
    })
    await whole
    for (const seat of [author, reader, newcomer]) seat.close()
    expect(dialect.highest(frames)).toBe(COUNT)
  },
)

test('[CR-04] a stock client that is asked again answers with what its server has lost', async () => {
  const messages: Uint8Array[] = []
  const server = new WebSocketServer({ port: 0 })
  onTestFinished(() => server.close())
  const vectorOf = (edits: readonly Uint8Array[]): Uint8Array => Y.encodeStateVectorFromUpdate(dialect.merged(edits))
  let ask = (_vector: Uint8Array): void => undefined
  let came = (): void => undefined
  server.on('connection', socket => {
    ask = vector => socket.send(sync(0, vector))
    socket.on('message', (frame: Buffer) => {
      // It has nothing for who joins.
      if (frame[1] === 0) socket.send(sync(1, Uint8Array.of(0, 0)))
      else messages.push(frame)
      came()
    })
  })
  const until = async (count: number): Promise<void> => {
    while (messages.length < count) await new Promise<void>(resolve => (came = resolve))
  }
  const dialect = await DIALECTS['y-websocket']()
  const edits = dialect.edits(COUNT)
  let again = 0
  const askedAgain = (): void => void (again += 1)
  const { port } = server.address() as AddressInfo
  const seat = await dialect.join({ url: `http://127.0.0.1:${port}`, document: 'd', name: 'author', heard: () => undefined, askedAgain }) // prettier-ignore
  ask(Uint8Array.of(0))
  await until(1)
  expect(messages[0]).toEqual(Buffer.from(sync(1, Uint8Array.of(0, 0))))
  for (const frame of dialect.frames('d', edits)) seat.send(frame)
  await until(1 + COUNT)
  for (const has of [10, COUNT]) {
    messages.length = 0
    ask(vectorOf(edits.slice(0, has)))
    await until(1)
    const doc = new Y.Doc()
    for (const edit of edits.slice(0, has)) Y.applyUpdate(doc, edit)
    const [frame] = messages
    expect(frame?.[1]).toBe(1)
    const answer = createDecoder(frame?.subarray(2) ?? new Uint8Array())
    Y.applyUpdate(doc, readVarUint8Array(answer))
    expect(Y.encodeStateVector(doc)).toEqual(vectorOf(edits))
  }
  expect(again).toBe(2)
  seat.close()
})

function sync(type: number, bytes: Uint8Array): Uint8Array {
  return encode(encoder => {
    writeVarUint(encoder, 0)
    writeVarUint(encoder, type)
    writeVarUint8Array(encoder, bytes)
  })
}

test('the bytes of a device that comes back are counted, upgrade and all, and it hears of what changed', async () => {
  const server = await serverProcess(SERVERS.floor.launch)
  onTestFinished(server.remove)
  const dialect = await DIALECTS['y-websocket']()
  const edits = dialect.edits(3)
  await dialect.write(server.url(), [{ document: 'one', edit: dialect.merged(edits) }])
  await dialect.write(server.url(), [{ document: 'one', edit: dialect.news(edits, 7) }])
  const before = wireBytes()
  const heard: number[] = []
  const held = [{ document: 'one', version: dialect.version(edits) }]
  const seat = await dialect.comeBack(server.url(), held, frame => void heard.push(lastNumber(frame)))
  seat.close()
  expect(heard).toEqual([7])
  // A masked SyncStep1 and the news are less than what it takes to open a WebSocket.
  expect(wireBytes() - before).toBeGreaterThan(300)
  expect(wireBytes() - before).toBeLessThan(1_000)
})
