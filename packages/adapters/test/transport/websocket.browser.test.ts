// The platform's WebSocket in a browser, against a real server.
import { inject, test } from 'vitest'
import { transportLaws } from '@joinery/core/testing'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { peerSubject } from './peers.ts'
import { webSocketCases } from './websocket-cases.ts'

for (const law of [...transportLaws, ...webSocketCases])
  test(`[${law.rule}] ${law.title}`, () => law.check(() => peerSubject(inject('peerServer'), webSocketTransport())))
