// How each of the four packages is built: dist mirrors src, file by file, with declarations beside the code.
// One file stays one file, so a worker's entry is where its starter looks for it.
import type { UserConfig } from 'tsdown'

/**
 * The build of the package in `folder`. `entries` are globs below it; a worker's entry is found by its name,
 * `*-worker.ts`, and need not be listed.
 */
export function packageBuild(folder: string, entries: string[], platform: 'neutral' | 'node'): UserConfig {
  return {
    cwd: folder,
    entry: [...entries, 'src/**/*-worker.ts', '!src/**/*.test.ts'],
    root: 'src',
    format: 'esm',
    platform,
    target: 'es2023',
    unbundle: true,
    dts: { build: false, resolver: 'tsc' },
    sourcemap: true,
    clean: true,
    fixedExtension: false,
    report: false,
    logLevel: 'warn',
    plugins: [workerUrls()],
  }
}

/** `new URL('./x-worker.ts', import.meta.url)` names a source; in dist that file ends in `.js`. */
function workerUrls() {
  const url = /(new URL\(\s*['"]\.[^'"]+)\.ts(['"],\s*import\.meta\.url)/g
  return {
    name: 'joinery-worker-urls',
    // As long as before, so the source map stays as it is: `map: null`.
    transform: {
      order: 'pre' as const,
      handler: (code: string) => ({ code: code.replace(url, '$1.js$2'), map: null }),
    },
  }
}
