// What an app that embeds the client ships, gzipped: with the adapters of a browser, without yjs and with it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import type { Bench } from './figure.ts'

const root = join(import.meta.dirname, '..')
const KiB = 1_024

export const size: Bench = {
  what: 'the client as a browser gets it, minified and gzipped at level 9',
  async run() {
    return [
      { name: '@joinery/client/base, without yjs', value: await gzipped('base', ['yjs']), unit: 'KB', limit: 25 },
      { name: '@joinery/client, with yjs and adapters', value: await gzipped('index', []), unit: 'KB', limit: 55 },
    ]
  },
}

async function gzipped(entry: string, external: string[]): Promise<number> {
  const outDir = join(root, '.cache/bench-size', entry)
  await build({
    logLevel: 'error',
    configFile: false,
    resolve: { conditions: ['joinery-source', 'browser', 'module', 'import', 'default'] },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      lib: { entry: join(root, `packages/client/src/${entry}.ts`), formats: ['es'], fileName: 'client' },
      rolldownOptions: { external },
      minify: true,
    },
  })
  return gzipSync(readFileSync(join(outDir, 'client.js')), { level: 9 }).length / KiB
}
