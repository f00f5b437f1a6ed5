// A device: a browser with storage of its own and the notes app in it, and what a person does there.
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { chromiumFlags, chromiumPath } from '../chromium.ts'

/** The browser that all devices of a test file share. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: [...chromiumFlags] })
}

export interface Device {
  readonly context: BrowserContext
  readonly page: Page
  /** Another tab of the same device. */
  tab(): Promise<Device>
  /** Waits until the app is drawn. */
  ready(): Promise<void>
  create(title: string, body?: string): Promise<void>
  open(title: string): Promise<void>
  /** Types into the title field, replacing it. */
  retitle(title: string): Promise<void>
  /** Types at the end of the body. */
  write(text: string): Promise<void>
  title(): Promise<string>
  body(): Promise<string>
  /** The titles in the list. */
  titles(): Promise<string[]>
  status(): Promise<string>
  /** As a person who does not want to wait: taps the status. */
  syncNow(): Promise<void>
  /** Waits until every edit made here is on the relay's disk. */
  acked(): Promise<void>
  close(): Promise<void>
}

export interface DeviceOptions {
  readonly user?: string
  /** A shared space instead of the personal one. */
  readonly space?: string
  /** In CSS pixels; a desk's by default. */
  readonly width?: number
  /** No relay answers at this address, and the browser says so. */
  readonly alone?: boolean
  /** The app's editor is not loaded before this, and not at all if it rejects. */
  readonly editorAfter?: Promise<void>
}

/** What went wrong in a page and should not have: a test fails at its end when there is any. */
const troubles: string[] = []

/** Closes all devices of a test. Nothing may have been thrown or complained about in any of them. */
export async function closeDevices(browser: Browser): Promise<void> {
  for (const context of browser.contexts()) await context.close()
  expect(troubles.splice(0)).toEqual([])
}

/** A new device of `user` at the app that `url` serves. */
export async function device(browser: Browser, url: string, options: DeviceOptions = {}): Promise<Device> {
  const { user = 'ada', space, width = 1280, alone = false, editorAfter } = options
  const context = await browser.newContext({ viewport: { width, height: 800 } })
  context.on('weberror', error => troubles.push(`thrown: ${error.error().message}`))
  context.on('console', message => {
    const line = message.text()
    // A network that is gone, or a relay that was killed, is what some tests are about: the browser itself tells of it.
    const isWeather = line.includes('net::ERR_') || (alone && `${line} ${message.location().url}`.includes('/v1/'))
    if (message.type() === 'error' && !isWeather) troubles.push(`console: ${line} (${message.location().url})`)
  })
  if (editorAfter !== undefined) {
    await context.route('**/assets/sheets-*.js', async route => {
      await editorAfter.then(
        () => route.continue(),
        () => route.abort(),
      )
    })
  }
  return openTab(context, `${url}/?user=${user}${space === undefined ? '' : `&space=${space}`}`)
}

async function openTab(context: BrowserContext, address: string): Promise<Device> {
  const page = await context.newPage()
  await page.goto(address)
  const at: Device = {
    context,
    page,
    tab: () => openTab(context, address),
    async ready() {
      await page.getByLabel('Search notes').waitFor()
    },
    async create(title, body = '') {
      await page.getByLabel('New note', { exact: true }).click()
      await until(
        () => page.getByLabel('Title').inputValue(),
        shown => shown === '',
      )
      await page.getByLabel('Title').fill(title)
      if (body !== '') await at.write(body)
    },
    async open(title) {
      await page.locator('.card', { hasText: title }).first().click()
      await until(
        () => page.getByLabel('Title').inputValue(),
        shown => shown === title,
      )
      await page.locator('.tiptap[contenteditable]').waitFor()
    },
    retitle: title => page.getByLabel('Title').fill(title),
    async write(text) {
      await page.locator('.tiptap').click()
      await page.keyboard.press('Control+End')
      await page.keyboard.type(text)
    },
    title: () => page.getByLabel('Title').inputValue(),
    body: () => page.locator('.tiptap').evaluate(written),
    titles: () => page.locator('.card b > span').allInnerTexts(),
    status: () => page.getByRole('status').innerText(),
    syncNow: () => page.getByTitle('Sync now').click(),
    acked: () =>
      until(
        () => at.status(),
        status => status.startsWith('All saved'),
      ),
    close: () => context.close(),
  }
  await at.ready()
  return at
}

/** The words in the editor, without carets of others and their names. */
function written(editor: Element): string {
  const copy = editor.cloneNode(true)
  if (!(copy instanceof Element)) return ''
  for (const caret of copy.querySelectorAll('.collaboration-carets__caret')) caret.remove()
  return [...copy.children].map(block => block.textContent ?? '').join('\n')
}

/** Waits until what `read` gives satisfies `fits`. */
export async function until<T>(read: () => Promise<T>, fits: (value: T) => boolean): Promise<void> {
  await expect.poll(async () => fits(await read()), { timeout: 30_000, interval: 50 }).toBe(true)
}

/** Waits until both devices show the same title and body, and gives them. */
export async function agree(a: Device, b: Device): Promise<{ title: string; body: string }> {
  const shown = async (): Promise<string[]> => [await a.title(), await b.title(), await a.body(), await b.body()]
  await until(shown, ([titleA, titleB, bodyA, bodyB]) => titleA === titleB && bodyA === bodyB)
  return { title: await a.title(), body: await a.body() }
}
