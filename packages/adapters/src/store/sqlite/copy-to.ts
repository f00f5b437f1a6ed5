/**
 * A copy of a database by the connection that has it open, page by page. Laws:
 * - What is committed meanwhile is in the copy, too: SQLite writes it to both when one connection makes both.
 * - Between two steps others have their turn.
 */
import type { Database } from 'better-sqlite3'
import { newCopy } from './new-copy.ts'

/** A step of a millisecond or so. */
const STEP_PAGES = 128
const PAGE_BYTES = 4_096

/** Rejects as `newCopy` does. */
export function copyDatabase(database: Database, file: string): Promise<void> {
  return newCopy(file, async wrote => {
    await database.backup(file, {
      progress() {
        wrote(STEP_PAGES * PAGE_BYTES)
        return STEP_PAGES
      },
    })
  })
}
