// Browser tabs on Node's BroadcastChannel, with locks made for the test; and what a tab does where either is missing.
import { setImmediate as settle } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { tabsLaws } from '@joinery/core/testing'
import { browserTabs, type TabsPlatform } from '@joinery/adapters/tabs/browser'
import { channelsSettled } from './channels-settled.ts'
import { roleLocks } from './role-locks.ts'

let apps = 0

describe('with channels and locks', () => {
  for (const law of tabsLaws)
    test(`[${law.rule}] ${law.title}`, () =>
      law.check(() => {
        const app = `law ${(apps += 1)}`
        const platform: TabsPlatform = { BroadcastChannel, navigator: { locks: roleLocks() } }
        return {
          open: () => browserTabs({ app, user: 'ann', platform }),
          stranger: () => browserTabs({ app, user: 'ben', platform }),
          settle: channelsSettled,
        }
      }))
})

test('app and user cannot be mistaken for another pair, and `close` closes the channel', () => {
  const names: string[] = []
  let closed = 0
  const platform: TabsPlatform = {
    BroadcastChannel: class {
      onmessage = null
      constructor(name: string) {
        names.push(name)
      }
      postMessage(): void {}
      close(): void {
        closed += 1
      }
    },
  }
  const pairs = [
    ['a', 'b/c'],
    ['a/b', 'c'],
    ['a%2Fb', 'c'],
    ['', 'a'],
    ['a', ''],
  ]
  for (const [app = '', user = ''] of pairs) browserTabs({ app, user, platform }).close()
  expect(new Set(names).size).toBe(pairs.length)
  expect(closed).toBe(pairs.length)
})

const missing: [string, TabsPlatform][] = [
  ['neither channels nor locks', {}],
  ['no locks', { navigator: {} }],
  ['locks that are refused', { navigator: { locks: { request: () => Promise.reject(new Error('SecurityError')) } } }],
  [
    'channels that are refused',
    {
      BroadcastChannel: class {
        onmessage = null
        constructor() {
          throw new Error('SecurityError')
        }
        postMessage(): void {}
        close(): void {}
      },
    },
  ],
]
test.each(missing)('with %s a tab is alone: it leads, and nothing throws', async (_, platform) => {
  const tab = browserTabs({ app: 'notes', user: 'ann', platform })
  const led: string[] = []
  tab.listen(() => led.push('news'))
  tab.send('anybody?')
  const role = tab.lead(() => led.push('first'))
  tab.lead(() => led.push('left before')).leave()
  expect(led).toEqual([])
  await settle()
  expect(led).toEqual(['first'])
  role.leave()
  tab.lead(() => led.push('again'))
  await settle()
  tab.close()
  expect(led).toEqual(['first', 'again'])
})

test('a lock that is taken away does not make its holder lead twice', async () => {
  const led: string[] = []
  const steal = Promise.withResolvers<void>()
  const platform: TabsPlatform = {
    navigator: {
      locks: {
        async request(_name, held) {
          void held()
          await steal.promise
          throw new Error('AbortError')
        },
      },
    },
  }
  const tab = browserTabs({ app: 'notes', user: 'ann', platform })
  tab.lead(() => led.push('leads'))
  await settle()
  steal.resolve()
  await settle()
  tab.close()
  expect(led).toEqual(['leads'])
})
