// Programs that tests need and npm does not carry. Present: used. Debian and root: installed quietly.
// Otherwise: a sentence that says what to install, and the tests do not start. Nothing is ever skipped.
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './run.ts'

interface SystemPackage {
  /** Its name in Debian. */
  readonly debian: string
  /** What the program may be called, looked for on the path. */
  readonly programs: readonly string[]
  /** Where else it may be. */
  readonly places: readonly string[]
  /** What needs it, for the sentence that says it is missing. */
  readonly neededBy: string
  /** The only system that it is for, if there is but one: elsewhere what needs it fails by itself. */
  readonly platform?: NodeJS.Platform
}

export const systemPackages = {
  chromium: {
    debian: 'chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    places: [
      '/usr/bin/chromium',
      '/usr/lib/chromium/chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ],
    neededBy: 'the browser tests',
  },
  strace: {
    debian: 'strace',
    programs: ['strace'],
    places: ['/usr/bin/strace'],
    neededBy: 'the test of when the relay acks',
    platform: 'linux',
  },
  redis: {
    debian: 'redis-server',
    programs: ['redis-server', 'valkey-server'],
    places: ['/usr/bin/redis-server'],
    neededBy: 'the tests of several nodes',
  },
  pgbouncer: {
    debian: 'pgbouncer',
    programs: ['pgbouncer'],
    places: ['/usr/sbin/pgbouncer'],
    neededBy: 'the test of hints through a pooler',
  },
  openssl: {
    debian: 'openssl',
    programs: ['openssl'],
    places: ['/usr/bin/openssl'],
    neededBy: 'the test of a Redis with TLS',
  },
} satisfies Record<string, SystemPackage>

/** The path of the program, or undefined when it is not on this machine. */
export function find({ programs, places }: SystemPackage): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return [...programs.flatMap(program => folders.map(folder => join(folder, program))), ...places].find(isExecutable)
}

/** Installs what is missing. Returns one sentence for each program that could not be had. */
export async function provide(packages: readonly SystemPackage[]): Promise<string[]> {
  const wanted = packages.filter(({ platform = process.platform }) => platform === process.platform)
  const missing = wanted.filter(each => find(each) === undefined)
  if (missing.length > 0 && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    console.log(`installing ${missing.map(each => each.debian).join(', ')}`)
    const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq']
    await run([...apt, 'update'])
    const installed = await run([
      ...apt,
      'install',
      '-y',
      '--no-install-recommends',
      ...missing.map(each => each.debian),
    ])
    if (!installed.passed) console.log(installed.output)
  }
  return missing
    .filter(each => find(each) === undefined)
    .map(
      each =>
        `${each.programs[0]} is needed by ${each.neededBy} and was not found: install it (Debian: apt-get install ${each.debian}).`,
    )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
