// Which version a link is in, and what becomes of one that has none: as if this were a later version of the code, which speaks 3 to 5.
import { NO_MARK } from '@joinery/core'
import type { RelayMessage, Welcome } from '@joinery/core/protocol'
import { describe, expect, test, vi } from 'vitest'
import { CLOSE } from '../../src/protocol/close.ts'
import { encodeMessage } from '../../src/protocol/message.ts'
import { connection, type ConnectionEffect } from '../../src/sync/connection.ts'
import { session, type SessionEffect } from '../../src/sync/session.ts'

vi.mock(import('../../src/protocol/message.ts'), async original => ({
  ...(await original()),
  // A literal's type, and not its value, is what the code was compiled with.
  OLDEST_VERSION: 3 as 1,
  VERSION: 5 as 1,
}))

const LIMITS = { frameBytes: 65_536, messageBytes: 65_536, documentBytes: 65_536 }

describe('[CL-14] [P95] [P99] a relay', () => {
  const greeted = (version: number): readonly SessionEffect[] => {
    const one = session(LIMITS, 0)
    const hello = encodeMessage({ type: 'hello', version, device: 'phone', token: 'dev:ann' })
    const watch = encodeMessage({ type: 'watch', space: 'me', cursor: { epoch: 'e', seq: 0, mark: NO_MARK } })
    const effects = [
      ...one.handle({ type: 'frame', bytes: hello }, 1),
      ...one.handle({ type: 'frame', bytes: watch }, 1),
    ]
    if (one.state().at === 'closing') return effects
    return one.handle({ type: 'verified', subject: 'ann', left: 1_000, session: 's', personal: 'p', wall: 0 }, 2)
  }

  test.each([
    [3, 3],
    [4, 4],
    [5, 5],
    [6, 5],
    [1_000, 5],
  ])('welcomes whoever speaks up to %i in %i', (theirs, ours) => {
    expect(greeted(theirs)).toMatchObject([
      { do: 'greet', version: ours },
      { do: 'send', message: { type: 'welcome', version: ours } },
      { do: 'admit' },
    ])
  })

  test.each([1, 2])(
    '[P11] tells whoever speaks no more than %i so, and when to come back, and does nothing that he asks',
    version => {
      expect(greeted(version)).toEqual([
        { do: 'send', message: { type: 'bye', code: 'VERSION', retryAfter: 300_000 } },
        { do: 'close', code: CLOSE.VERSION, reason: 'VERSION' },
      ])
    },
  )
})

describe('[CL-14] [P11] a client', () => {
  function greeting(): {
    hear(message: RelayMessage): readonly ConnectionEffect[]
    link: ReturnType<typeof connection>
  } {
    const link = connection({ chance: () => 0.999 })
    link.handle({ type: 'start', url: 'wss://relay.example/v1/sync' }, 0)
    link.handle({ type: 'token', token: 't', left: undefined }, 0)
    link.handle({ type: 'opened' }, 0)
    return { link, hear: message => link.handle({ type: 'heard', message }, 0) }
  }
  const welcome = (version: number): Welcome => ({
    type: 'welcome',
    version,
    session: 's',
    subject: 'ann',
    personal: 'p',
    wall: 0,
    frameBytes: 65_536,
    documentBytes: 65_536,
  })

  test.each([3, 4, 5])('goes on in version %i', version => {
    const { hear, link } = greeting()
    expect(hear(welcome(version))).toMatchObject([{ do: 'relay-time' }, { do: 'up' }])
    expect(link.state()).toMatchObject({ at: 'live' })
  })

  test.each([1, 2, 6])(
    'leaves a relay that welcomes it in version %i, says so, and tries again soon: the next node may be newer',
    version => {
      const { hear, link } = greeting()
      expect(hear(welcome(version))).toEqual([{ do: 'close' }])
      expect(link.state()).toEqual({ at: 'waiting', until: 999, code: 'RELAY_VERSION' })
      expect(link.handle({ type: 'tick' }, 999)).toEqual([{ do: 'ask-token' }])
    },
  )

  test('that is too old says so, and tries again in five minutes, or when somebody asks', () => {
    const { hear, link } = greeting()
    expect(hear({ type: 'bye', code: 'VERSION', retryAfter: 300_000 })).toEqual([{ do: 'close' }])
    expect(link.state()).toEqual({ at: 'waiting', until: 300_999, code: 'VERSION' })
    expect(link.handle({ type: 'tick' }, 300_000)).toEqual([])
    expect(link.handle({ type: 'wake' }, 300_000)).toEqual([{ do: 'ask-token' }])
  })
})
