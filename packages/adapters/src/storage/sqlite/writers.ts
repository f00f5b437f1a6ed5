/**
 * Who may write to a file, among the storages of this process. Between processes SQLite's own lock says so, but it makes the whole process
 * wait; here the one who holds it could never go on.
 */
import { resolve } from 'node:path'
import { turns, type Turns } from '../../turns.ts'

const writersByPath = new Map<string, { readonly turns: Turns; holders: number }>()

export interface Writers extends Turns {
  leave(): void
}

export function writersOf(file: string): Writers {
  const path = resolve(file)
  const writers = writersByPath.get(path) ?? { turns: turns(), holders: 0 }
  writersByPath.set(path, writers)
  writers.holders += 1
  let left = false
  return {
    take: () => writers.turns.take(),
    leave() {
      if (left) return
      left = true
      writers.holders -= 1
      if (writers.holders === 0) writersByPath.delete(path)
    },
  }
}
