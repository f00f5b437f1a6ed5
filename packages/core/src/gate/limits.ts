/**
 * What one update may cost. Law: each bound is checked before the work it bounds is done, so a count off the wire never allocates or loops.
 */
export interface ScanLimits {
  /** Length of the whole update, in bytes. */
  readonly maxBytes: number
  readonly maxStructs: number
  /** Authors with structs, authors with deletes, and authors referred to: each at most this many (CR-06). */
  readonly maxClients: number
  /** Nesting of values and of types added by this update, together (CR-15, CR-16). */
  readonly maxDepth: number
  /** Greatest clock any struct or delete may reach (CR-10). */
  readonly maxClock: number
  /** Root types named. Yjs looks a root's name up by walking all of them, once for each struct it writes. */
  readonly maxRoots: number
  /** Subdocuments. Each is eight bytes here and a whole `Y.Doc` of two kilobytes there. */
  readonly maxSubdocs: number
}

/**
 * The limits a relay starts with (faults.md).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
 *
 * const tight = { ...SCAN_LIMITS, maxBytes: 1 }
 * const result = scanYjsUpdate(new Uint8Array([0, 0]), tight)
 * assert.ok(!result.ok && result.code === 'TOO_LARGE')
 * ```
 */
export const SCAN_LIMITS: ScanLimits = {
  maxBytes: 16 * 1024 * 1024,
  maxStructs: 2_000_000,
  maxClients: 4_096,
  maxDepth: 64,
  maxClock: 2 ** 40,
  maxRoots: 4_096,
  maxSubdocs: 4_096,
}
