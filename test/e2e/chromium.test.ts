// The browser that the end-to-end tests drive is there, starts, and does what they lean on.
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { chromiumFlags, chromiumPath } from '../chromium.ts'

test('Chromium starts and keeps what a page stores', async () => {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumFlags] })
  try {
    const page = await browser.newPage()
    await page.route('http://localhost/**', route => route.fulfill({ contentType: 'text/html', body: '<p>ready' }))
    await page.goto('http://localhost/')
    await page.evaluate(() => localStorage.setItem('kept', 'yes'))
    await page.reload()
    expect(await page.evaluate(() => localStorage.getItem('kept'))).toBe('yes')
  } finally {
    await browser.close()
  }
})
