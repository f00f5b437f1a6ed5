// `pnpm bench` measures everything, `pnpm bench NAME` one thing. Each figure is printed beside what it must be, and with its peer where it
// has one, in the same run. Exits with 1 when a figure is not what it must be.
import { b4Open } from './b4-open.ts'
import { firstRows } from './first-rows.ts'
import { type Bench, say } from './figure.ts'
import { reconnect } from './reconnect.ts'
import { saved } from './saved.ts'
import { size } from './size.ts'

const benches: Readonly<Record<string, Bench>> = {
  'reconnect': reconnect,
  'first-rows': firstRows,
  'saved': saved,
  'b4-open': b4Open,
  'size': size,
}

const asked = process.argv[2]
const chosen = asked === undefined ? Object.keys(benches) : [asked]
let short = 0
for (const name of chosen) {
  const bench = benches[name]
  if (bench === undefined) {
    console.error(`There is ${Object.keys(benches).join(', ')}.`)
    process.exit(2)
  }
  console.log(`\n${name}: ${bench.what}`)
  for (const figure of await bench.run()) {
    console.log(`  ${say(figure)}`)
    if (figure.limit !== undefined && figure.value > figure.limit) short += 1
  }
}
process.exit(short === 0 ? 0 : 1)
