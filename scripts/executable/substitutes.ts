// What three dependencies do at run time to find a file of theirs beside them, which is not there in an executable file:
// instead, they take what the file carries.
import type { Rolldown } from 'tsdown'

/** Puts the module that loads what is carried in the place of a dependency's own search. */
const native = `const { nativeLibrary } = require('joinery:native-library')`

/** By how the path of the module ends: its code with another way to the file. */
const substitutesByModule: Readonly<Record<string, (code: string) => string>> = {
  'better-sqlite3/lib/binding.js': () =>
    `${native}\nlet addon\nexports.getBinding = () => (addon ??= nativeLibrary('better-sqlite3.node'))\n`,
  'classic-level/binding.js': () => `${native}\nmodule.exports = nativeLibrary('classic-level.node')\n`,
  'nodejs/automerge_wasm.cjs': code =>
    code.replace(`require('fs').readFileSync(wasmPath)`, `require('node:sea').getRawAsset('automerge.wasm')`),
}

/**
 * A plugin of the bundler. `nativeLibrary` is the module that loads what is carried. When one of `expected` does not come by, or is not what
 * it was, the build fails here and not on the machine of whoever runs it.
 */
export function substitutes(nativeLibrary: string, expected: readonly (keyof typeof substitutesByModule)[]) {
  const missing = new Set(expected)
  return {
    name: 'joinery-substitutes',
    resolveId: id => (id === 'joinery:native-library' ? nativeLibrary : undefined),
    transform(code, id) {
      const module = Object.keys(substitutesByModule).find(each => id.endsWith(`/${each}`))
      const given = module === undefined ? code : substitutesByModule[module]?.(code)
      if (module === undefined || given === undefined) return undefined
      if (given === code) this.error(`${module} is not what it was: look at scripts/executable/substitutes.ts`)
      missing.delete(module)
      return { code: given, map: null }
    },
    buildEnd(error) {
      if (error === undefined && missing.size > 0)
        this.error(`not met: ${[...missing].join(', ')}. Look at scripts/executable/substitutes.ts`)
    },
  } satisfies Rolldown.Plugin
}
