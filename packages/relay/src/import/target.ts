/** Where imported documents go. Laws: a document that cannot be read rejects and is never taken for none (S3); what was given is durable when it is acked (S1). */
import type { Answer } from '../job.ts'

export interface ImportTarget {
  /** What is stored of a document; undefined for nothing. */
  held(document: string): Promise<HeldHere | undefined>
  /** Writes an update, whose authors it binds to nobody: they are of those who wrote it elsewhere, and go on (R4). */
  give(document: string, kind: string, update: Uint8Array): Promise<Answer>
  close(): Promise<void>
}

export interface HeldHere {
  readonly kind: string
  readonly engine: string
  readonly isGone: boolean
  readonly updates: readonly Uint8Array[]
}
