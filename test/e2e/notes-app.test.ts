// What a person does in the notes app beside writing: find, throw away, compare, see others, undo, use a phone.
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { agree, closeDevices, device, launchBrowser, until } from './device.ts'
import { type RelayProcess, relayProcess } from '../relay-process.ts'

let browser: Browser
let relay: RelayProcess
beforeAll(async () => {
  browser = await launchBrowser()
  relay = await relayProcess()
})
afterAll(async () => {
  await browser.close()
  await relay.remove()
})
afterEach(() => closeDevices(browser))

test('[C1] a Chinese word in a body is found with the network off', async () => {
  const at = await device(browser, relay.url, { user: 'wei' })
  await at.create('Reading', '我在图书馆借了三本书。')
  await at.create('Shopping', 'bread and tea')
  await at.acked()
  await at.context.setOffline(true)
  await at.page.getByLabel('Search notes').fill('图书馆')
  await until(
    () => at.titles(),
    titles => titles.length === 1 && titles[0] === 'Reading',
  )
  await at.page.getByLabel('Search notes').fill('tea')
  await until(
    () => at.titles(),
    titles => titles.length === 1 && titles[0] === 'Shopping',
  )
  await at.page.getByLabel('Search notes').fill('')
  await until(
    () => at.titles(),
    titles => titles.length === 2,
  )
})

test('[C2] whoever taps for a new note and types on at once loses no letter, on a phone neither', async () => {
  for (const width of [1280, 390]) {
    const at = await device(browser, relay.url, { user: `quick-${width}`, width })
    for (const lines of [['Tea'], ['Bread', 'flour, water', '', 'salt'], ['', 'No title']]) {
      await at.page.getByLabel('New note', { exact: true }).click()
      await at.page.keyboard.type(lines.join('\n'))
      const [title, ...body] = lines
      await at.page.locator('.tiptap[contenteditable]').waitFor()
      expect(await at.title()).toBe(title)
      expect(await at.body()).toBe(body.join('\n'))
      if (width < 500) await at.page.getByLabel('Back to the list').click()
    }
    await at.acked()
    await at.close()
  }
})

test('[C2] a word that is composed as a new note opens is whole in its title', async () => {
  const editor = Promise.withResolvers<void>()
  const at = await device(browser, relay.url, { user: 'hanako', editorAfter: editor.promise })
  const keyboard = await at.context.newCDPSession(at.page)
  await at.page.getByLabel('New note', { exact: true }).click()
  await keyboard.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 })
  editor.resolve()
  // The note is open.
  await at.page.getByLabel('History').waitFor()
  await keyboard.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 })
  await keyboard.send('Input.insertText', { text: '日本' })
  await at.page.locator('.tiptap[contenteditable]').waitFor()
  await until(
    () => at.titles(),
    titles => titles[0] === '日本',
  )
  expect(await at.title()).toBe('日本')
})

test('[C2] what is typed before a new note is open is not called saved, and is in it for whoever left meanwhile', async () => {
  const editor = Promise.withResolvers<void>()
  const at = await device(browser, relay.url, { user: 'hasty', editorAfter: editor.promise })
  await at.page.getByLabel('New note', { exact: true }).click()
  await at.page.keyboard.type('Bread\nflour\n\nsalt')
  await until(
    () => at.status(),
    status => status.includes('Keeping what you wrote'),
  )
  await at.page.getByLabel('New note', { exact: true }).click()
  await at.page.keyboard.type('Tea\ngreen')
  await until(
    () => at.titles(),
    titles => titles.includes('Bread'),
  )
  editor.resolve()
  await at.page.locator('.tiptap[contenteditable]').waitFor()
  expect([await at.title(), await at.body()]).toEqual(['Tea', 'green'])
  await at.acked()
  await at.open('Bread')
  expect(await at.body()).toBe('flour\n\nsalt')
})

test('[C2] the browser asks whoever closes a page that holds what is not kept yet, and nobody else', async () => {
  const editor = Promise.withResolvers<void>()
  const at = await device(browser, relay.url, { user: 'leaver', editorAfter: editor.promise })
  await at.page.getByLabel('New note', { exact: true }).click()
  await at.page.keyboard.type('Almost lost')
  await until(
    () => at.status(),
    status => status.includes('Keeping what you wrote'),
  )
  const asked = at.page.waitForEvent('dialog')
  await at.page.close({ runBeforeUnload: true })
  const question = await asked
  expect(question.type()).toBe('beforeunload')
  await question.dismiss()
  editor.resolve()
  await until(
    () => at.titles(),
    titles => titles.includes('Almost lost'),
  )
  await at.acked()
  const closed = at.page.waitForEvent('close')
  await at.page.close({ runBeforeUnload: true })
  await closed
})

