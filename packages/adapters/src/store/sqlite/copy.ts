/**
 * A copy of a database that a process may be writing to. Law: it is of one moment, or there is none: between two checkpoints the database
 * stands still and its WAL only grows, so what did not change meanwhile fits together.
 */
import { constants } from 'node:fs'
import { copyFile, open, rm, stat } from 'node:fs/promises'
import { refusal } from './refusals.ts'

const TRIES = 5
const WAL_HEADER_BYTES = 32

/**
 * Copies the database of a store that no relay has open, without opening it: it is not brought to a newer version. The copy's WAL stands beside
 * the copy.
 *
 * Rejects with UNAVAILABLE and the reason `restless` when somebody writes to it all the time, and as the file system does.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { mkdtempSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { copySqlite, sqliteStore } from '@joinery/adapters/store/sqlite'
 *
 * const folder = mkdtempSync(join(tmpdir(), 'joinery-'))
 * const [file, to] = [join(folder, 'log.db'), join(folder, 'copy.db')]
 * const store = sqliteStore({ file })
 * await store.admit('garden', 'ann', 'owner')
 * await copySqlite({ file, to })
 * await store.close()
 * const copy = sqliteStore({ file: to })
 * assert.equal(await copy.roleOf('garden', 'ann'), 'owner')
 * await copy.close()
 * ```
 */
export async function copySqlite({ file, to }: { readonly file: string; readonly to: string }): Promise<void> {
  await copyOfOneMoment(file, to)
}

/** Rejects with UNAVAILABLE and the reason `restless` when there was no such moment. */
export async function copyOfOneMoment(file: string, copy: string, copyOne = cloned): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const before = await momentOf(file)
    await copyOne(file, copy)
    await rm(`${copy}-wal`, { force: true })
    if (before.wal !== '') await copyOne(`${file}-wal`, `${copy}-wal`)
    const after = await momentOf(file)
    if (before.database === after.database && before.wal === after.wal) return
  }
  throw refusal('restless', 'It is written to so much that no copy of one moment could be made. Try again later.')
}

/** It shares its blocks with the original where the file system can do that. */
function cloned(from: string, to: string): Promise<void> {
  return copyFile(from, to, constants.COPYFILE_FICLONE)
}

/** What a checkpoint changes: the database, or the first bytes of the WAL. */
async function momentOf(file: string): Promise<{ database: string; wal: string }> {
  const { mtimeNs, size } = await stat(file, { bigint: true })
  const wal = await open(`${file}-wal`).catch(() => undefined)
  try {
    const header = await wal?.read({ buffer: Buffer.alloc(WAL_HEADER_BYTES), position: 0 })
    const isEmpty = header === undefined || header.bytesRead < WAL_HEADER_BYTES
    return { database: `${mtimeNs} ${size}`, wal: isEmpty ? '' : header.buffer.toString('hex') }
  } finally {
    await wal?.close()
  }
}
