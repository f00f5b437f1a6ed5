// `pnpm start`: builds what is missing or stale, then runs a relay on this machine that serves the notes app.
// Further arguments go to the relay and take the place of its own: `pnpm start --port 5000`.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { buildStale } from './builds.ts'
import { whenLauncherEnds } from './launcher.ts'
import { root } from './run.ts'

const built = await buildStale(console.log)
if (!built.passed) {
  console.error(built.output)
  process.exit(1)
}

const given = process.argv.slice(2)
const defaults = { port: '4321', data: join(root, '.joinery'), app: join(root, 'examples/notes/dist') }
const added = Object.entries(defaults).flatMap(([name, value]) => (isGiven(name) ? [] : [`--${name}`, value]))

const main = join(root, 'packages/relay/dist/main.js')
const relay = spawn(process.execPath, [main, 'serve', '--dev', ...added, ...given], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => relay.kill(signal))
whenLauncherEnds(() => relay.kill('SIGTERM'))
relay.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)
})

function isGiven(name: string): boolean {
  return given.some(argument => argument === `--${name}` || argument.startsWith(`--${name}=`))
}
