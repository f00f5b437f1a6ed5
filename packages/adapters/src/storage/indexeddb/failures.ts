/** What the browser's errors are for the caller. */
import { JoineryError, type Code } from '@joinery/core'

/** By the browser's name for it; everything else is STORAGE_UNAVAILABLE. */
const CODES_BY_NAME: { readonly [name: string]: Code } = {
  QuotaExceededError: 'STORAGE_FULL',
  // A newer app was here.
  VersionError: 'VERSION',
  // The code that called is at fault: a value that is not plain, or a body that awaited something else.
  DataCloneError: 'BAD_INPUT',
  TransactionInactiveError: 'BAD_INPUT',
}

/** `reason` is the browser's name for it. */
export function failureOf(cause: unknown): JoineryError {
  if (cause instanceof JoineryError) return cause
  const reason = nameOf(cause)
  return new JoineryError(CODES_BY_NAME[reason] ?? 'STORAGE_UNAVAILABLE', { reason }, { cause })
}

/** Whether the connection is of no more use, while another may be. */
export function isConnectionLost(error: unknown): boolean {
  return ['InvalidStateError', 'UnknownError'].includes(nameOf(error))
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
