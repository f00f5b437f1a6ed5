/**
 * Where the hatch is: a socket in the data folder. Law: the systems take some hundred bytes for the path of a socket and no more; a longer one
 * is reached through a short link to its folder, in a folder of one's own that is gone as soon as it was used.
 */
import { JoineryError } from '@joinery/core'
import { mkdtempSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Beside the database, in a folder that is its owner's alone. */
const HATCH = 'joinery.sock'
/** On the systems that take the least. What is longer Node cuts off in silence. */
const PATH_BYTES = 103

export function hatchIn(data: string): string {
  return join(resolve(data), HATCH)
}

export interface Reached {
  /** By which to listen or to connect. */
  readonly path: string
  /** Once that is done. */
  readonly reached: () => void
}

/** Throws UNAVAILABLE where not even the link is short enough, and what the file system says against a link. */
export function reachable(data: string): Reached {
  const path = hatchIn(data)
  if (isShort(path)) return { path, reached: () => undefined }
  if (!isShort(join(tmpdir(), 'joinery-......', 'd', HATCH)))
    throw new JoineryError('UNAVAILABLE', { sentence: 'The paths of the data folder and of TMPDIR are too long.' })
  const folder = mkdtempSync(join(tmpdir(), 'joinery-'))
  const link = join(folder, 'd')
  let isThere = true
  const reached = (): void => {
    if (!isThere) return
    isThere = false
    unlinkSync(link)
    rmdirSync(folder)
  }
  try {
    symlinkSync(resolve(data), link)
  } catch (error) {
    rmdirSync(folder)
    throw error
  }
  return { path: join(link, HATCH), reached }
}

function isShort(path: string): boolean {
  return Buffer.byteLength(path) <= PATH_BYTES
}
