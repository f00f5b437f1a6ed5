/** An edit on its way into the log, and the answer to it. */
import type { Code } from '@joinery/core'
import type { PushedEntry } from '@joinery/core/protocol'
import type { Scanned } from './gate/gate.ts'
import type { EditTrace } from './tracing/tracing.ts'

export interface Job {
  readonly space: string
  readonly entry: PushedEntry
  /** Whether it was told that it came, and this may be several. */
  readonly isGiven?: boolean
  readonly device: string
  /** The connection that brought it, for the log. The device if absent: at the door that is the connection. */
  readonly session?: string
  /** When its frame came, by the monotonic clock, where that is looked at. */
  readonly receivedAt?: number | undefined
  readonly subject: string
  /** Whom authors are bound to (A3): at the door the subject. Without it the device. */
  readonly owner?: string
  /** Which authors, of those whom nobody has, are bound to him; all if absent. */
  readonly binds?: ((author: number) => boolean) | undefined
  /** Which authors, of those whom nobody has, somebody else goes by. */
  readonly isOthers?: ((author: number) => boolean) | undefined
  /** Whether this device was asked for what a loss took (R4). */
  readonly granted: boolean
  /** Whether it asked what is new, and could not be told: the log may have lost what this builds on. */
  readonly isUnsure?: boolean
  /** Called once. */
  answer(answer: Answer): void
}

export type Answer =
  | { readonly answer: 'acked'; readonly seq: number }
  | { readonly answer: 'refused'; readonly code: Code; readonly retryAfter: number; readonly detail: string }

/** A job in the queue: `scanned` and `digest` once its bytes were looked at. */
export interface Queued {
  readonly job: Job
  /** When it arrived, by the monotonic clock. */
  readonly takenAt: number
  digest: Uint8Array
  scanned: Scanned | undefined
  /** For few. */
  readonly trace: EditTrace | undefined
  /** How often the document moved between judging and writing. */
  stale: number
  /** How often it was alone in a commit that failed. */
  failures: number
}

export function acked(seq: number): Answer {
  return { answer: 'acked', seq }
}

export function refused(code: Code, detail: string, retryAfter = 0): Answer {
  return { answer: 'refused', code, retryAfter, detail }
}
