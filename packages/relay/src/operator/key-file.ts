/**
 * How who runs a relay speaks to it: at a port of this machine alone, with a key that is in its data folder for as long as it runs. Law: who
 * may read that folder could read everything in it anyway; nobody else gets the key.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const FILE = 'operator.json'

export interface OperatorKey {
  readonly port: number
  readonly key: string
}

export async function writeKey(data: string, { port, key }: OperatorKey): Promise<void> {
  // Of a relay that was killed.
  await removeKey(data)
  await writeFile(join(data, FILE), `${JSON.stringify({ port, key })}\n`, { mode: 0o600, flag: 'wx' })
}

export async function removeKey(data: string): Promise<void> {
  await rm(join(data, FILE), { force: true })
}

/** Undefined when no relay runs on the folder, as far as can be told from it. */
export async function readKey(data: string): Promise<OperatorKey | undefined> {
  const text = await readFile(join(data, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : (JSON.parse(text) as OperatorKey)
}
