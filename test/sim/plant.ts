// Plants a bug: changes shipping code as it is loaded, one line, or a line and the guard behind it. The file on disk stays as it is.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Fault } from './plan.ts'

const root = join(import.meta.dirname, '../..')

/** A one-line change that somebody could make by mistake, and the law it breaks. */
export interface PlantedBug extends Change {
  readonly breaks: string
  readonly file: string
  /** Where a second guard in the same file would hide it: that is taken away, too. */
  readonly and?: Change
  /** Without these faults it cannot show: seeds that have them off are passed over. */
  readonly needs?: readonly Fault[]
  /** Where it shows more seldom than others do: within so many seeds. */
  readonly within?: number
}

interface Change {
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

/** The bug of `bugs/<name>.json`. Throws when the code that it changes is not there any more. */
export function readBug(name: string): PlantedBug {
  const bug = JSON.parse(readFileSync(join(import.meta.dirname, 'bugs', `${name}.json`), 'utf8')) as PlantedBug
  const source = readFileSync(join(root, bug.file), 'utf8')
  for (const { find } of changesOf(bug)) {
    const times = source.split(find).length - 1
    if (times !== 1) throw new Error(`${name}: what it changes stands ${times} times in ${bug.file}`)
  }
  return bug
}

/** From now on the file is loaded with the bug in it. */
export function plant(name: string): void {
  const bug = readBug(name)
  const target = pathToFileURL(join(root, bug.file)).href
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (url !== target) return loaded
      const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
      const planted = changesOf(bug).reduce((text, { find, replace }) => text.replace(find, () => replace), source)
      return { ...loaded, source: planted }
    },
  })
}

function changesOf(bug: PlantedBug): readonly Change[] {
  return bug.and === undefined ? [bug] : [bug, bug.and]
}
