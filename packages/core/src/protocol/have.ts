/** Client, after `changes` with `reset`: what this device holds, page by page. The relay answers `want` for what it lacks (R4). */
import { fields, message } from './codec.ts'
import { bytes, id, list } from './primitives.ts'

export interface Have {
  readonly type: 'have'
  readonly space: string
  readonly documents: readonly HeldDocument[]
}

export interface HeldDocument {
  readonly document: string
  readonly engine: string
  /** The engine's version bytes: for Yjs the state vector. */
  readonly version: Uint8Array
}

export const have = message<Have>('have', 5, {
  space: id,
  documents: list(fields({ document: id, engine: id, version: bytes })),
})
