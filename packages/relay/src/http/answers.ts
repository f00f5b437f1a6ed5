/** The one shape of an HTTP error: a code and an id to find it in the log by, never a stack, a path or a query (OP-03). */
import { sentenceOf, type Code } from '@joinery/core'

export interface ErrorBody {
  readonly success: false
  readonly error: {
    readonly code: Code
    readonly message: string
    readonly details: Readonly<Record<string, unknown>>
    readonly requestId: string
  }
}

export function errorBody(code: Code, requestId: string, details: Readonly<Record<string, unknown>> = {}): ErrorBody {
  return { success: false, error: { code, message: sentenceOf(code), details, requestId } }
}
