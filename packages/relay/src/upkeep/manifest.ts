/**
 * What a backup says of itself, in `manifest.json`. Laws:
 * - BK-02: it names every part with its size and SHA-256, and is sealed by its own: what does not fit is refused, and nothing of it is used.
 * - It is written last: a folder without it is no backup.
 *
 * The heads of logs and the digests of documents are a part of their own, a line each, since there may be millions.
 */
import { JoineryError } from '@joinery/core'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A reader of this format refuses any other. */
const FORMAT = 1
const MANIFEST = 'manifest.json'

export interface Part {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

export interface Damaged {
  readonly documents: number
  readonly rows: number
  readonly marks: number
}

export interface Manifest {
  readonly format: number
  /** ISO 8601. */
  readonly madeAt: string
  /** Of the store that it is a copy of. */
  readonly schema: number
  readonly spaces: number
  readonly documents: number
  readonly entries: number
  /** What could not be relied on when it was made: it is in it as it was. */
  readonly damaged: Damaged
  readonly parts: readonly Part[]
}

export async function partOf(folder: string, name: string): Promise<Part> {
  const file = join(folder, name)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return { name, bytes: (await stat(file)).size, sha256: hash.digest('hex') }
}

/** On the disk when it resolves, with its folder. */
export async function writeManifest(folder: string, told: Omit<Manifest, 'format'>): Promise<Manifest> {
  const manifest: Manifest = { format: FORMAT, ...told }
  const file = join(folder, MANIFEST)
  await writeFsynced(`${file}.new`, `${JSON.stringify({ ...manifest, seal: sealOf(manifest) }, undefined, 2)}\n`)
  await rename(`${file}.new`, file)
  await fsyncFolder(folder)
  return manifest
}

/** Rejects with BAD_INPUT and a sentence when it is not one that this version wrote, whole. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch((error: unknown) => {
    throw noBackup(folder, `it has no ${MANIFEST}`, error)
  })
  let read: Manifest & { readonly seal?: unknown }
  try {
    read = JSON.parse(text) as typeof read
  } catch (error) {
    throw noBackup(folder, `its ${MANIFEST} cannot be read`, error)
  }
  const { seal, ...manifest } = read
  if (seal !== sealOf(manifest)) throw noBackup(folder, `its ${MANIFEST} is not what was written`)
  if (manifest.format !== FORMAT) throw noBackup(folder, `it has format ${manifest.format}, and this reads ${FORMAT}`)
  return manifest
}

/** BK-02: rejects unless a part is what was written. */
export async function checkPart(folder: string, part: Part): Promise<void> {
  const found = await partOf(folder, part.name).catch((error: unknown) => {
    throw noBackup(folder, `${part.name} cannot be read`, error)
  })
  if (found.bytes !== part.bytes)
    throw noBackup(folder, `${part.name} has ${found.bytes} bytes, and ${part.bytes} were written`)
  if (found.sha256 !== part.sha256) throw noBackup(folder, `${part.name} is not what was written (SHA-256)`)
}

export function noBackup(folder: string, why: string, cause?: unknown): JoineryError {
  return new JoineryError('BAD_INPUT', { sentence: `${folder} is no backup to rely on: ${why}.` }, { cause })
}

async function writeFsynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What was renamed in it, or made, is there after a power loss. */
export async function fsyncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export async function fsyncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function sealOf(manifest: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex')
}
