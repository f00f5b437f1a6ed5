/** The client's transport over HTTP against the relay's own end of it, over real sockets. */
import { memoryHub, type MemoryHub } from '@joinery/adapters/bus/memory'
import { transportLaws } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { httpPeers, type HttpPeers } from './http-peers.ts'

for (const law of transportLaws) {
  test(`[${law.rule}] over HTTP: ${law.title}`, () => law.check(() => httpPeers()))
  test(`[${law.rule}] over HTTP, every request to another node: ${law.title}`, () =>
    law.check(() => httpPeers(() => undefined, memoryHub())))
}

/** Of what nodes say to each other every so many-th message does not arrive. */
function lossy(every: number): MemoryHub {
  const hub = memoryHub()
  let said = 0
  return {
    bus() {
      const bus = hub.bus()
      return { ...bus, publish: (topic, payload) => void ((said += 1) % every > 0 && bus.publish(topic, payload)) }
    },
  }
}

test('[R5] [P102] what nodes say to each other of a link may be lost: it is brought again, once', async () => {
  const subject = await httpPeers(() => undefined, lossy(9))
  await delivers(subject, 60)
})

test.each([
  ['one node', undefined],
  ['every request to another node', memoryHub()],
])('[P102] %s: requests and answers that are lost or come twice lose, double and disorder no frame', async (_, hub) => {
  const fates = [undefined, 'twice', 'lose-answer', undefined, 'lose-request', 'twice'] as const
  const subject = await httpPeers(request => (request === 1 ? undefined : fates[request % fates.length]), hub)
  await delivers(subject, 200)
})

test('[P101] a link that its node does not have is not there, whichever node is asked, nor is one of a node that is gone', async () => {
  const subject = await httpPeers(() => undefined, memoryHub())
  const ask = (key: string): Promise<number> =>
    fetch(subject.url.replace('ws', 'http'), { method: 'POST', headers: { 'Joinery-Session': key } }).then(
      ({ status }) => status,
    )
  const [chance, node] = ['ab'.repeat(24), '12'.repeat(8)]
  for (const key of [chance, `${node}.${chance}`, `${node}.`, `${node}.${chance}00`]) {
    expect([await ask(key), await ask(key)]).toEqual([404, 404])
  }
  await subject.close()
})

test('[P108] whoever asks for many links that no node has is told to come later', async () => {
  const subject = await httpPeers(() => undefined, memoryHub())
  const asked = Array.from({ length: 300 }, (_, at) =>
    fetch(subject.url, {
      method: 'POST',
      headers: { 'Joinery-Session': `${'12'.repeat(8)}.${String(at).padStart(48, '0')}` },
    }),
  )
  const answers = await Promise.all(asked)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404, 429]))
  const later = answers.find(({ status }) => status === 429)
  expect(later?.headers.get('Retry-After')).toBe('1')
  expect(await later?.json()).toMatchObject({ error: { code: 'RATE_LIMITED' } })
  await subject.close()
})

async function delivers(subject: HttpPeers, count: number): Promise<void> {
  const heard: number[] = []
  const wire = subject.transport.connect(subject.url, {
    opened() {
      for (let at = 0; at < count; at++) wire.send(Uint8Array.of(at))
    },
    frame: bytes => void heard.push(bytes[0] ?? -1),
    closed: () => {},
  })
  await subject.until(() => subject.peers.length > 0, 'a peer')
  const [peer] = subject.peers
  for (let at = 0; at < count; at++) {
    peer?.send(Uint8Array.of(at))
    if (at % 40 === 0) {
      wire.send(Uint8Array.of(at))
      await subject.until(() => heard.includes(at), `frame ${at}`)
    }
  }
  const last = Array.from({ length: count }, (_, at) => at)
  await subject.until(() => heard.length >= count && wire.buffered() === 0, 'all frames')
  expect(heard).toEqual(last)
  const received = peer?.received.map(([at]) => at ?? -1) ?? []
  expect(received.filter(at => at % 40 !== 0)).toEqual(last.filter(at => at % 40 !== 0))
  wire.close(1000, '')
  await subject.close()
}
