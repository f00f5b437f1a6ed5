// Commits to the store in its argument until the disk refuses, and tells what the store says then. Ends with 3, as a relay would.
import { writeSync } from 'node:fs'
import { entryDigest, JoineryError, type CommitEntry } from '@joinery/core'
import { sqliteStore } from '../../src/store/sqlite.ts'

const tell = (line: string): void => void writeSync(1, `${line}\n`)
const store = sqliteStore({ file: process.argv[2] ?? '', onFatal: () => tell('fatal') })

let n = 0
let failed = await commit()
while (failed === undefined) {
  tell(`acked ${n}`)
  failed = await commit()
}
tell(`commit ${failed}`)
tell(`again ${await commit()}`)
tell(`read ${await store.head('space').then(() => 'fine', reasonOf)}`)
process.exitCode = 3

async function commit(): Promise<string | undefined> {
  n += 1
  const bytes = new Uint8Array(20_000).fill(n)
  const named = { type: 'update' as const, document: `d${n}`, kind: 'note', engine: 'yjs', bytes }
  const rest = { at: n, device: 'phone', n, subject: 'ann', basedOn: 0, authors: [], digest: entryDigest(named) }
  const entry: CommitEntry = { ...named, ...rest }
  return store.commit([{ space: 'space', entries: [entry] }]).then(() => undefined, reasonOf)
}

function reasonOf(error: unknown): string {
  return error instanceof JoineryError ? `${error.code} ${String(error.details['fatal'])}` : String(error)
}