test('[C2] an editor that cannot be loaded is told of, and what was typed is in its note when it can', async () => {
  const editor = Promise.withResolvers<void>()
  const at = await device(browser, relay.url, { user: 'tunneller', editorAfter: editor.promise })
  await at.page.getByLabel('New note', { exact: true }).click()
  await at.page.keyboard.type('Typed in the tunnel')
  editor.reject(new Error('no network'))
  await at.page.getByText('could not be loaded').waitFor()
  await at.page.getByRole('button', { name: 'go back to the list' }).click()
  await until(
    () => at.titles(),
    titles => titles.includes('Typed in the tunnel'),
  )
  await at.acked()
  await at.page.locator('.card').click()
  await at.page.getByText('could not be loaded').waitFor()
  await at.context.unrouteAll()
  await at.page.getByRole('button', { name: 'Try again' }).click()
  await at.page.locator('.tiptap[contenteditable]').waitFor()
  expect(await at.title()).toBe('Typed in the tunnel')
})

test('[C2] what is too long for the title of a new note goes on in its body', async () => {
  const editor = Promise.withResolvers<void>()
  const at = await device(browser, relay.url, { user: 'tolstoy', editorAfter: editor.promise })
  await at.page.getByLabel('New note', { exact: true }).click()
  await at.page.keyboard.insertText(`${'w'.repeat(999)}📖${'w'.repeat(400)}\npeace`)
  editor.resolve()
  await at.page.locator('.tiptap[contenteditable]').waitFor()
  expect(await at.title()).toBe('w'.repeat(999))
  expect(await at.body()).toBe(`📖${'w'.repeat(400)}\npeace`)
})

test('[D6] a note goes to the trash on all devices, and what was written elsewhere meanwhile is in it when it is put back', async () => {
  const user = 'tidy'
  const [desk, phone] = [await device(browser, relay.url, { user }), await device(browser, relay.url, { user })]
  await desk.create('Receipt', 'forty euros')
  await phone.open('Receipt')
  await until(
    () => phone.body(),
    body => body.includes('forty euros'),
  )
  await phone.context.setOffline(true)
  await desk.page.getByLabel('Move to the trash').click()
  await until(
    () => desk.titles(),
    titles => titles.length === 0,
  )
  await desk.acked()
  await phone.write(', in cash')
  await phone.context.setOffline(false)
  await until(
    () => phone.titles(),
    titles => titles.length === 0,
  )
  await phone.acked()

  await desk.page.getByRole('button', { name: 'Trash', exact: true }).click()
  await desk.open('Receipt')
  await desk.page.getByRole('button', { name: 'Put back' }).click()
  await until(
    () => desk.titles(),
    titles => titles.length === 0,
  )
  await desk.page.getByRole('button', { name: 'All notes' }).click()
  await desk.open('Receipt')
  await until(
    () => desk.body(),
    body => body.includes('forty euros, in cash'),
  )
  await until(
    () => phone.titles(),
    titles => titles.includes('Receipt'),
  )
})

test('[D7] of two titles written at once the other one is a tap away', async () => {
  const user = 'namer'
  const [desk, phone] = [await device(browser, relay.url, { user }), await device(browser, relay.url, { user })]
  await desk.create('Trip', 'by train')
  await phone.open('Trip')
  await until(
    () => phone.body(),
    body => body.includes('by train'),
  )
  await phone.context.setOffline(true)
  await phone.retitle('Trip to the sea')
  await desk.retitle('Trip to the hills')
  await desk.acked()
  await phone.context.setOffline(false)
  await until(
    () => phone.title(),
    title => title === 'Trip to the hills',
  )
  expect((await agree(desk, phone)).title).toBe('Trip to the hills')
  for (const { page } of [desk, phone]) await page.getByText('Also called “Trip to the sea” elsewhere').waitFor()
  await phone.page.getByRole('button', { name: 'Use that' }).click()
  await until(
    () => desk.title(),
    title => title === 'Trip to the sea',
  )
})

test('a caret shows on the other device with a name, and goes when its device leaves', async () => {
  const user = 'pair'
  const [desk, phone] = [await device(browser, relay.url, { user }), await device(browser, relay.url, { user })]
  await desk.create('Together', 'we write here')
  await phone.open('Together')
  await until(
    () => phone.body(),
    body => body.includes('we write here'),
  )
  const carets = desk.page.locator('.collaboration-carets__label')
  await phone.write(' and there')
  await until(
    () => carets.allInnerTexts(),
    names => names.length === 1 && names[0] === user,
  )
  expect(await desk.page.getByRole('group', { name: '1 other here' }).count()).toBe(1)
  await phone.page.getByRole('button', { name: 'Pinned' }).click()
  await until(
    () => carets.count(),
    count => count === 0,
  )
  await phone.page.getByRole('button', { name: 'All notes' }).click()
  await phone.open('Together')
  await phone.write('!')
  await until(
    () => carets.count(),
    count => count === 1,
  )
  await phone.close()
  await until(
    () => carets.count(),
    count => count === 0,
  )
})

