// `pnpm sim --seed 7`: one history of the shipping client and relay on virtual time, told in full with --trace.
// `pnpm sim --seeds 1000 [--seed FIRST]`: many, on all cores. `--bug NAME` plants one of test/sim/bugs first, and ends with the first seed
// that notices; with `--every`, it tells of each that does.
import { enableCompileCache } from 'node:module'
import { parseArgs } from 'node:util'
import { plant, readBug } from './plant.ts'

// Every part of a run and every planted bug is a process that loads the same sources.
enableCompileCache()

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    trace: { type: 'boolean', default: false },
    bug: { type: 'string' },
    every: { type: 'boolean', default: false },
  },
})

if (values.bug !== undefined) plant(values.bug)

// Loaded only now, so that a planted bug is in what is loaded.
const { runSeeds } = await import('./run-seeds.ts')
process.exitCode = await runSeeds({
  first: Number(values.seed),
  count: values.seeds === undefined ? 1 : Number(values.seeds),
  trace: values.trace,
  bug: values.bug,
  every: values.every,
  needs: values.bug === undefined ? [] : (readBug(values.bug).needs ?? []),
})
