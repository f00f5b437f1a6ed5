/** What the relay has done elsewhere than on its main thread: bytes in, plain data out (T2). */
import type { Leaving } from '@joinery/core/gate'
import type { FoldHow } from '../compactor.ts'
import type { Named, Scanned } from '../gate/gate.ts'
import type { Joined } from './joined.ts'
import type { PackedUpdate } from './packed.ts'
import type { Replayed } from './replay.ts'
import type { Trial } from './trial.ts'

export type Job =
  /** One update, and the entry that it is to be, if its digest is wanted. */
  | {
      readonly do: 'scan'
      readonly engine: string
      readonly entry: Named | undefined
      readonly bytes: Uint8Array
      readonly ends: Uint32Array
    }
  /** One update that says the same as these, or all that a state vector lacks of it. */
  | {
      readonly do: 'join'
      readonly stateVector: Uint8Array | undefined
      readonly bytes: Uint8Array
      readonly ends: Uint32Array
    }
  /** What of the last update the others do not hold. */
  | {
      readonly do: 'lack'
      /** Next free clocks: only what fits a document with these. */
      readonly clocks: ReadonlyMap<number, number> | undefined
      readonly bytes: Uint8Array
      readonly ends: Uint32Array
    }
  /** The updates, one behind the other, and where each ends: a thread takes one piece of memory in no time, and a hundred thousand slowly. */
  | {
      readonly do: 'fold'
      readonly engine: string
      readonly how: FoldHow
      readonly bytes: Uint8Array
      readonly ends: Uint32Array
    }
  /** Whether these break their engine; the first `known` of them did not. */
  | {
      readonly do: 'try'
      readonly engine: string
      readonly known: number
      readonly bytes: Uint8Array
      readonly ends: Uint32Array
    }
  /** What is left of each when it is voided. */
  | {
      readonly do: 'empty'
      readonly engine: string
      readonly leaving: Leaving
      readonly bytes: Uint8Array
      readonly ends: Uint32Array
    }
  /** Whether the first of two is built on the second. */
  | { readonly do: 'lean'; readonly engine: string; readonly bytes: Uint8Array; readonly ends: Uint32Array }
  /** What the document shows, as JSON. */
  | { readonly do: 'read'; readonly engine: string; readonly bytes: Uint8Array; readonly ends: Uint32Array }
  | { readonly do: 'replay'; readonly engine: string; readonly bytes: Uint8Array; readonly ends: Uint32Array }

export type JobResult =
  | { readonly scanned: Scanned & { readonly digest?: Uint8Array } }
  | { readonly joined: PackedUpdate }
  /** Undefined when nothing is. */
  | { readonly lacking: Uint8Array | undefined }
  | { readonly snapshot: Uint8Array | undefined }
  | { readonly replayed: Replayed }
  /** Undefined when there is no such engine. */
  | { readonly shown: string | undefined }
  /** Undefined when this engine's updates are not tried. */
  | { readonly tried: Trial | undefined }
  | { readonly leans: boolean }
  /** Undefined when nothing is left of this engine's. */
  | { readonly left: Joined | undefined }

/** Of an error of ours its message is the code. */
export type JobMessage = { readonly result: JobResult } | { readonly error: string }
