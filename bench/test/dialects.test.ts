// The driver speaks to every server as its own clients do: what one writes another hears, and a newcomer finds.
import { expect, onTestFinished, test } from 'vitest'
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
