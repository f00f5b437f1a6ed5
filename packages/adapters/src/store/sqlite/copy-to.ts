/**
 * A copy of a database by the connection that has it open, page by page. Laws:
 * - What is committed meanwhile is in the copy, too: SQLite writes it to both when one connection makes both.
 * - Between two steps others have their turn, and what was copied goes to the disk meanwhile, so that its end waits for little.
 */
import type { Database } from 'better-sqlite3'
import { open, rm } from 'node:fs/promises'
import { refusal } from './refusals.ts'

/** A step of a millisecond or so. */
const STEP_PAGES = 128
const SYNC_PAGES = 4_096

/** Rejects with UNAVAILABLE and the reason `taken` when there is such a file, and as the file system does; then nothing is left. */
export async function copyDatabase(database: Database, file: string): Promise<void> {
  // Made here, so that nobody else can read it, and that it is nobody else's.
  const made = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw refusal('taken', `${file} is there already.`, error)
    throw error
  })
  let syncing: Promise<void> | undefined
  let unsynced = 0
  const sync = (): void => {
    unsynced = 0
    // What could not be written shows at the end as well, where SQLite itself waits for the disk.
    syncing ??= made
      .datasync()
      .catch(() => undefined)
      .finally(() => {
        syncing = undefined
      })
  }
  try {
    await database.backup(file, {
      progress() {
        unsynced += STEP_PAGES
        if (unsynced >= SYNC_PAGES) sync()
        return STEP_PAGES
      },
    })
    await syncing
    await made.close()
  } catch (error) {
    await syncing
    await made.close()
    await rm(file, { force: true })
    throw error
  }
}
