/** `blob`: what a file is and the hash it is found by, or null. The bytes live outside the document. It merges as `latest`. */
import { latestField, type LatestField } from './latest.ts'
import { check, nullable, number, object, optional, string } from './validators.ts'

/** A file by its content. Sizes are in bytes and pixels, durations in seconds. */
export interface BlobRef {
  /** SHA-256, lower-case hex. */
  readonly hash: string
  readonly size: number
  readonly mime: string
  readonly name?: string | undefined
  readonly width?: number | undefined
  readonly height?: number | undefined
  readonly duration?: number | undefined
}

const HASH = /^[0-9a-f]{64}$/

const REF = nullable(
  object({
    hash: check(
      (value): value is string => typeof value === 'string' && HASH.test(value),
      'a SHA-256 in lower-case hex',
    ),
    size: number({ min: 0, integer: true }),
    mime: string({ max: 255 }),
    name: optional(string({ max: 1_024 })),
    width: optional(number({ min: 0 })),
    height: optional(number({ min: 0 })),
    duration: optional(number({ min: 0 })),
  }),
)

/**
 * A field that names a file by its hash.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { blob } from '@joinery/core/kinds'
 *
 * assert.equal(blob().policy, 'blob')
 * ```
 */
export function blob(): LatestField<BlobRef | null> {
  return latestField<BlobRef | null>('blob', REF, null)
}
