// The history of a note, as two people use it in the app.
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { closeDevices, device, launchBrowser, until, type Device } from './device.ts'
import { type RelayProcess, relayProcess } from '../relay-process.ts'

let browser: Browser
let relay: RelayProcess
beforeAll(async () => {
  browser = await launchBrowser()
  // It folds after a few edits, so that what is shown has been folded away.
  relay = await relayProcess({ more: ['--limit', 'foldEntries=4,foldQuietMs=100'] })
})
afterAll(async () => {
  await browser.close()
  await relay.remove()
})
afterEach(() => closeDevices(browser))

const versions = (at: Device) => at.page.getByRole('complementary', { name: 'History' }).locator('.version')
const old = (at: Device) => at.page.getByRole('region', { name: 'Old version' })

/** A picture for whoever changes how it looks: PICTURES=<folder>. */
async function picture(at: Device, name: string): Promise<void> {
  const folder = process.env['PICTURES']
  if (folder !== undefined) await at.page.screenshot({ path: `${folder}/${name}.png` })
}

test('two people look back on a note: who wrote what, what became of it, and back to how it was', async () => {
  const space = 'garden'
  const ann = await device(browser, relay.url, { user: 'ann', space })
  const bob = await device(browser, relay.url, { user: 'bob', space })
  await ann.create('Garden plan', 'Beans along the wall. Roses by the door.')
  await ann.acked()
  await bob.open('Garden plan')
  await until(
    () => bob.body(),
    body => body.includes('Roses by the door.'),
  )
  // Enough of a change that it is somebody else's turn, and not the same moment.
  await bob.retitle('Garden plan for spring')
  await bob.write(' Peas behind the shed.')
  await bob.acked()
  await until(
    () => ann.body(),
    body => body.includes('Peas behind the shed.'),
  )

  await ann.page.getByRole('button', { name: 'History' }).click()
  await until(
    () => versions(ann).allInnerTexts(),
    texts => texts.length === 3 && texts[1]?.includes('bob') === true && texts[1].includes('Peas behind the shed.'),
  )
  const listed = await versions(ann).allInnerTexts()
  expect(listed[0]).toContain('Now')
  expect(listed[2]).toContain('ann')
  expect(listed[2]).toContain('Beans along the wall.')

  // By keys alone: down to the oldest, and in.
  await versions(ann).first().focus()
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await ann.page.keyboard.press(key)
  await until(
    () => old(ann).locator('ins').allInnerTexts(),
    added => added.includes(' Peas behind the shed.') && added.includes(' for spring'),
  )
  expect(await old(ann).locator('.old-text ins').getAttribute('title')).toBe('Added by bob')
  await picture(ann, 'history-compared')
  await old(ann).getByLabel('Show what changed since').uncheck()
  expect(await old(ann).locator('.old-text').innerText()).toBe('Beans along the wall. Roses by the door.')
  expect(await old(ann).getByRole('heading').innerText()).toBe('Garden plan')

  await old(ann).getByRole('button', { name: 'Name this version' }).click()
  await ann.page.getByLabel('Name of this version').fill('Without peas')
  await ann.page.keyboard.press('Enter')
  await until(
    () => versions(ann).allInnerTexts(),
    texts => texts[2]?.includes('Without peas') === true,
  )

  await old(ann).getByRole('button', { name: 'Restore this version' }).click()
  await ann.page.getByText('Restored. Undo takes it back.').waitFor()
  await picture(ann, 'history-restored')
  for (const at of [ann, bob]) {
    await until(
      async () => [await at.title(), await at.body()],
      ([title, body]) => title === 'Garden plan' && body === 'Beans along the wall. Roses by the door.',
    )
  }
  // What was there before is a version still; and what was restored is one edit, which undo takes back.
  await until(
    () => versions(ann).allInnerTexts(),
    texts => texts.some(text => text.includes('Before going back') && text.includes('Peas behind the shed.')),
  )
  await ann.page.getByRole('button', { name: 'Undo' }).click()
  await until(
    () => bob.title(),
    title => title === 'Garden plan for spring',
  )
  await ann.page.keyboard.press('Tab')
  await versions(ann).first().focus()
  await ann.page.keyboard.press('Escape')
  expect(await versions(ann).count()).toBe(0)
})

test('[C1] with the network off history says that it needs the server, the note can be written, and it comes back by itself', async () => {
  const at = await device(browser, relay.url, { user: 'eve' })
  await at.create('Diary', 'one')
  await at.acked()
  await at.context.setOffline(true)
  await at.page.getByRole('button', { name: 'History' }).click()
  const panel = at.page.getByRole('complementary', { name: 'History' })
  await panel.getByText('History is kept by the server, which is out of reach just now.').waitFor()
  await picture(at, 'history-offline')
  await at.write(', two')
  await at.context.setOffline(false)
  await until(
    () => versions(at).allInnerTexts(),
    texts => texts.length === 2 && texts[1]?.includes('one, two') === true,
  )
})

test('on a phone history is below the note, and nothing hangs over the edge', async () => {
  const at = await device(browser, relay.url, { user: 'walker', width: 390 })
  await at.create('On the way', 'left, then right')
  await at.page.getByRole('button', { name: 'History' }).click()
  // Until all that was written is in it, it is another version each time.
  await until(
    () => versions(at).allInnerTexts(),
    texts => texts.length === 2 && texts[1]?.includes('left, then right') === true,
  )
  await versions(at).nth(1).click()
  await old(at).waitFor()
  await picture(at, 'history-phone')
  expect(await at.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  expect(await old(at).getByRole('button', { name: 'Restore this version' }).isVisible()).toBe(true)
})
