// The long proof that nothing acked or shown is lost: `pnpm bench kill [--kills 200] [--seed N] [--postgres] [--keep]` prints every kill.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { postgresGround } from '../test/faults/kill/ground.ts'
import { killProof, type Kill, type Moment } from '../test/faults/kill/proof.ts'
import { startPostgres } from '../test/postgres.ts'
import type { Bench } from './figure.ts'
import { keepLosses, type Tried } from './losses.ts'

const main = join(import.meta.dirname, '../packages/relay/dist/main.js')

export const kill: Bench = {
  what: 'the relay is killed (kill -9) under 200 updates/s, again and again: through the door, the protocol and the SDK',
  async run() {
    const { values } = parseArgs({
      args: process.argv.slice(3),
      options: {
        kills: { type: 'string', default: '200' },
        seed: { type: 'string' },
        postgres: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
      },
    })
    const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
    console.log(`  seed ${seed}`)
    let count = 0
    const postgres = values.postgres ? await startPostgres() : undefined
    const kills = await killProof({
      ...(postgres && { ground: postgresGround(postgres) }),
      command: [process.execPath, main],
      kills: Number(values.kills),
      seed,
      killed: one => console.log(`  ${lineOf((count += 1), one)}`),
    })
    await postgres?.remove()
    for (const { troubles } of kills) for (const trouble of troubles) console.log(`  ! ${trouble}`)
    if (values.keep) keepLosses(lossesOf(kills, values.postgres))
    const sum = (of: (one: Kill) => number): number => kills.reduce((total, one) => total + of(one), 0)
    const killsAt = (moment: Moment): number => sum(one => (one.moment === moment ? 1 : 0))
    return [
      { name: 'kills', value: kills.length, unit: '' },
      { name: 'of them under load, at a random instant', value: killsAt('load'), unit: '' },
      { name: 'as something that it said arrived', value: killsAt('answer'), unit: '' },
      { name: 'as it started', value: killsAt('start'), unit: '' },
      { name: 'after the server that holds its log was killed', value: killsAt('strike'), unit: '' },
      { name: 'as it stopped', value: killsAt('drain'), unit: '' },
      { name: 'as it was about to fold', value: killsAt('fold'), unit: '' },
      { name: 'of those with some folded and some not', value: sum(one => (one.amidFold ? 1 : 0)), unit: '' },
      { name: 'edits', value: sum(one => one.wrote), unit: '' },
      { name: 'of them acked', value: sum(one => one.acked), unit: '' },
      { name: 'shown to somebody', value: sum(one => one.shown), unit: '' },
      { name: 'acked or shown, and lost', value: sum(one => one.lost), unit: '', limit: 0 },
      { name: 'anything else amiss', value: sum(one => one.troubles.length), unit: '', limit: 0 },
    ]
  },
}

function lossesOf(kills: readonly Kill[], onPostgres: boolean): Tried[] {
  const tried = (fault: Tried['fault'], some: readonly Kill[]): Tried => ({
    fault,
    setting: onPostgres ? 'postgres' : 'sqlite',
    command: `pnpm bench kill${onPostgres ? ' --postgres' : ''} --kills ${kills.length}`,
    times: some.length,
    promised: some.reduce((total, { acked, shown }) => total + acked + shown, 0),
    lost: some.reduce((total, { lost }) => total + lost, 0),
  })
  const strikes = kills.filter(({ moment }) => moment === 'strike')
  const others = kills.filter(({ moment }) => moment !== 'strike')
  return [tried('kill', others), ...(strikes.length === 0 ? [] : [tried('database-kill', strikes)])]
}

function lineOf(count: number, { moment, after, wrote, acked, shown, lost, seqs, amidFold, troubles }: Kill): string {
  const columns = [
    String(count).padStart(3),
    (amidFold ? 'amid fold' : moment).padEnd(9),
    `${after.toFixed(0)} ms`.padStart(8),
    `${wrote} written`.padStart(12),
    `${acked} acked`.padStart(11),
    `${shown} shown`.padStart(11),
    `${seqs} in the log`.padStart(17),
    `${lost} lost`,
    troubles.length === 0 ? '' : `${troubles.length} AMISS`,
  ]
  return columns.join('  ')
}
