// Browser tabs on a real browser's channels and locks.
import { expect, test } from 'vitest'
import { tabsLaws } from '@joinery/core/testing'
import { browserTabs } from '@joinery/adapters/tabs/browser'
import { channelsSettled } from './channels-settled.ts'

async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await channelsSettled()
    await navigator.locks.request(`settled ${crypto.randomUUID()}`, () => {})
  }
}

for (const law of tabsLaws)
  test(`[${law.rule}] ${law.title}`, () =>
    law.check(() => {
      const app = crypto.randomUUID()
      return {
        open: () => browserTabs({ app, user: 'ann' }),
        stranger: () => browserTabs({ app, user: 'ben' }),
        settle,
      }
    }))

test('[CL-05] the role is a lock of the origin, so the browser frees it when a tab dies', async () => {
  const tab = browserTabs({ app: 'a b', user: 'ann' })
  await new Promise<void>(resolve => {
    tab.lead(resolve)
  })
  const names = async () => ((await navigator.locks.query()).held ?? []).map(({ name }) => name)
  expect(await names()).toContain('joinery/a%20b/ann')
  tab.close()
  await settle()
  expect(await names()).not.toContain('joinery/a%20b/ann')
})
