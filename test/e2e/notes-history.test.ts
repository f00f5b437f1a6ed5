// The history of a note, as two people use it in the app.
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { createClient } from '@joinery/client'
import { historyOf } from '@joinery/client/history'
import { VERSION_PAUSE_MS } from '@joinery/core/history'
import { defineLibrary, note } from '@joinery/core/kinds'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
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

/** A note of so many words, each written long after the one before, without a network; then the network is back. */
async function slowlyWritten(user: string, space: string, title: string, words: number) {
  const wordMs = 2 * VERSION_PAUSE_MS
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - (words + 1) * wordMs })
  onTestFinished(() => void vi.useRealTimers())
  const library = defineLibrary('notes', { note })
  const client = await createClient({ library, user, storage: memoryStorage(), spaces: [space] })
  onTestFinished(() => client.close())
  const { id } = client.space(space).note.create({ title })
  const handle = await client.space(space).note.open(id)
  const write = (text: string) => handle.change(draft => draft.body.insert(draft.body.length, text))
  let last = write('word1')
  for (let n = 2; n <= words; n++) {
    await last.saved
    vi.setSystemTime(Date.now() + wordMs)
    last = write(` word${n}`)
  }
  await last.saved
  vi.useRealTimers()
  const link = { url: relay.url, token: () => `dev:${user}` }
  client.linkTo(link)
  await last.acked
  return { write, past: historyOf(client, link).of('note', id, space) }
}

test('[P140] a note of more versions than a page may have is looked back on to its beginning, which stays in the list when newer ones come', async () => {
  const words = Array.from({ length: 230 }, (_, at) => `word${230 - at}`)
  const story = await slowlyWritten('ann', 'shelf', 'Long story', words.length)
  const [page, seqs] = [await story.past.versions({ limit: words.length }), new Set<number>()]
  for (let { versions, next } = page; ; { versions, next } = await story.past.versions({ before: next })) {
    for (const { seq } of versions) seqs.add(seq)
    if (next === null) break
  }
  expect([page.versions.length, seqs.size]).toEqual([200, words.length])

  const eve = await device(browser, relay.url, { user: 'eve', space: 'shelf' })
  await eve.open('Long story')
  await eve.acked()
  await eve.page.getByRole('button', { name: 'History' }).click()
  const shown = async () => (await versions(eve).allInnerTexts()).slice(1)
  const count = (many: number) => until(shown, texts => texts.length === many)
  const more = eve.page.getByRole('button', { name: 'Earlier versions' })
  // Of the last of a page it is told once the one before it is there.
  await until(shown, texts => texts.length === 30 && texts[28]?.includes('word202') === true)
  await more.click()
  await count(60)
  // Nothing further back comes with it, and nothing goes.
  await story.write(' sequel').acked
  await until(shown, texts => texts[0]?.includes('sequel') === true)
  await count(61)
  const asked: URL[] = []
  eve.page.on('request', request => void (request.url().includes('/history') && asked.push(new URL(request.url()))))
  for (let many = 91; many <= 211; many += 30) {
    await more.click()
    await count(many)
  }
  await more.click()
  await until(shown, texts => texts.length === 231 && texts[230]?.includes('word1') === true)
  expect(await more.count()).toBe(0)
  // Each page was asked for once, and what changed in it from where the page before it began.
  const listings = asked.filter(({ pathname }) => pathname.endsWith('/history'))
  const befores = listings.map(({ searchParams }) => Number(searchParams.get('before')))
  const changes = asked.filter(({ pathname }) => pathname.endsWith('/changes'))
  const sinces = changes.map(({ searchParams }) => Number(searchParams.get('since')))
  const untils = changes.map(({ pathname }) => Number(pathname.split('/').at(-2)))
  expect([befores.length, untils]).toEqual([6, befores])
  expect(sinces).toEqual([...befores.slice(1), 0])

  await versions(eve).last().click()
  await old(eve).getByRole('button', { name: 'Name this version' }).click()
  await eve.page.getByLabel('Name of this version').fill('Seed')
  await eve.page.keyboard.press('Enter')
  await old(eve).getByText('Seed').waitFor()
  await old(eve).getByRole('button', { name: 'Rename' }).click()
  await eve.page.getByLabel('Name of this version').fill('First word')
  await eve.page.keyboard.press('Enter')
  await old(eve).getByText('First word').waitFor()

  await story.write(' coda').acked
  await until(shown, texts => texts[0]?.includes('coda') === true)
  const texts = await shown()
  expect(texts.map(text => /word\d+/.exec(text)?.[0])).toEqual([undefined, ...words])
  expect(texts.at(-1)).toContain('First word')
  await until(
    () => old(eve).locator('.old-text ins').allInnerTexts(),
    added => added.join('').endsWith('word230 sequel coda'),
  )
  await old(eve).getByRole('button', { name: 'Restore this version' }).click()
  await until(
    () => eve.body(),
    body => body === 'word1',
  )
  await until(shown, after => after.length === words.length + 2 && after[1]?.includes('Before going back') === true)
  expect((await shown()).at(-1)).toContain('First word')
})
