// A relay of the built kind on a store of either kind, in a process of its own.
import { join } from 'node:path'
import type { Launch } from './contest/server-process.ts'
import { RELAY } from './contest/servers.ts'

const LISTENING = /^joinery listening on http:\/\/127\.0\.0\.1:(?<port>\d+)/
const argv = [RELAY, 'serve', '--port', '0', '--dev']

/** What `serve` is told in the environment besides. */
export type Settings = Readonly<Record<string, string>>

export function onSqlite(folder: string): Launch {
  return { argv: [...argv, '--data', join(folder, 'data')], listening: LISTENING }
}

export function onPostgres(url: string, env: Settings = {}): Launch {
  return { argv, env: { JOINERY_STORE: url, ...env }, listening: LISTENING }
}
