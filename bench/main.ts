// `pnpm bench` measures everything, `pnpm bench NAME` one thing, `pnpm bench peers` the relay beside other servers. Each figure is printed
// beside what it must be, and with its peer where it has one, in the same run. Exits with 1 when a figure is not what it must be, and
// `pnpm bench --check` when a ratio to a peer fell behind the committed one.
import { b4Open } from './b4-open.ts'
import { contest } from './contest/main.ts'
import { faults } from './faults.ts'
import { firstRows } from './first-rows.ts'
import { type Bench, say } from './figure.ts'
import { fleet } from './fleet.ts'
import { hostile } from './hostile.ts'
import { kill } from './kill.ts'
import { nodes } from './nodes.ts'
import { power } from './power.ts'
import { reconnect } from './reconnect.ts'
import { saved } from './saved.ts'
import { size } from './size.ts'
import { soak } from './soak.ts'
import { storeCosts } from './store-costs.ts'
import { stored } from './stored.ts'
import { syscalls } from './syscalls.ts'

const benches: Readonly<Record<string, Bench>> = {
  'reconnect': reconnect,
  'first-rows': firstRows,
  'saved': saved,
  'b4-open': b4Open,
  'size': size,
  'kill': kill,
  'syscalls': syscalls,
  'hostile': hostile,
  'faults': faults,
  'fleet': fleet,
  'power': power,
  'nodes': nodes,
  'store-costs': storeCosts,
  'stored': stored,
  'soak': soak,
}

const PEERS = 'peers'
const [asked, ...others] = process.argv.slice(2)
if (asked === PEERS) process.exit(await contest(others))
if (asked?.startsWith('--')) process.exit(await contest([asked, ...others]))

let short = 0
for (const name of asked === undefined ? Object.keys(benches) : [asked]) {
  const bench = benches[name]
  if (bench === undefined) {
    console.error(`There is ${[...Object.keys(benches), PEERS].join(', ')}.`)
    process.exit(2)
  }
  console.log(`\n${name}: ${bench.what}`)
  for (const figure of await bench.run()) {
    console.log(`  ${say(figure)}`)
    if (figure.limit !== undefined && figure.value > figure.limit) short += 1
  }
}
if (asked === undefined && (await contest([])) !== 0) short += 1
process.exit(short === 0 ? 0 : 1)
