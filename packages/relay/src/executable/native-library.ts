/**
 * Libraries that only the system can load, and only from a file, out of the executable file (decisions/0020). Laws:
 * - The file is written into a folder that was made for it a moment ago and that nobody else may enter, and is gone, with its folder, before
 *   the library is used: the system keeps what it has loaded. So no two processes share one, and `kill -9` leaves none behind.
 * - Where nothing can be written, or nothing that is written may be run, the next place is tried; when there is none, it says which it tried.
 */
import { JoineryError } from '@joinery/core'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRawAsset } from 'node:sea'

/** Behind the one that TMPDIR names. */
const PLACES = ['/var/tmp', '/dev/shm']

/** Called by drivers, in place of their own search for it (`scripts/executable/substitutes.ts`). */
export function nativeLibrary(name: string): unknown {
  return loadFromFirst([...new Set([tmpdir(), ...PLACES])], name, new Uint8Array(getRawAsset(name)))
}

export function loadFromFirst(places: readonly string[], name: string, bytes: Uint8Array): unknown {
  const reasons: string[] = []
  for (const place of places) {
    try {
      return loadFrom(place, name, bytes)
    } catch (error) {
      reasons.push(`${place} (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`)
    }
  }
  const sentence =
    `A part of the database has to be in a file for a moment, and there is no place for it: ${reasons.join(', ')}. ` +
    'Set TMPDIR to a folder that can be written and that is not mounted noexec.'
  throw new JoineryError('UNAVAILABLE', { reason: 'no-place', sentence })
}

function loadFrom(place: string, name: string, bytes: Uint8Array): unknown {
  // Made anew, with a name nobody can guess, for its owner alone (0700).
  const folder = mkdtempSync(join(place, 'joinery-library-'))
  try {
    const file = join(folder, name)
    writeFileSync(file, bytes, { mode: 0o500, flag: 'wx' })
    return createRequire(file)(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
