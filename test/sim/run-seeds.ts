// Many seeds, in as many processes as there are cores; what failed, and whether everything that must happen sometimes did.
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { SOMETIMES, type Sometimes } from './journal.ts'
import { planOf, type Fault } from './plan.ts'
import { runSeed, type History } from './run-seed.ts'

export interface Run {
  readonly first: number
  readonly count: number
  readonly trace: boolean
  readonly bug: string | undefined
  /** Goes on after a planted bug was noticed. */
  readonly every: boolean
  /** Seeds without these faults are passed over. */
  readonly needs: readonly Fault[]
}

/** From this many seeds on, each of SOMETIMES must have happened. */
const ENOUGH = 1_000

/** Each so many seeds one is run twice. */
const TWICE = 100

interface Tally {
  seeds: number
  operations: number
  faults: number
  failures: { readonly seed: number; readonly broken: string }[]
  sometimes: Partial<Record<Sometimes, number>>
}

/** Runs them and prints what came out. 0 when everything held. */
export async function runSeeds(run: Run): Promise<number> {
  const tally =
    run.count < 20 || (run.bug !== undefined && !run.every) || process.send !== undefined
      ? await runHere(run)
      : await runOnAllCores(run)
  if (process.send !== undefined) {
    process.send(tally)
    return 0
  }
  for (const { seed, broken } of tally.failures) console.log(`seed ${seed} FAILED ${broken}`)
  console.log(
    `${tally.seeds} seeds, ${tally.operations} operations, ${tally.faults} faults, ${tally.failures.length} failed`,
  )
  const missed =
    run.count >= ENOUGH && run.bug === undefined ? SOMETIMES.filter(what => (tally.sometimes[what] ?? 0) === 0) : []
  for (const what of SOMETIMES)
    if (run.count > 1 && run.bug === undefined)
      console.log(`${String(tally.sometimes[what] ?? 0).padStart(7)} × ${what}`)
  for (const what of missed) console.log(`never: ${what}`)
  return tally.failures.length > 0 || missed.length > 0 ? 1 : 0
}

async function runHere({ first, count, trace, bug, every, needs }: Run): Promise<Tally> {
  const tally: Tally = { seeds: 0, operations: 0, faults: 0, failures: [], sometimes: {} }
  for (let seed = first; seed < first + count; seed++) {
    const { faults } = planOf(seed)
    if (!needs.every(fault => faults.has(fault))) continue
    const history = await runSeed(seed)
    add(tally, history)
    if (seed % TWICE === 0 && (await runSeed(seed)).fingerprint !== history.fingerprint) {
      tally.failures.push({ seed, broken: 'determinism: told twice, it is another history' })
    }
    if (trace) print(history)
    if (bug !== undefined && !every && tally.failures.length > 0) break
  }
  return tally
}

async function runOnAllCores(run: Run): Promise<Tally> {
  const parts = Math.min(availableParallelism(), run.count)
  const size = Math.ceil(run.count / parts)
  const tallies = await Promise.all(
    Array.from({ length: parts }, (_, at) => {
      const first = run.first + at * size
      return inProcess({ ...run, first, count: Math.min(size, run.first + run.count - first) })
    }),
  )
  return tallies.reduce(merge)
}

function inProcess({ first, count, bug, every }: Run): Promise<Tally> {
  const args = [
    '--seed',
    String(first),
    '--seeds',
    String(count),
    ...(bug === undefined ? [] : ['--bug', bug]),
    ...(every ? ['--every'] : []),
  ]
  const child = fork(new URL('./main.ts', import.meta.url), args, { execArgv: ['--conditions=joinery-source'] })
  return new Promise((resolve, reject) => {
    let tally: Tally | undefined
    child.on('message', message => {
      tally = message as Tally
    })
    child.on('exit', code =>
      tally === undefined ? reject(new Error(`a part of the run ended with ${code}`)) : resolve(tally),
    )
  })
}

function add(tally: Tally, { seed, broken, operations, faults, journal }: History): void {
  tally.seeds += 1
  tally.operations += operations
  tally.faults += faults
  if (broken !== undefined) tally.failures.push({ seed, broken })
  for (const [what, times] of journal.sometimes) tally.sometimes[what] = (tally.sometimes[what] ?? 0) + times
}

function merge(a: Tally, b: Tally): Tally {
  const sometimes = { ...a.sometimes }
  for (const what of SOMETIMES) sometimes[what] = (a.sometimes[what] ?? 0) + (b.sometimes[what] ?? 0)
  return {
    seeds: a.seeds + b.seeds,
    operations: a.operations + b.operations,
    faults: a.faults + b.faults,
    failures: [...a.failures, ...b.failures],
    sometimes,
  }
}

function print({ plan, journal, operations, faults, broken }: History): void {
  console.log(plan)
  for (const line of journal.lines) console.log(line)
  console.log(`${operations} operations, ${faults} faults: ${broken ?? 'all held'}`)
}
