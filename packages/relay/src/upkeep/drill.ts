/** A restore that leaves nothing: the backup is copied to a folder of its own, looked through as a restore does, and removed (BK-06). */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DATABASE } from '../commands/settings.ts'
import type { LookThrough, OpenStore } from './backup.ts'
import { examineCopy, type Examined } from './examination.ts'

export async function drill(options: {
  readonly from: string
  /** Room for one copy of the store. */
  readonly scratch: string
  readonly openStore: OpenStore
  readonly look: LookThrough
}): Promise<Examined> {
  const folder = await mkdtemp(join(options.scratch, 'joinery-drill-'))
  try {
    return await examineCopy({ ...options, file: join(folder, DATABASE) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
