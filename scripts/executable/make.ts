// Makes dist/joinery: Node's own binary with the relay's code in it, and all files that the relay needs (decisions/0020).
import { copyFileSync, globSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { root, run } from '../run.ts'
import { bundle } from './bundle.ts'
import { licences } from './licences.ts'

/** Documented by Node: it marks the place in the binary that says whether there is something in it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

const folder = join(root, '.cache/executable')
const made = join(root, 'dist/joinery')

const { platform, arch } = process
if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
  console.error(`The executable file is made on Linux (x64, arm64); this is ${platform} ${arch}.`)
  process.exit(1)
}
const node = realpathSync(join(root, `node_modules/node-linux-${arch}/bin/node`))

/** The folder of a dependency of one of our packages. */
function dependency(of: 'relay' | 'adapters', name: string): string {
  const { resolve } = createRequire(join(root, 'packages', of, 'package.json'))
  let path = dirname(resolve(name))
  while (!path.endsWith(`/node_modules/${name}`)) path = dirname(path)
  return path
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
mkdirSync(dirname(made), { recursive: true })
const relay = join(root, 'packages/relay/src')
const main = await bundle({
  name: 'main',
  entry: join(relay, 'main.ts'),
  folder,
  substituted: ['better-sqlite3/lib/binding.js', 'classic-level/binding.js'],
})
const worker = await bundle({
  name: 'worker',
  entry: join(relay, 'main-worker.ts'),
  folder,
  substituted: ['nodejs/automerge_wasm.cjs'],
})
const app = join(root, 'examples/notes/dist')
const notices = join(folder, 'licences.txt')
writeFileSync(notices, licences([...main.modules, ...worker.modules], dirname(dirname(node)), app))

const level = join(dependency('adapters', 'classic-level'), `prebuilds/linux-${arch}`)
const notes = globSync('**/*', { cwd: app, withFileTypes: true }).filter(entry => entry.isFile())
const config = join(folder, 'sea.json')
writeFileSync(
  config,
  JSON.stringify({
    main: main.file,
    output: join(folder, 'blob'),
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: {
      'worker.js': worker.file,
      'package.json': join(root, 'packages/relay/package.json'),
      'licences.txt': notices,
      'better-sqlite3.node': join(dependency('adapters', 'better-sqlite3'), `prebuilds/linux-${arch}.node`),
      'classic-level.node': join(level, arch === 'x64' ? 'classic-level.node' : 'classic-level.armv8.node'),
      'automerge.wasm': join(dependency('adapters', '@automerge/automerge'), 'dist/automerge.wasm'),
      ...Object.fromEntries(
        notes
          .map(entry => join(entry.parentPath, entry.name))
          .map(file => [`notes/${file.slice(app.length + 1)}`, file]),
      ),
    },
  }),
)
await must([node, '--experimental-sea-config', config])

// Beside its place and then into it: one that runs keeps the file that it was started from.
const fresh = join(folder, 'joinery')
copyFileSync(node, fresh)
await must(['postject', fresh, 'NODE_SEA_BLOB', join(folder, 'blob'), '--sentinel-fuse', FUSE])
renameSync(fresh, made)

async function must(command: readonly string[]): Promise<void> {
  const { passed, output } = await run(command)
  if (passed) return
  console.error(output)
  process.exit(1)
}
