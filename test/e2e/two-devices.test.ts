// The main job: two devices write in one note, one goes away, both go on, and they agree when it is back.
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { agree, closeDevices, device, launchBrowser, until } from './device.ts'
import { type RelayProcess, relayProcess } from '../relay-process.ts'

let browser: Browser
let relay: RelayProcess
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  relay = await relayProcess()
})
afterEach(async () => {
  await closeDevices(browser)
  await relay.remove()
})

test('[D1] two devices write in one note, one goes offline, both edit, and both agree with no dialog', async () => {
  const [desk, phone] = [await device(browser, relay.url), await device(browser, relay.url)]
  let dialogs = 0
  for (const { page } of [desk, phone]) page.on('dialog', dialog => void (dialogs++, dialog.dismiss()))

  await desk.create('Harbour', 'The boats are in. ')
  await until(
    () => phone.titles(),
    titles => titles.includes('Harbour'),
  )
  await phone.open('Harbour')
  await until(
    () => phone.body(),
    body => body.includes('The boats are in.'),
  )
  await phone.write('And the nets are dry. ')
  await until(
    () => desk.body(),
    body => body.includes('And the nets are dry.'),
  )

  await phone.context.setOffline(true)
  await phone.retitle('Harbour in winter')
  await phone.write('Written on the train. ')
  await desk.write('Written at the desk. ')
  await desk.retitle('Harbour, winter')
  expect(await desk.body()).not.toContain('train')
  await until(
    () => phone.status(),
    status => status.startsWith('Offline'),
  )

  await phone.context.setOffline(false)
  await until(
    () => desk.body(),
    body => body.includes('train'),
  )
  const both = await agree(desk, phone)
  expect(both.body).toContain('Written on the train.')
  expect(both.body).toContain('Written at the desk.')
  // Of two titles written apart the later one shows, on both.
  expect(both.title).toBe('Harbour, winter')
  expect(dialogs).toBe(0)
})

test('[C3] a second tab of the same device reads and writes the same note', async () => {
  const first = await device(browser, relay.url)
  await first.create('Shared by tabs', 'one ')
  const second = await first.tab()
  await second.open('Shared by tabs')
  await until(
    () => second.body(),
    body => body.includes('one'),
  )
  await second.write('two ')
  await until(
    () => first.body(),
    body => body.includes('two'),
  )
  await first.write('three')
  await agree(first, second)
  // The tab that holds the network goes; the other takes over and still reaches the relay.
  await first.page.close()
  await second.write(' four')
  await second.acked()
  const elsewhere = await device(browser, relay.url)
  await elsewhere.open('Shared by tabs')
  await until(
    () => elsewhere.body(),
    body => body.includes('four'),
  )
})

test('[C1] a device that was offline for 200 edits brings all of them', async () => {
  const [away, home] = [await device(browser, relay.url), await device(browser, relay.url)]
  await away.create('Log book')
  await away.acked()
  await away.context.setOffline(true)
  const lines = Array.from({ length: 200 }, (_, at) => `l${at}`)
  await away.page.locator('.tiptap').click()
  // 200 edits, each its own key presses: a line and the return after it.
  for (const line of lines) {
    await away.page.keyboard.type(line)
    await away.page.keyboard.press('Enter')
  }
  await home.open('Log book')
  expect(await home.body()).not.toContain('l199')
  await away.context.setOffline(false)
  await until(
    () => home.body(),
    body => body.includes('l199'),
  )
  await away.acked()
  const { body } = await agree(away, home)
  expect(body.split('\n').filter(line => line !== '')).toEqual(lines)
})

test('[S1] kill -9 of the relay in the middle of typing, ten times: nothing acked is missing', async () => {
  const writer = await device(browser, relay.url)
  await writer.create('Storm')
  const acked: string[] = []
  for (let round = 0; round < 10; round++) {
    const word = `w${round}. `
    await writer.write(word)
    await writer.acked()
    acked.push(word.trim())
    const typing = writer.page.keyboard.type(`typed while it died ${round}. `, { delay: 3 })
    await relay.kill()
    await typing
    await relay.start()
    await writer.syncNow()
  }
  await writer.acked()
  // Nobody but the relay can tell a fresh device what was written.
  const fresh = await device(browser, relay.url)
  await fresh.open('Storm')
  const { body } = await agree(writer, fresh)
  for (const word of acked) expect(body).toContain(word)
  for (let round = 0; round < 10; round++) expect(body).toContain(`typed while it died ${round}.`)
})
