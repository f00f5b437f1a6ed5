/** Folders that are written into. Law: each is made with those that it stands in, for its owner alone, or it is said why it is not. */
import { JoineryError } from '@joinery/core'
import { existsSync } from 'node:fs'
import { mkdir, rmdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Gives those that were not there, outermost first. Rejects with UNAVAILABLE and a `sentence`. */
export async function makeFolder(path: string): Promise<readonly string[]> {
  const folder = resolve(path)
  if (await isFolder(folder)) return []
  const parent = dirname(folder)
  // One by one: asked for all at once, Node tries for ever where a system says that they are not there, as in /proc.
  const made = existsSync(parent) ? [] : await makeFolder(parent)
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    await removeFolders(made)
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
    const sentence = `The folder ${folder} cannot be made (${reason}).`
    throw new JoineryError('UNAVAILABLE', { reason, sentence }, { cause: error })
  }
  return [...made, folder]
}

/** What was made, as long as nothing is in it. */
export async function removeFolders(made: readonly string[]): Promise<void> {
  for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined)
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}
