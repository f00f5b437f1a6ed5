// Real Chromium with a page of ours in it, on a profile that outlives the page.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { build, preview } from 'vite'
import { chromiumFlags, chromiumPath } from '../test/chromium.ts'

const root = join(import.meta.dirname, 'page')

export interface BenchBrowser {
  /** The page, loaded anew in a browser that was started anew. */
  cold(): Promise<Page>
  remove(): Promise<void>
}

/** Builds and serves the page. */
export async function benchBrowser(): Promise<BenchBrowser> {
  const outDir = join(import.meta.dirname, '../.cache/bench-page')
  await build({
    root,
    logLevel: 'error',
    configFile: false,
    resolve: { conditions: ['joinery-source', 'browser', 'module', 'import', 'default'] },
    build: { outDir, emptyOutDir: true, target: 'es2023' },
  })
  const server = await preview({
    root,
    logLevel: 'error',
    configFile: false,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  })
  const url = server.resolvedUrls?.local[0]
  if (url === undefined) throw new Error('the page is not served')
  const profile = mkdtempSync(join(tmpdir(), 'joinery-bench-'))
  const start = () =>
    chromium.launchPersistentContext(profile, { executablePath: chromiumPath(), args: [...chromiumFlags] })
  let context = await start()
  return {
    async cold() {
      await context.close()
      context = await start()
      const page = await context.newPage()
      await page.goto(url)
      await page.waitForFunction(() => 'bench' in globalThis)
      return page
    },
    async remove() {
      await context.close()
      await server.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}
