/**
 * What the relay decides about an update before it stores it, per engine. Laws:
 * - `scan` looks at bytes alone and never throws; `judge` compares a scan with what is held and builds no document (T1).
 * - A scan is plain data, so that a worker may make it.
 * - What `judge` takes goes into any document with that head whole (T5).
 */
import type { AuthorHead, Code, PushEntry } from '@joinery/core'

export type Scan = Readonly<Record<string, unknown>>

export type Scanned =
  /** `authors`: how many heads it moves, 1 if absent. */
  | { readonly ok: true; readonly scan: Scan; readonly stampMax: string | undefined; readonly authors?: number }
  | { readonly ok: false; readonly code: Code; readonly detail: string }

/**
 * Scans elsewhere than on the main thread. With the entry that the bytes are of, it may give its digest as well, which takes about as long.
 */
export type ScanLarge = (
  engine: string,
  bytes: Uint8Array,
  entry?: Named,
) => Promise<Scanned & { readonly digest?: Uint8Array }>

/** What an entry's digest covers besides its bytes. */
export type Named = Pick<PushEntry, 'type' | 'document' | 'kind' | 'engine'>

export type Verdict =
  /** Heads of the authors that this update moves. */
  | { readonly verdict: 'new'; readonly authors: readonly AuthorHead[] }
  /** Nothing in it that is not held. */
  | { readonly verdict: 'known' }
  | { readonly verdict: 'refused'; readonly code: Code; readonly detail: string }

/** What is held of a document, with what is queued for it. */
export interface Held {
  author(id: string): AuthorHead | undefined
}

export interface Claim {
  /** Whose device brings it. */
  readonly owner: string
  /** The relay asked for it after a loss: others' edits may be in it (R4). */
  readonly resupply: boolean
  /** It lost something, and others may have given back what this device pushes on. */
  readonly repeats?: boolean
  /** Whether an author whom nobody has is bound to who brings him; every one is if absent. */
  readonly binds?: ((author: number) => boolean) | undefined
  /** Whether somebody else goes by the name of an author whom nobody has: what is written under it is his to bring. */
  readonly isOthers?: ((author: number) => boolean) | undefined
}

export interface EngineGate {
  readonly engine: string
  scan(bytes: Uint8Array): Scanned
  judge(scan: Scan, held: Held, by: Claim): Verdict
  /**
   * What a device with `version` should be asked for; undefined for nothing. A version that cannot be read asks for everything.
   */
  wants(version: Uint8Array, authors: readonly AuthorHead[]): Wanted | undefined
}

export interface Wanted {
  /** What is held, as the version that the device is told. */
  readonly version: Uint8Array
  /** An update: when all of it is stored, nothing is wanted. */
  readonly unless?: Uint8Array
}

/** A gate whose own scan type stays its own. */
export function defineGate<S extends object>(gate: {
  readonly engine: string
  scan(
    bytes: Uint8Array,
  ): { ok: true; scan: S; stampMax: string | undefined; authors?: number } | { ok: false; code: Code; detail: string }
  judge(scan: S, held: Held, by: Claim): Verdict
  wants(version: Uint8Array, authors: readonly AuthorHead[]): Wanted | undefined
}): EngineGate {
  return gate as unknown as EngineGate
}

export const EVERYTHING: Wanted = { version: new Uint8Array() }
