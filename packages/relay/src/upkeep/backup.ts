/**
 * Makes a backup: a copy of the store, what is in it line by line, and the manifest. Laws:
 * - BK-01: everything that was acked before it began is in it.
 * - What is copied is read whole afterwards, by its checksums, and what cannot be read is said.
 * - It writes into a folder of its own, over nothing, and a backup that was not finished has no manifest.
 */
import { JoineryError, type Clock, type Store, type StoreLook, type StoreUpkeep } from '@joinery/core'
import { chmod, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DATABASE } from '../commands/settings.ts'
import { makeFolder } from '../made-folder.ts'
import { contentsOf } from './contents.ts'
import { fsyncFile, partOf, writeManifest, type Manifest } from './manifest.ts'

/** The part that says what is in the other. */
export const CONTENTS = 'contents.jsonl'
const LINES_BYTES = 65_536

export type OpenStore = (options: { readonly file: string; readonly lockTimeout: number }) => Store & StoreUpkeep

/** Looks at every row of a database where it is; see `inspectSqlite`. */
export type LookThrough = (options: { readonly file: string; readonly deep: true }) => Promise<StoreLook>

export interface Made {
  readonly manifest: Manifest
  /** The first of the documents that are damaged. */
  readonly damaged: readonly string[]
}

export async function makeBackup(options: {
  /** A folder that is not there, or empty. */
  readonly to: string
  /** Puts a copy of the store in a new file. */
  readonly copy: (file: string) => Promise<void>
  readonly openStore: OpenStore
  readonly look: LookThrough
  readonly clock: Pick<Clock, 'now'>
}): Promise<Made> {
  const { to, copy, openStore, look, clock } = options
  await makeFolder(to)
  if ((await readdir(to)).length > 0) {
    throw new JoineryError('BAD_INPUT', { sentence: `${to} is not empty: a backup goes into a folder of its own.` })
  }
  const madeAt = new Date(clock.now()).toISOString()
  const file = join(to, DATABASE)
  await copy(file)
  await chmod(file, 0o600)
  const store = openStore({ file, lockTimeout: 0 })
  let counted: Counted
  try {
    counted = await writeContents(join(to, CONTENTS), store)
  } finally {
    // What was in its WAL is in it now, and the WAL is gone.
    await store.close()
  }
  const { integrity, rows, marks, disagreeing } = await look({ file, deep: true })
  if (integrity[0] !== undefined) {
    throw new JoineryError('UNAVAILABLE', { sentence: `This makes no backup, its pages are broken: ${integrity[0]}.` })
  }
  await fsyncFile(file)
  const { unread, ...counts } = counted
  const documents = [...new Set([...unread, ...disagreeing.map(({ space, document }) => `${space}/${document}`)])]
  const damaged = { documents: documents.length, rows: rows.damaged, marks: marks.wrong }
  const parts = [await partOf(to, DATABASE), await partOf(to, CONTENTS)]
  const manifest = await writeManifest(to, { madeAt, schema: store.schema, ...counts, damaged, parts })
  return { manifest, damaged: documents.slice(0, LISTED) }
}

interface Counted {
  readonly spaces: number
  readonly documents: number
  readonly entries: number
  readonly unread: readonly string[]
}

const LISTED = 20

async function writeContents(file: string, store: Store & StoreUpkeep): Promise<Counted> {
  const unread: string[] = []
  let [spaces, documents, entries] = [0, 0, 0]
  const handle = await open(file, 'wx', 0o600)
  try {
    let lines = ''
    for await (const line of contentsOf(store)) {
      if ('document' in line) {
        documents += 1
        entries += line.entries
        if (line.digest === undefined) unread.push(`${line.space}/${line.document}`)
      } else spaces += 1
      lines += `${JSON.stringify(line)}\n`
      if (lines.length < LINES_BYTES) continue
      await handle.write(lines)
      lines = ''
    }
    await handle.write(lines)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { spaces, documents, entries, unread }
}
