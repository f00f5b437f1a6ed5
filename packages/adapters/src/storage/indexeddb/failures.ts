/** What the browser's errors are for the caller. */
import { JoineryError } from '@joinery/core'

/** `reason` is the browser's name for it. */
export function failureOf(error: unknown): JoineryError {
  if (error instanceof JoineryError) return error
  const reason = error instanceof Error ? error.name : 'unknown'
  if (reason === 'QuotaExceededError') return new JoineryError('STORAGE_FULL', { reason }, { cause: error })
  // The code that called is at fault: a value that is not plain, or a body that awaited something else.
  if (reason === 'DataCloneError' || reason === 'TransactionInactiveError')
    return new JoineryError('BAD_INPUT', { reason }, { cause: error })
  return new JoineryError('STORAGE_UNAVAILABLE', { reason }, { cause: error })
}

/** Whether the connection is of no more use, while another may be. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && (error.name === 'InvalidStateError' || error.name === 'UnknownError')
}
