// `pnpm build`: builds what is missing or stale; `pnpm build --all` builds everything.
import { buildStale } from './builds.ts'

const { passed, output } = await buildStale(console.log, { all: process.argv.includes('--all') })
if (!passed) console.error(output)
process.exitCode = passed ? 0 : 1
