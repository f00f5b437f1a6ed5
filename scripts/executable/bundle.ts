// One file of code out of an entry and all that it imports, dependencies included: an executable file has no modules beside it.
import { join } from 'node:path'
import { build } from 'tsdown'
import { root } from '../run.ts'
import { substitutes } from './substitutes.ts'

export interface Bundled {
  readonly file: string
  /** The files that went into it. */
  readonly modules: readonly string[]
}

export async function bundle(options: {
  readonly name: string
  readonly entry: string
  readonly folder: string
  readonly substituted: Parameters<typeof substitutes>[1]
}): Promise<Bundled> {
  const { name, entry, folder, substituted } = options
  const bundles = await build({
    config: false,
    cwd: root,
    entry: { [name]: entry },
    outDir: folder,
    clean: false,
    // What an executable file begins with cannot be a module (Node 24).
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    dts: false,
    report: false,
    logLevel: 'error',
    deps: { alwaysBundle: [/./], onlyBundle: false },
    inputOptions: { resolve: { conditionNames: ['joinery-source'] } },
    outputOptions: { codeSplitting: false },
    plugins: [substitutes(join(root, 'packages/relay/src/executable/native-library.ts'), substituted)],
  })
  const [chunk, ...others] = bundles.flatMap(each => each.chunks)
  if (chunk?.type !== 'chunk' || others.length > 0) throw new Error(`${name} is not one file`)
  return { file: join(folder, chunk.fileName), modules: chunk.moduleIds }
}
