/** The client's transport over HTTP against the relay's own end of it, over real sockets. */
import { transportLaws } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { httpPeers } from './http-peers.ts'

for (const law of transportLaws) test(`[${law.rule}] over HTTP: ${law.title}`, () => law.check(() => httpPeers()))

test('[P102] requests and answers that are lost or come twice lose, double and disorder no frame', async () => {
  const fates = [undefined, 'twice', 'lose-answer', undefined, 'lose-request', 'twice'] as const
  const subject = await httpPeers(request => (request === 1 ? undefined : fates[request % fates.length]))
  const heard: number[] = []
  const wire = subject.transport.connect(subject.url, {
    opened() {
      for (let at = 0; at < 200; at++) wire.send(Uint8Array.of(at))
    },
    frame: bytes => void heard.push(bytes[0] ?? -1),
    closed: () => {},
  })
  await subject.until(() => subject.peers.length > 0, 'a peer')
  const [peer] = subject.peers
  for (let at = 0; at < 200; at++) {
    peer?.send(Uint8Array.of(at))
    if (at % 40 === 0) {
      wire.send(Uint8Array.of(at))
      await subject.until(() => heard.includes(at), `frame ${at}`)
    }
  }
  const last = Array.from({ length: 200 }, (_, at) => at)
  await subject.until(() => heard.length >= 200 && wire.buffered() === 0, 'all frames')
  expect(heard).toEqual(last)
  const received = peer?.received.map(([at]) => at ?? -1) ?? []
  expect(received.filter(at => at % 40 !== 0)).toEqual(last.filter(at => at % 40 !== 0))
  wire.close(1000, '')
  await subject.close()
})
