// What the platform's WebSocket must do beside the laws of every transport, in Node and in a browser alike.
import { must, same, type Law } from '@joinery/core/testing'
import type { PeerSubject } from './peers.ts'

export const webSocketCases: readonly Law<() => Promise<PeerSubject>>[] = [
  {
    rule: 'WS-15',
    title: 'a text frame ends the link as one that is not understood: nothing is thrown, the peer gets 4400',
    async check(make) {
      const subject = await make()
      const { transport, url, peers, until } = subject
      const events: string[] = []
      transport.connect(url, {
        opened: () => events.push('opened'),
        frame: bytes => events.push(`frame of ${bytes.length}`),
        closed: ({ code, reason }) => events.push(`closed ${code} ${reason}`),
      })
      await until(() => peers.length === 1, 'a peer')
      peers[0]?.sendText('hello')
      peers[0]?.send(new Uint8Array(3))
      await until(() => peers[0]?.closed !== undefined, 'the close')
      same(events, ['opened', 'closed 1003 text frame'], 'events')
      same(peers[0]?.closed, { code: 4400, reason: 'text frame' }, 'how the peer was told')
      await subject.close()
    },
  },
  {
    rule: 'T3',
    title: '`buffered` counts what was sent in this breath, and nothing once the link is over',
    async check(make) {
      const subject = await make()
      let opened = false
      const wire = subject.transport.connect(subject.url, {
        opened: () => (opened = true),
        frame: () => {},
        closed: () => {},
      })
      await subject.until(() => opened, '`opened`')
      for (let i = 0; i < 16; i++) wire.send(new Uint8Array(1_000_000))
      must(wire.buffered() >= 1_000_000, `only ${wire.buffered()} bytes of 16 MB are buffered`)
      wire.close(1000, '')
      same(wire.buffered(), 0, 'bytes buffered after `close`')
      await subject.close()
    },
  },
  {
    rule: 'WS-19',
    title: 'an insecure address is closed with INSECURE_URL before anything is sent',
    async check(make) {
      const subject = await make()
      const events: string[] = []
      const wire = subject.transport.connect('ws://relay.example.org/v1/sync', {
        opened: () => events.push('opened'),
        frame: () => events.push('frame'),
        closed: ({ code, reason }) => events.push(`closed ${code} ${reason}`),
      })
      same(events, [], 'events inside the call')
      wire.send(new Uint8Array(1))
      await subject.until(() => events.length > 0, '`closed`')
      wire.close(1000, 'again')
      same(events, ['closed 4495 INSECURE_URL'], 'events')
      await subject.close()
    },
  },
]
