// Shipping code as it is loaded into this process, with changes: the files on disk stay as they are.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')

export interface Change {
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

/** Throws when something that is to be changed is not there any more. */
export function checkChanges(name: string, changes: readonly Change[]): void {
  for (const { file, find } of changes) {
    const times = readFileSync(join(root, file), 'utf8').split(find).length - 1
    if (times !== 1) throw new Error(`${name}: what it changes stands ${times} times in ${file}: ${find}`)
  }
}

/** From now on these files are loaded with the changes in them. */
export function changeSources(changes: readonly Change[]): void {
  const changesByUrl = Map.groupBy(changes, ({ file }) => pathToFileURL(join(root, file)).href)
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const own = changesByUrl.get(url)
      if (own === undefined) return loaded
      const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
      const changed = own.reduce((text, { find, replace }) => text.replace(find, () => replace), source)
      return { ...loaded, source: changed }
    },
  })
}
