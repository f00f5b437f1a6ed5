/**
 * The file that a copy goes into. Laws:
 * - It is made here, for its owner alone, over nothing; and gone when the copy comes to nothing.
 * - What was written goes to the disk meanwhile, so that the end waits for little.
 */
import { open, rm } from 'node:fs/promises'
import { refusal } from './refusals.ts'

const SYNC_BYTES = 16_777_216

/** Rejects with UNAVAILABLE and the reason `taken` when there is such a file, as the file system does, and as `fill` does. */
export async function newCopy(file: string, fill: (wrote: (bytes: number) => void) => Promise<void>): Promise<void> {
  const made = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw refusal('taken', `${file} is there already.`, error)
    throw error
  })
  let syncing: Promise<void> | undefined
  let unsynced = 0
  const wrote = (bytes: number): void => {
    unsynced += bytes
    if (unsynced < SYNC_BYTES) return
    unsynced = 0
    // What could not be written shows at the end as well.
    syncing ??= made
      .datasync()
      .catch(() => undefined)
      .finally(() => {
        syncing = undefined
      })
  }
  try {
    await fill(wrote)
    await syncing
    await made.sync()
    await made.close()
  } catch (error) {
    await syncing
    await made.close()
    await rm(file, { force: true })
    throw error
  }
}
