// The licences of what the executable file holds, as they ask for: it goes from hand to hand without their packages.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `modules` are the files that went into it, `node` is the folder of Node, `app` that of the built notes app, which lists its own. */
export function licences(modules: readonly string[], node: string, app: string): string {
  const folders = new Set([node])
  for (const module of modules) {
    const folder = /^\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module)?.[0]
    if (folder !== undefined) folders.add(folder)
  }
  const ofApp = `==== The notes app\n\n${readFileSync(join(app, 'licences.md'), 'utf8')}`
  return [...[...folders].map(licenceOf).toSorted(), ofApp].join('\n')
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const [file] = globSync('{LICENSE,LICENCE,license,licence,COPYING}*', { cwd: folder })
  const text = file === undefined ? `Licence: ${license}\n` : readFileSync(join(folder, file), 'utf8')
  return `==== ${name} ${version}\n\n${text}`
}
