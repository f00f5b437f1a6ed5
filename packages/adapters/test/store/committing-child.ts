// A process that commits one entry after the other to the store in its first argument, and tells each seq once it is acked, with the size of
// the write-ahead log. It never ends by itself. With `hold` it opens the store and only tells that.
import { statSync, writeSync } from 'node:fs'
import { entryDigest, type CommitEntry } from '@joinery/core'
import { sqliteStore } from '../../src/store/sqlite.ts'

const [file = '', mode] = process.argv.slice(2)
const store = sqliteStore({ file })

if (mode === 'hold') {
  writeSync(1, 'open\n')
  setInterval(() => undefined, 1_000)
} else {
  let last = await store.lastOf('space', 'phone')
  for (;;) {
    const entries = [entry(++last), entry(++last)]
    const [committed] = await store.commit([{ space: 'space', entries }])
    for (const outcome of committed?.outcomes ?? [])
      writeSync(1, `${'seq' in outcome ? outcome.seq : outcome.outcome} ${statSync(`${file}-wal`).size}\n`)
    // So that checkpoints get their turn.
    if (last % 64 === 0) await new Promise(resolve => setImmediate(resolve))
  }
}

/** The bytes tell the n, so that what is found can be checked. */
function entry(n: number): CommitEntry {
  // A large one now and then, so that it comes to a checkpoint.
  const bytes = new TextEncoder().encode(`${n} `.repeat(n % 16 === 0 ? 50_000 : 1 + ((n * 37) % 200)))
  const named = { type: 'update' as const, document: `d${n}`, kind: 'note', engine: 'yjs', bytes }
  return { ...named, at: n, device: 'phone', n, subject: 'ann', basedOn: 0, authors: [], digest: entryDigest(named) }
}
