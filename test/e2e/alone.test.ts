// A device without a network: everything works, and nothing is lost when one turns up.
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { closeDevices, device, launchBrowser, until } from './device.ts'
import { relayProcess } from '../relay-process.ts'

const app = join(import.meta.dirname, '../../examples/notes/dist')
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())
afterEach(async () => {
  await closeDevices(browser)
})

test('[C1] the app opens and keeps its notes with the network off, after one visit', async () => {
  const relay = await relayProcess()
  onTestFinished(() => relay.remove())
  const at = await device(browser, relay.url)
  await at.create('Kept', 'before the tunnel')
  await at.acked()
  await at.page.evaluate(() => navigator.serviceWorker.ready.then(() => true))
  await at.page.reload()
  await at.ready()
  await at.context.setOffline(true)
  await at.page.reload()
  await at.ready()
  await until(
    () => at.titles(),
    titles => titles.includes('Kept'),
  )
  await at.open('Kept')
  await until(
    () => at.body(),
    body => body.includes('before the tunnel'),
  )
  await at.write(', and in it')
  await until(
    () => at.status(),
    status => status.includes('safe on this device'),
  )
  await at.page.reload()
  await at.ready()
  await at.open('Kept')
  await until(
    () => at.body(),
    body => body.includes('and in it'),
  )
})

test('[C1] a device that never had a relay keeps a library, and brings it along when one turns up', async () => {
  const shop = await serveApp()
  const address = shop.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  const at = await device(browser, url, { user: 'hermit', alone: true })
  await at.create('Alone', 'nobody else here')
  await until(
    () => at.status(),
    status => status.includes('safe on this device'),
  )
  await at.page.reload()
  await at.ready()
  await until(
    () => at.titles(),
    titles => titles.includes('Alone'),
  )
  await until(
    () => at.status(),
    status => status.includes('on this device'),
  )

  // The same origin now has a relay behind it: what was written alone goes up.
  await close(shop)
  const relay = await relayProcess({ port: address.port })
  onTestFinished(() => relay.remove())
  await at.acked()
  const other = await device(browser, relay.url, { user: 'hermit' })
  await until(
    () => other.titles(),
    titles => titles.includes('Alone'),
  )
  await other.open('Alone')
  await until(
    () => other.body(),
    body => body.includes('nobody else here'),
  )
  expect(await other.title()).toBe('Alone')
})

test('[CL-16] signing out leaves nothing behind in the browser', async () => {
  const relay = await relayProcess()
  onTestFinished(() => relay.remove())
  const at = await device(browser, relay.url, { user: 'visitor' })
  await at.create('Private', 'for my eyes')
  await at.acked()
  // The app of before is still there for a moment, and it looks the same.
  const isAnother = at.page.waitForEvent('load')
  await at.page.getByRole('button', { name: 'Sign out' }).click()
  await isAnother
  await at.ready()
  await until(
    () => at.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? '')),
    names => names.every(name => !name.includes('visitor')),
  )
  expect(await at.titles()).not.toContain('Private')
})

/** The app's files and nothing else: no relay. */
async function serveApp(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://app').pathname
    const file = join(app, path === '/' ? 'index.html' : path)
    readFile(file).then(
      bytes =>
        response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
