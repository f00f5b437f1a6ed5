// The platform's WebSocket in Node, against a real server.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { transportLaws } from '@joinery/core/testing'
import { isSecureUrl, webSocketTransport } from '@joinery/adapters/transport/websocket'
import { startPeerServer, type PeerServer } from './peer-server.ts'
import { peerSubject } from './peers.ts'
import { webSocketCases } from './websocket-cases.ts'

let server: PeerServer
beforeAll(async () => {
  server = await startPeerServer()
})
afterAll(() => server.close())

for (const law of [...transportLaws, ...webSocketCases])
  test(`[${law.rule}] ${law.title}`, () => law.check(() => peerSubject(server, webSocketTransport())))

describe('[WS-19] an address is secure when it is encrypted or leads to this machine', () => {
  test.each([
    'wss://relay.example.org/v1/sync',
    'WSS://RELAY.EXAMPLE.ORG',
    'ws://localhost:4321/v1/sync',
    'ws://app.localhost/',
    'ws://127.0.0.1:4321/v1/sync',
    'ws://127.255.3.4/',
    'ws://0x7f.1/',
    'ws://2130706433/',
    'ws://[::1]:4321/',
    'ws://user:pass@localhost/',
  ])('%s is', url => {
    expect(isSecureUrl(url)).toBe(true)
  })

  test.each([
    'ws://relay.example.org/v1/sync',
    'WS://RELAY.EXAMPLE.ORG',
    'ws://localhost.example.org/',
    'ws://localhost@example.org/',
    'ws://127.0.0.1.example.org/',
    'ws://example.org/127.0.0.1',
    'ws://notlocalhost/',
    'ws://128.0.0.1/',
    'ws://0.0.0.0/',
    'ws://10.0.0.7/',
    'ws://192.168.1.2/',
    'ws://[::]/',
    'ws://[::2]/',
    'ws://[fe80::1]/',
  ])('%s is not, unless that is allowed', url => {
    expect(isSecureUrl(url)).toBe(false)
    expect(isSecureUrl(url, { allowInsecure: false })).toBe(false)
    expect(isSecureUrl(url, { allowInsecure: true })).toBe(true)
  })

  test.each([
    '',
    'nonsense',
    'http://localhost/',
    'https://relay.example.org',
    'ws://',
    '/v1/sync',
    'wss:',
    'javascript:1',
  ])('%j is no address of a relay', url => {
    expect(isSecureUrl(url)).toBe(false)
    expect(isSecureUrl(url, { allowInsecure: true })).toBe(false)
  })
})

test('[WS-19] with allowInsecure the connection is tried', async () => {
  // An address of the documentation block, where nobody is: what comes back is the network's answer, or this side's own close.
  const close = await new Promise<{ code: number }>(resolve => {
    const wire = webSocketTransport({ allowInsecure: true }).connect('ws://0.0.0.0:1/', {
      opened: () => {},
      frame: () => {},
      closed: resolve,
    })
    expect(wire.buffered()).toBe(0)
  })
  expect(close.code).toBe(1006)
})

test('a platform that tells of an error and of no close is understood', async () => {
  class Failing extends EventTarget {
    onerror: (() => void) | undefined
    constructor() {
      super()
      setImmediate(() => {
        this.onerror?.()
        this.onerror?.()
      })
    }
  }
  vi.stubGlobal('WebSocket', Failing)
  const closes: number[] = []
  webSocketTransport().connect('ws://localhost/v1/sync', {
    opened() {},
    frame() {},
    closed: ({ code }) => closes.push(code),
  })
  vi.unstubAllGlobals()
  await vi.waitFor(() => expect(closes).toEqual([1006]))
})
