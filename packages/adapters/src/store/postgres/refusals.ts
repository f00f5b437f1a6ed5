/** Why a relay does not start on a Postgres, and what a statement that failed is for the caller. */
import { JoineryError } from '@joinery/core'

export type PostgresRefusal =
  /** A commit would not wait for the disk. */
  | 'synchronous'
  /** The role reads over row-level security. */
  | 'bypass'
  /** The schema is of a newer version. */
  | 'newer'
  /** A relay that does not survive a migration is still there. */
  | 'older'
  /** Others did not let go of what a migration needs. */
  | 'busy'
  /** For a command, which changes no schema: there is none, or one of an older version. */
  | 'empty'
  | 'outdated'
  | 'version'
  /** A pooler gives each transaction another session. */
  | 'pooled'
  /** A relay runs on it. */
  | 'served'
  /** Something is there, where something else was to go. */
  | 'taken'
  /** It cannot be reached, or does not let us in. */
  | 'unreachable'

/** An UNAVAILABLE with the details `reason` and `sentence`. */
export function refusal(reason: PostgresRefusal, sentence: string, cause?: unknown): JoineryError {
  return new JoineryError('UNAVAILABLE', { reason, sentence }, { cause })
}

/** disk_full. */
const FULL = '53100'
/** serialization_failure, deadlock_detected: the same once more is something else. */
const AGAIN = ['40001', '40P01']

export function isWorthAgain(error: unknown): boolean {
  return AGAIN.includes(codeOf(error))
}

/** connection exceptions, insufficient resources, operator intervention: about the server, whatever it was asked. */
const SERVER = /^(?:08|53|57)/
const SQLSTATE = /^[0-9A-Z]{5}$/
/** idle_in_transaction_session_timeout: we stood still or were cut off, whatever was asked. */
const STOOD_STILL = '25P03'
/** query_canceled: what was asked took too long, and less of it may not. */
const CANCELED = '57014'

/** Whether nobody is there, or he takes nobody: no reason to ask for less, or for something else. */
function isAway(code: string): boolean {
  return code === STOOD_STILL || (SERVER.test(code) && code !== CANCELED)
}

/**
 * What a connection rejects with. When it is no answer of a server, nobody was there; an error of ours in the middle of a transaction has no
 * SQLSTATE either, so only who asks the connection can tell.
 */
export function failureOfConnection(error: unknown): unknown {
  const code = codeOf(error)
  // What is wrong with what was asked, the language tells.
  const isOurs = error instanceof JoineryError || error instanceof TypeError || error instanceof RangeError
  if (isOurs || SQLSTATE.test(code)) return error
  return new JoineryError('UNAVAILABLE', { postgres: code, fatal: false, away: true }, { cause: error })
}

/** What a failed statement, or a connection that is gone, is for the caller: never fatal, since what is on the disk is Postgres' to know. */
export function failureOf(error: unknown): JoineryError {
  if (error instanceof JoineryError) return error
  const code = codeOf(error)
  if (code === FULL) return new JoineryError('QUOTA', {}, { cause: error })
  return new JoineryError('UNAVAILABLE', { postgres: code, fatal: false, away: isAway(code) }, { cause: error })
}

/** An SQLSTATE, or the system's name for what became of the connection. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
