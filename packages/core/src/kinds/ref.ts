/** `ref`: the id of another document, or null. It merges as `latest`; what it points to may not be on this device, or not any more. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { checkId, isId } from '../ids.ts'
import { latestField, type LatestField } from './latest.ts'
import { check } from './validators.ts'

export interface RefField extends LatestField<string | null> {
  /** The kind of the document it points to. */
  readonly to: string
}

const ID: StandardSchemaV1<string | null> = check(
  (value): value is string | null => value === null || (typeof value === 'string' && isId(value)),
  'an id or null',
)

/**
 * A field that points to a document of the named kind.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { ref } from '@joinery/core/kinds'
 *
 * assert.equal(ref('folder').to, 'folder')
 * ```
 */
export function ref(kind: string): RefField {
  return { ...latestField<string | null>('ref', ID, null), to: checkId('kind', kind) }
}