test('undo, by key and by button, takes back what was written here and nothing that others wrote', async () => {
  const user = 'careful'
  const [desk, phone] = [await device(browser, relay.url, { user }), await device(browser, relay.url, { user })]
  await desk.create('Draft', 'first. ')
  await phone.open('Draft')
  await until(
    () => phone.body(),
    body => body.includes('first.'),
  )
  await phone.write('theirs. ')
  await until(
    () => desk.body(),
    body => body.includes('theirs.'),
  )
  await desk.page.locator('.tiptap').click()
  // Longer ago than typing that is taken back in one go: the title's edit ends that run.
  await desk.retitle('Draft 2')
  await desk.write('mine. ')
  await until(
    () => phone.body(),
    body => body.includes('mine.'),
  )
  await desk.page.keyboard.press('Control+z')
  await until(
    () => desk.body(),
    body => !body.includes('mine.'),
  )
  expect(await desk.body()).toContain('theirs.')
  await desk.page.keyboard.press('Control+Shift+z')
  await until(
    () => desk.body(),
    body => body.includes('mine.'),
  )
  await desk.page.getByRole('button', { name: 'Undo' }).click()
  await until(
    () => desk.body(),
    body => !body.includes('mine.'),
  )
  // One history for all of the note: the next step back is the title's.
  await desk.page.getByRole('button', { name: 'Undo' }).click()
  await until(
    () => desk.title(),
    title => title === 'Draft',
  )
  const { body } = await agree(desk, phone)
  expect(body).toContain('first. theirs.')
})

test('[C2] an edit of a note that was deleted for good waits in sight until the person discards it', async () => {
  const user = 'late'
  const [desk, phone] = [await device(browser, relay.url, { user }), await device(browser, relay.url, { user })]
  await desk.create('Old plan', 'step one')
  await phone.open('Old plan')
  await until(
    () => phone.body(),
    body => body.includes('step one'),
  )
  await phone.acked()
  await phone.context.setOffline(true)
  await phone.write(', step two')
  await desk.page.getByLabel('Move to the trash').click()
  await desk.page.getByRole('button', { name: 'Trash', exact: true }).click()
  await desk.open('Old plan')
  desk.page.once('dialog', dialog => void dialog.accept())
  await desk.page.getByRole('button', { name: 'Delete for good' }).click()
  await until(
    () => desk.titles(),
    titles => titles.length === 0,
  )
  await desk.acked()
  await phone.context.setOffline(false)
  await phone.page.getByRole('button', { name: 'Edits that need you (1)' }).click()
  await phone.page.getByText('This document was deleted for good.').first().waitFor()
  await phone.page.getByRole('button', { name: 'Apply again' }).click()
  await phone.page.getByRole('alert').getByText('This document was deleted for good.').waitFor()
  await phone.page.getByRole('button', { name: 'Discard' }).click()
  await phone.page.getByText('Every edit found its place.').waitFor()
})

test('[D6] a note that is deleted for good elsewhere closes where it is open, and says why', async () => {
  const user = 'reader'
  const [desk, phone] = [await device(browser, relay.url, { user }), await device(browser, relay.url, { user })]
  await desk.create('Short-lived', 'not for long')
  await phone.open('Short-lived')
  await desk.page.getByLabel('Move to the trash').click()
  await desk.page.getByRole('button', { name: 'Trash', exact: true }).click()
  await desk.open('Short-lived')
  desk.page.once('dialog', dialog => void dialog.accept())
  await desk.page.getByRole('button', { name: 'Delete for good' }).click()
  await phone.page.locator('.hint').getByText('This document was deleted for good.').waitFor()
  await phone.page.getByRole('button', { name: 'go back to the list' }).click()
  expect(await phone.titles()).toEqual([])
})

test('the review of a day that two devices begin offline is one review, with what both wrote', async () => {
  const user = 'diarist'
  const [desk, phone] = [await device(browser, relay.url, { user }), await device(browser, relay.url, { user })]
  for (const { context } of [desk, phone]) await context.setOffline(true)
  for (const [at, text] of [
    [desk, 'Planted the beans. '],
    [phone, 'Called my sister. '],
  ] as const) {
    await at.page.getByRole('button', { name: 'Daily reviews' }).click()
    await at.page.getByRole('button', { name: 'Today', exact: true }).click()
    await at.write(text)
  }
  for (const { context } of [desk, phone]) await context.setOffline(false)
  for (const at of [desk, phone]) {
    await until(
      () => at.body(),
      body => body.includes('Planted the beans.') && body.includes('Called my sister.'),
    )
    expect(await at.page.locator('.card').count()).toBe(1)
  }
})

test('on a phone one pane shows at a time', async () => {
  const at = await device(browser, relay.url, { user: 'walker', width: 390 })
  const [list, sheet] = [at.page.getByRole('region', { name: 'Notes' }), at.page.locator('main.sheet')]
  expect([await list.isVisible(), await sheet.isVisible()]).toEqual([true, false])
  await at.create('On the way', 'left, then right')
  expect([await list.isVisible(), await sheet.isVisible()]).toEqual([false, true])
  await at.page.getByLabel('Back to the list').click()
  await until(
    () => at.titles(),
    titles => titles.includes('On the way'),
  )
  expect([await list.isVisible(), await sheet.isVisible()]).toEqual([true, false])
  // Nothing hangs over the edge.
  expect(await at.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
})
