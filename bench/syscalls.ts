// Whether each edit is acked and shown after the fsync that makes it durable, by what the relay asked of the system: `pnpm bench syscalls`.
import { join } from 'node:path'
import { find, systemPackages } from '../scripts/system-packages.ts'
import { orderOf } from '../test/faults/syscalls/order.ts'
import { traced } from '../test/faults/syscalls/traced.ts'
import type { Bench } from './figure.ts'

const main = join(import.meta.dirname, '../packages/relay/dist/main.js')
const EDITS = 2_000

export const syscalls: Bench = {
  what: `the relay's system calls while it takes ${EDITS} edits: through the door, the protocol and the SDK`,
  async run() {
    const strace = find(systemPackages.strace)
    if (strace === undefined) throw new Error('Install strace (Debian: apt-get install strace).')
    const { calls, wrote, troubles } = await traced({
      strace,
      command: [process.execPath, main],
      edits: EDITS,
      perSecond: 200,
    })
    const { durable, syncs, acks, shown, early, closest } = orderOf(calls)
    for (const sentence of [...troubles, ...early]) console.log(`  ! ${sentence}`)
    return [
      { name: 'edits', value: wrote, unit: '' },
      { name: 'of them not seen on their way to the disk', value: wrote - durable, unit: '', limit: 0 },
      { name: 'syncs of the log', value: syncs, unit: '' },
      { name: 'acks', value: acks, unit: '' },
      { name: 'times that an edit was shown', value: shown, unit: '' },
      { name: 'acks and showings before their sync', value: early.length, unit: '', limit: 0 },
      { name: 'calls from a sync to the first that rests on it', value: closest, unit: '' },
    ]
  },
}
