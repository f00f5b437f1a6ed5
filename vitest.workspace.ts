// The test projects: one a package, one for each kind of test that crosses packages.
// Sources are imported as they are, by the condition `joinery-source`: no build is needed.
import { join } from 'node:path'
import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'
import { chromiumFlags, chromiumPath } from './test/chromium.ts'

const conditions = ['joinery-source', ...defaultServerConditions]

type Project = Exclude<TestProjectConfiguration, string | Promise<unknown> | ((...args: never[]) => unknown)>
type TestOptions = NonNullable<Project['test']>

/** One project of tests that run in Node, in forked processes whose own workers resolve sources too. */
function project(name: string, root: string, options: TestOptions = {}): Project {
  return {
    root: join(import.meta.dirname, root),
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      environment: 'node',
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      exclude: ['**/*.browser.test.ts'],
      pool: 'forks',
      execArgv: ['--conditions=joinery-source'],
      ...options,
    },
  }
}

const across = { include: ['**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 }

/** Tests that run inside a real Chromium: what only a browser has, such as IndexedDB. */
const inBrowser: Project = {
  root: join(import.meta.dirname, 'packages'),
  resolve: { conditions: ['joinery-source', ...defaultClientConditions] },
  test: {
    name: 'browser',
    include: ['*/{src,test}/**/*.browser.test.ts'],
    globalSetup: [join(import.meta.dirname, 'packages/adapters/test/transport/peer-server.ts')],
    browser: {
      enabled: true,
      headless: true,
      provider: playwright({ launchOptions: { executablePath: chromiumPath(), args: [...chromiumFlags] } }),
      instances: [{ browser: 'chromium' }],
      screenshotFailures: false,
    },
  },
}

export default defineConfig({
  test: {
    // Each has its own servers and folders; one at a time would leave the second core idle.
    maxWorkers: '100%',
    projects: [
      // Whoever changes `Object.prototype` breaks its tests.
      project('core', 'packages/core', { setupFiles: [join(import.meta.dirname, 'test/frozen-prototype.ts')] }),
      project('adapters', 'packages/adapters'),
      project('client', 'packages/client'),
      project('relay', 'packages/relay', { testTimeout: 20_000, hookTimeout: 20_000 }),
      project('sim', 'test/sim', { ...across, testTimeout: 300_000 }),
      project('faults', 'test/faults', across),
      project('docs', 'test/docs', { ...across, testTimeout: 180_000 }),
      project('repo', 'test/repo', across),
      project('bench', 'bench', { testTimeout: 60_000 }),
      inBrowser,
      project('e2e', 'test/e2e', {
        ...across,
        testTimeout: 180_000,
        hookTimeout: 180_000,
        fileParallelism: false,
        // After all others, alone: a browser and a relay need both cores to be quick.
        sequence: { groupOrder: 1 },
      }),
    ],
  },
})
