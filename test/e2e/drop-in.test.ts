// Coming from y-websocket: the packages people use, unmodified, in a real browser, on a real relay. They change a URL.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type RelayProcess, relayProcess } from '../relay-process.ts'
import { closeDevices, device, launchBrowser, until } from './device.ts'

let browser: Browser
let server: Server
let site: string
let relay: RelayProcess
beforeAll(async () => {
  browser = await launchBrowser()
  const script = await bundled(join(import.meta.dirname, '../editors/main.ts'))
  server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html')
    response.end(
      isScript
        ? script
        : '<!doctype html><style>.ProseMirror { white-space: pre-wrap }</style><body><script type="module" src="/page.js"></script>',
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  site = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})
afterAll(async () => {
  await browser.close()
  server.close()
})
beforeEach(async () => {
  relay = await relayProcess()
})
afterEach(async () => {
  await closeDevices(browser)
  await relay.remove()
})

async function bundled(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, lib: { entry, formats: ['es'] } },
  })
  const [bundle] = Array.isArray(built) ? built : [built]
  const [chunk] = bundle !== undefined && 'output' in bundle ? bundle.output : []
  if (chunk?.type !== 'chunk') throw new Error('no bundle')
  return chunk.code
}

/** Somebody in his own browser, in the document. `prose` is the name of its rich text. */
async function person(name: string, room = 'team/plan', prose = 'prose'): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const query = new URLSearchParams({
    server: `${relay.url.replace('http', 'ws')}/y`,
    room,
    prose,
    token: `dev:${name}`,
  })
  await page.goto(`${site}/?${query}`)
  await page.locator('body[data-synced=true]').waitFor()
  return page
}

const proseOf = (page: Page): Promise<string> => page.getByLabel('prose').locator('p').first().evaluate(plain)
const codeOf = (page: Page): Promise<string> => page.getByLabel('code').evaluate(plain)

/** What stands there, without the names at cursors. */
function plain(element: Element): string {
  const copy = element.cloneNode(true) as Element
  for (const shown of copy.querySelectorAll('.ProseMirror-yjs-cursor, .cm-ySelectionCaret, .ProseMirror-separator'))
    shown.remove()
  return (copy.textContent ?? '').replaceAll('\u2060', '')
}

/** Types at the end, once the other sees the cursor there: until then the binding may still be placing it. */
async function type(page: Page, where: 'prose' | 'code', text: string, other?: Page): Promise<void> {
  await page.getByLabel(where).click()
  await page.locator(where === 'prose' ? '.ProseMirror-focused' : '.cm-focused').waitFor()
  await page.keyboard.press('Control+End')
  await other?.locator(where === 'prose' ? '.ProseMirror-yjs-cursor' : '.cm-ySelectionCaret').waitFor()
  await page.keyboard.insertText(text)
}

test('ProseMirror and CodeMirror bindings converge over the door, show cursors, and lose nothing when the relay is killed', async () => {
  const [ann, bob] = [await person('ann'), await person('bob')]
  await type(ann, 'prose', 'The boats are in. ')
  await expect.poll(() => proseOf(bob)).toBe('The boats are in. ')
  await type(bob, 'prose', 'And the nets are dry.', ann)
  await expect.poll(() => proseOf(ann)).toBe('The boats are in. And the nets are dry.')
  await type(bob, 'code', 'let boats = 3', ann)
  await expect.poll(() => codeOf(ann)).toBe('let boats = 3')

  await relay.kill()
  await type(ann, 'code', '; let nets = 4')
  await relay.start()
  await expect.poll(() => codeOf(bob), { timeout: 20_000 }).toBe('let boats = 3; let nets = 4')
  const late = await person('cid')
  await expect.poll(() => proseOf(late)).toBe('The boats are in. And the nets are dry.')
  await expect.poll(() => codeOf(late)).toBe('let boats = 3; let nets = 4')
})

test('[P120] somebody in an app of the SDK and somebody with y-prosemirror write in one note and see each other there', async () => {
  const ada = await device(browser, relay.url, { user: 'ada', space: 'team' })
  await ada.create('Harbour', 'The boats')
  await ada.acked()
  const [, , note = ''] = new URL(ada.page.url()).hash.split('/')
  const bob = await person('bob', `team/${note}`, 'body')
  await expect.poll(() => proseOf(bob)).toBe('The boats')

  await ada.write(' are in.')
  await expect.poll(() => proseOf(bob)).toBe('The boats are in.')
  const adaThere = bob.locator('.ProseMirror-yjs-cursor')
  await expect.poll(() => adaThere.allInnerTexts()).toEqual([expect.stringContaining('ada')])
  const colour = await adaThere.evaluate(({ style }) => style.borderColor)
  expect(colour).not.toBe('')

  await type(bob, 'prose', ' And the nets are dry.')
  await until(
    () => ada.body(),
    body => body === 'The boats are in. And the nets are dry.',
  )
  const bobHere = ada.page.locator('.collaboration-carets__label')
  await expect.poll(() => bobHere.allInnerTexts()).toEqual(['dev:bob'])
  // Where he is, not only that he is: behind the last word.
  const textBefore = await bobHere.evaluate(label => {
    const range = document.createRange()
    range.setStart(label.closest('p') ?? label, 0)
    range.setEndBefore(label.parentElement ?? label)
    return range.toString().replaceAll('\u2060', '')
  })
  expect(textBefore).toBe('The boats are in. And the nets are dry.')
  expect(await ada.page.getByRole('group', { name: '1 other here' }).count()).toBe(1)

  // After a crash of the relay they find each other again.
  await relay.kill()
  await until(
    () => bobHere.count(),
    count => count === 0,
  )
  await relay.start()
  await expect.poll(() => bobHere.allInnerTexts(), { timeout: 20_000 }).toEqual(['dev:bob'])
  await expect.poll(() => adaThere.count(), { timeout: 20_000 }).toBe(1)

  await ada.page.getByRole('button', { name: 'Pinned' }).click()
  await expect.poll(() => adaThere.count()).toBe(0)
  await ada.page.getByRole('button', { name: 'All notes' }).click()
  await ada.open('Harbour')
  await expect.poll(() => bobHere.allInnerTexts(), { timeout: 20_000 }).toEqual(['dev:bob'])
  await bob.close()
  await expect.poll(() => bobHere.count(), { timeout: 20_000 }).toBe(0)
}, 90_000)
