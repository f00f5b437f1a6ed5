// Who is measured, each as its makers start it, and how it is configured.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DialectName } from '../driver/dialects.ts'
import type { Launch } from './server-process.ts'

const bench = join(import.meta.dirname, '..')
/** The relay as it is built; another build, to be compared with it, where BENCH_RELAY says. */
export const RELAY = process.env['BENCH_RELAY'] ?? join(bench, '../packages/relay/dist/main.js')
const peer = (path: string): string => join(bench, 'peers', path)

export interface Server {
  readonly label: string
  readonly dialect: DialectName
  /** What it is made of, and what it does before it shows an edit. */
  readonly configuration: string
  launch(folder: string, port: number): Launch
}

const LISTENING = /^listening on (?<port>\d+)$/

function versionOf(name: string): string {
  const manifest = JSON.parse(readFileSync(peer(`node_modules/${name}/package.json`), 'utf8')) as { version: string }
  return `${name} ${manifest.version}`
}

const ours = {
  launch: (folder: string): Launch => ({
    argv: [RELAY, 'serve', '--port', '0', '--data', folder, '--dev'],
    listening: /^joinery listening on http:\/\/127\.0\.0\.1:(?<port>\d+)/,
  }),
}

export const SERVERS = {
  'joinery-door': {
    label: 'Joinery, y-websocket door',
    dialect: 'door',
    configuration:
      'the built relay; SQLite, WAL, synchronous=FULL; every edit committed and fsynced before anybody sees it',
    ...ours,
  },
  'joinery': {
    label: 'Joinery, its own protocol',
    dialect: 'joinery',
    configuration: 'the same relay',
    ...ours,
  },
  'hocuspocus': {
    label: 'Hocuspocus',
    dialect: 'hocuspocus',
    configuration: `${versionOf('@hocuspocus/server')}, ${versionOf('@hocuspocus/extension-sqlite')}; shows an edit at once and stores the document 2 to 10 s after it, in SQLite with its default journal`,
    launch: (folder, port) => ({ argv: [peer('hocuspocus.ts'), folder, String(port)], listening: LISTENING }),
  },
  'y-websocket-server': {
    label: 'y-websocket server',
    dialect: 'y-websocket',
    configuration: `${versionOf('@y/websocket-server')} with the y-leveldb it brings; writes behind what it shows, without an fsync`,
    launch: (folder, port) => ({
      argv: [peer('node_modules/@y/websocket-server/src/server.js')],
      env: { HOST: '127.0.0.1', PORT: String(port), YPERSISTENCE: join(folder, 'y-leveldb') },
      listening: /^running at/,
    }),
  },
  'automerge-repo': {
    label: 'automerge-repo sync server',
    dialect: 'automerge-repo',
    configuration: `${versionOf('@automerge/automerge-repo')}, WebSocket adapter, Node file system storage; shows and stores at most every 100 ms, without an fsync; its documents are Automerge's`,
    launch: folder => ({ argv: [peer('automerge-repo.ts'), folder], listening: LISTENING }),
  },
  'floor': {
    label: 'floor (no CRDT work)',
    dialect: 'y-websocket',
    configuration:
      'SQLite, WAL, synchronous=FULL, one commit and one frame for what has gathered; reads no update, cannot be used',
    launch: folder => ({ argv: [join(bench, 'floor/main.ts'), folder], listening: LISTENING }),
  },
} satisfies Record<string, Server>

export type ServerName = keyof typeof SERVERS
