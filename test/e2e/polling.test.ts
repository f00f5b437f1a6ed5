// People behind proxies that let no WebSocket through, or not for long, work as well.
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { agree, closeDevices, device, type Device, launchBrowser, until } from './device.ts'
import { type Policy, type Proxy, proxyTo } from './proxy.ts'
import { type RelayProcess, relayProcess } from '../relay-process.ts'

let browser: Browser
let relay: RelayProcess
let proxy: Proxy
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  relay = await relayProcess()
})
afterEach(async () => {
  await closeDevices(browser)
  proxy.close()
  await relay.remove()
})

/** Longer than a WebSocket is waited for, and then tried again. */
const comes = (is: () => boolean): Promise<void> => expect.poll(is, { timeout: 90_000, interval: 50 }).toBe(true)

/** Two devices of one person, both behind the proxy. A browser complains of WebSockets that it does not get. */
async function behind(policy: Policy): Promise<[Device, Device]> {
  proxy = await proxyTo(relay.url, policy)
  const one = (): Promise<Device> => device(browser, proxy.url, { alone: true })
  return [await one(), await one()]
}

async function writeInTurns(desk: Device, phone: Device, title: string): Promise<void> {
  await desk.create(title, 'From the desk. ')
  await until(
    () => phone.titles(),
    titles => titles.includes(title),
  )
  await phone.open(title)
  await until(
    () => phone.body(),
    body => body.includes('From the desk.'),
  )
  await phone.write('From the phone. ')
  await until(
    () => desk.body(),
    body => body.includes('From the phone.'),
  )
  await agree(desk, phone)
}

test('[P105] [P106] WebSockets are refused: two devices agree, a relay that is killed loses nothing acked, and WebSockets return', async () => {
  const [desk, phone] = await behind('refuse')
  await writeInTurns(desk, phone, 'Behind a wall')
  expect(proxy.open()).toBe(0)
  expect(proxy.posts()).toBeGreaterThan(0)

  await desk.acked()
  const typing = desk.page.keyboard.type('Typed while it died. ', { delay: 3 })
  await relay.kill()
  await typing
  await relay.start()
  await desk.syncNow()
  await until(
    () => phone.body(),
    body => body.includes('Typed while it died.'),
  )
  await desk.acked()

  proxy.policy = 'pass'
  await comes(() => proxy.open() === 2)
  await desk.write('Over a WebSocket. ')
  await until(
    () => phone.body(),
    body => body.includes('Over a WebSocket.'),
  )
  const { body } = await agree(desk, phone)
  for (const words of ['From the desk.', 'From the phone.', 'Typed while it died.', 'Over a WebSocket.']) {
    expect(body.split(words).length - 1, words).toBe(1)
  }
})

test('[P105] WebSockets are never answered: two devices agree', async () => {
  const [desk, phone] = await behind('hang')
  await writeInTurns(desk, phone, 'No answer')
  expect(proxy.posts()).toBeGreaterThan(0)
})

test('[P105] WebSockets are cut after 10 s: what is typed meanwhile is there once, and it goes on over HTTP', async () => {
  const [desk, phone] = await behind('cut')
  await writeInTurns(desk, phone, 'Cut short')
  expect(proxy.posts()).toBe(0)
  let lines = 0
  while (proxy.posts() === 0 && lines < 400) await desk.write(`line ${(lines += 1)}. `)
  await comes(() => proxy.posts() > 0)
  await desk.write('The end. ')
  await until(
    () => phone.body(),
    body => body.includes('The end.'),
  )
  const { body } = await agree(desk, phone)
  for (let line = 1; line <= lines; line++) expect(body.split(`line ${line}. `).length - 1, `line ${line}`).toBe(1)
})
