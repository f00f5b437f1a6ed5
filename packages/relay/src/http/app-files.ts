/** The files of a built web app, wherever they are. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

export interface AppFiles {
  /** Of every file that is there now, below the app and with `/`: `assets/index.js`. */
  paths(): Iterable<string>
  /** Undefined when it is gone since it was listed. */
  read(path: string): Uint8Array<ArrayBuffer> | undefined
}

/** Those in a folder, which may change. */
export function folderFiles(folder: string): AppFiles {
  return {
    paths: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')),
    read(path) {
      try {
        return new Uint8Array(readFileSync(join(folder, path)))
      } catch {
        return undefined
      }
    },
  }
}
