/**
 * Why a relay does not start on a database, or can no longer trust it. Law: an ack means that the edit survives power loss (S1), so what
 * cannot promise that is refused when it opens, with a sentence for whoever runs it (DU-07, DU-08).
 */
import { JoineryError } from '@joinery/core'

/** Before it, a checkpoint may reset the log under a reader: the WAL-reset bug of 3.7.0 to 3.51.2. */
const OLDEST_SQLITE = '3.51.3'

const FULL = 2

/** File systems by the number that statfs gives, on which locks and fsync are not what SQLite needs. */
const NETWORK_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0xff53_4d42, 'CIFS'],
  [0xfe53_4d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x0102_1997, '9P'],
])

export type RefusalReason =
  | 'version'
  | 'synchronous'
  | 'network'
  | 'locked'
  | 'foreign'
  | 'newer'
  /** When it is looked at from outside: SQLite cannot read it, or it is written to all the time. */
  | 'malformed'
  | 'restless'
  /** Where a copy was to go. */
  | 'taken'

/** An UNAVAILABLE with the details `reason` and `sentence`. */
export function refusal(reason: RefusalReason, sentence: string, cause?: unknown): JoineryError {
  return new JoineryError('UNAVAILABLE', { reason, sentence }, { cause })
}

/** Throws unless a commit on such a database survives power loss. */
export function refuseUnlessDurable(found: {
  readonly sqlite: string
  readonly synchronous: number
  readonly journal: string
  /** What statfs says of the folder. */
  readonly fileSystem: number
}): void {
  if (isOlder(found.sqlite, OLDEST_SQLITE))
    throw refusal('version', `SQLite ${found.sqlite} can lose committed data; at least ${OLDEST_SQLITE} is needed.`)
  if (found.journal !== 'wal' || found.synchronous < FULL)
    throw refusal(
      'synchronous',
      'The database does not wait for the disk: it needs journal_mode=WAL, synchronous=FULL.',
    )
  const network = NETWORK_FILE_SYSTEMS.get(found.fileSystem)
  if (network !== undefined)
    throw refusal(
      'network',
      `The data folder is on ${network}, where locks and fsync cannot be trusted: use a local disk.`,
    )
}

function isOlder(version: string, than: string): boolean {
  const [ours, theirs] = [version, than].map(text => text.split('.').map(Number))
  for (const [i, wanted] of (theirs ?? []).entries()) {
    const part = ours?.[i] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}

/** What a failed read or write is for the caller. */
export function failureOf(error: unknown, of: 'read' | 'write'): JoineryError {
  if (error instanceof JoineryError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'SQLITE_FULL') return new JoineryError('QUOTA', {}, { cause: error })
  // After a failed write or fsync nobody knows what is on the disk, and asking again may lie (S5).
  const fatal = of === 'write' && code.startsWith('SQLITE_IOERR')
  return new JoineryError('UNAVAILABLE', { sqlite: code, fatal }, { cause: error })
}
