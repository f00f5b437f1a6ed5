/** What the relay has done elsewhere than on its main thread: bytes in, plain data out (T2). */
import type { UpdateParts } from '@joinery/core/gate'
import type { FoldHow } from '../compactor.ts'
import type { Scanned } from '../gate/gate.ts'

export type Job =
  | { readonly do: 'scan'; readonly engine: string; readonly bytes: Uint8Array }
  /** One update that says the same as these, as its parts. */
  | { readonly do: 'join'; readonly bytes: Uint8Array; readonly ends: Uint32Array }
  /** The updates, one behind the other, and where each ends: a thread takes one piece of memory in no time, and a hundred thousand slowly. */
  | {
      readonly do: 'fold'
      readonly engine: string
      readonly how: FoldHow
      readonly bytes: Uint8Array
      readonly ends: Uint32Array
    }

export type JobResult =
  | { readonly scanned: Scanned }
  | { readonly parts: UpdateParts }
  | { readonly snapshot: Uint8Array | undefined }

export type JobMessage = { readonly result: JobResult } | { readonly error: string }
