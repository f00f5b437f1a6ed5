/**
 * What every store decides inside its commit, entry by entry: written, or why not. Laws S4, T5 and D6 of the Store port, in one place, so
 * that stores differ in how they look things up and in nothing else.
 */
import { sameBytes } from './digest.ts'
import type { CommitEntry, Outcome } from './ports/store.ts'

/** What the transaction found, with what this commit has written so far. */
export interface FoundBefore {
  /** The entry that has this name. */
  readonly named: { readonly seq: number; readonly digest: Uint8Array } | undefined
  /** Whose the device is. */
  readonly subject: string | undefined
  readonly document:
    | {
        /** Head seq before this commit. */
        readonly base: number
        readonly state: 'live' | 'gone'
        /** Undefined while nothing of it is written. */
        readonly kind: string | undefined
        readonly engine: string | undefined
        /** Whether this commit refused an entry of it. */
        readonly refused: boolean
      }
    | undefined
}

/**
 * Why an entry is not written, or undefined when it is to be written.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { refusalOf } from '@joinery/core'
 *
 * const entry = {
 *   type: 'update', document: 'd', kind: 'note', engine: 'yjs', at: 0, bytes: new Uint8Array([0, 0]),
 *   device: 'phone', n: 1, subject: 'ann', digest: new Uint8Array(16), basedOn: 3, authors: [],
 * } as const
 * assert.deepEqual(refusalOf(entry, { named: undefined, subject: 'ann', document: undefined }), { outcome: 'stale' })
 * assert.equal(refusalOf({ ...entry, basedOn: 0 }, { named: undefined, subject: 'ann', document: undefined }), undefined)
 * ```
 */
export function refusalOf(
  entry: CommitEntry,
  { named, subject, document }: FoundBefore,
): Exclude<Outcome, { readonly outcome: 'written' }> | undefined {
  if (subject !== undefined && subject !== entry.subject) return { outcome: 'forked' }
  if (named !== undefined)
    return sameBytes(named.digest, entry.digest) ? { outcome: 'known', seq: named.seq } : { outcome: 'forked' }
  if (document?.state === 'gone') return { outcome: 'gone' }
  if (entry.basedOn !== (document?.base ?? 0) || document?.refused) return { outcome: 'stale' }
  const { kind = entry.kind, engine = entry.engine } = document ?? {}
  // The gate refuses that for good, once it has seen what the document is.
  return kind === entry.kind && engine === entry.engine ? undefined : { outcome: 'stale' }
}
