/**
 * The table of what is lost when something goes wrong, in bench/results. Laws:
 * - A row is a whole run of the bench that it names, or batches of it that were added up, with `--keep`: how often it was tried, what had
 *   been acked or shown, and what of that was gone.
 * - A run takes the place of the one before it; the others stay.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Tried {
  readonly fault: keyof typeof FAULTS
  readonly setting: keyof typeof SETTINGS
  readonly command: string
  readonly times: number
  /** Acks and showings that were remembered; undefined where the history is simulated and every edit of it is compared. */
  readonly promised: number | undefined
  readonly lost: number
}

const FAULTS = {
  'kill': 'the relay is killed (`kill -9`) under 200 edits/s',
  'database-kill': 'its Postgres is killed, and the relay after it',
  'power': 'the power goes: what was not fsynced is lost, or half written (simulated)',
  'node': 'one of the relays is killed for good',
  'pause': 'one of the relays stands still, and comes back',
  'cut': 'one of the relays does not reach Postgres',
  'redis': 'Redis is killed, and comes back',
  'postgres': 'Postgres is killed, and comes back',
} as const

const SETTINGS = {
  sqlite: 'one relay, SQLite',
  postgres: 'one relay, Postgres',
  fleet: 'two relays, Postgres, Redis',
  simulated: 'both, simulated',
} as const

const folder = join(import.meta.dirname, 'results')
const numbersFile = join(folder, 'losses.json')

export function keepLosses(runs: readonly Tried[]): void {
  const known = existsSync(numbersFile) ? (JSON.parse(readFileSync(numbersFile, 'utf8')) as Tried[]) : []
  const isNew = (one: Tried): boolean =>
    runs.some(({ fault, setting }) => fault === one.fault && setting === one.setting)
  const all = [...known.filter(one => !isNew(one)), ...runs]
  writeFileSync(numbersFile, `${JSON.stringify(all, undefined, 2)}\n`)
  writeFileSync(join(folder, 'losses.md'), matrixOf(all))
}

function matrixOf(all: readonly Tried[]): string {
  const rows = Object.entries(FAULTS).flatMap(([fault, what]) =>
    all
      .filter(one => one.fault === fault)
      .map(one => [
        what,
        SETTINGS[one.setting],
        numeral(one.times),
        one.promised === undefined ? 'every edit' : numeral(one.promised),
        `**${numeral(one.lost)}**`,
        `\`${one.command}\``,
      ]),
  )
  return [
    '# What is lost',
    '',
    'Written by the commands in it, with `--keep`; do not edit. What other servers lose of the same is in [peers.md](peers.md), under kill.',
    '',
    '| what goes wrong | where | times | acked or shown, and looked for | of that lost | command |',
    '| --- | --- | ---: | ---: | ---: | --- |',
    ...rows.map(cells => `| ${cells.join(' | ')} |`),
    '',
  ].join('\n')
}

function numeral(count: number): string {
  return count.toLocaleString('en-US')
}
