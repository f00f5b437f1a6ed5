/** What the relay has done elsewhere than on its main thread: bytes in, plain data out (T2). */
import type { Scanned } from '../gate/gate.ts'

export type Job =
  | { readonly do: 'scan'; readonly engine: string; readonly bytes: Uint8Array }
  /** The updates, one behind the other, and where each ends: a thread takes one piece of memory in no time, and a hundred thousand slowly. */
  | { readonly do: 'fold'; readonly engine: string; readonly bytes: Uint8Array; readonly ends: Uint32Array }

export type JobResult = { readonly scanned: Scanned } | { readonly snapshot: Uint8Array | undefined }

export type JobMessage = { readonly result: JobResult } | { readonly error: string }
