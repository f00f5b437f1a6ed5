// Plants a bug: changes shipping code as it is loaded, one line, or a line and the guard behind it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { changeSources, checkChanges, type Change } from '../changed-sources.ts'
import type { Fault } from './plan.ts'

/** A one-line change that somebody could make by mistake, and the law it breaks. */
export interface PlantedBug extends Change {
  readonly breaks: string
  /** Where a second guard, in the same file or in another, would hide it: that is taken away, too. */
  readonly and?: Omit<Change, 'file'> & { readonly file?: string }
  /** Without these faults it cannot show: seeds that have them off are passed over. */
  readonly needs?: readonly Fault[]
  /** Where it shows more seldom than others do: within so many seeds. */
  readonly within?: number
}

/** The bug of `bugs/<name>.json`. Throws when the code that it changes is not there any more. */
export function readBug(name: string): PlantedBug {
  const bug = JSON.parse(readFileSync(join(import.meta.dirname, 'bugs', `${name}.json`), 'utf8')) as PlantedBug
  checkChanges(name, changesOf(bug))
  return bug
}

/** From now on the file is loaded with the bug in it. */
export function plant(name: string): void {
  changeSources(changesOf(readBug(name)))
}

function changesOf(bug: PlantedBug): readonly Change[] {
  return bug.and === undefined ? [bug] : [bug, { file: bug.file, ...bug.and }]
}
