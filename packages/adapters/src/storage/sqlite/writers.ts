/**
 * Who may write to a file, among the storages of this process. Between processes SQLite's own lock says so, but it makes the whole process
 * wait; here the one who holds it could never go on.
 */
import { resolve } from 'node:path'
import { turns, type Turns } from '../../turns.ts'

/** One for each file ever used: a storage that is closed may still be asked to destroy its data. */
const writersByPath = new Map<string, Turns>()

export function writersOf(file: string): Turns {
  const path = resolve(file)
  const known = writersByPath.get(path)
  if (known !== undefined) return known
  const writers = turns()
  writersByPath.set(path, writers)
  return writers
}
