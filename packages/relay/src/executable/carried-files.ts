/**
 * What the executable file carries beside the code that it begins with (decisions/0020). Law: it is read from the memory that the file is
 * mapped to; nothing of it is written anywhere, but for what only the system can load (`native-library.ts`).
 */
import * as sea from 'node:sea'
import type { AppFiles } from '../http/app-files.ts'

export interface CarriedFiles {
  text(name: string): string
  /** Those whose name begins with `folder/`. */
  below(folder: string): AppFiles
}

/** Undefined in a process of Node that runs a script. */
export function carriedFiles(): CarriedFiles | undefined {
  if (!sea.isSea()) return undefined
  return {
    text: name => sea.getAsset(name, 'utf8'),
    below(folder) {
      const prefix = `${folder}/`
      const paths = sea
        .getAssetKeys()
        .filter(name => name.startsWith(prefix))
        .map(name => name.slice(prefix.length))
      return {
        paths: () => paths,
        read: path => (paths.includes(path) ? new Uint8Array(sea.getAsset(`${prefix}${path}`)) : undefined),
      }
    },
  }
}
