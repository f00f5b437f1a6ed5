/** The versions that tests have beside the one that ships: it with a few changed lines. `next` is one on, `without-1` two. */
import { join } from 'node:path'

export type Version = 'this' | 'next' | 'without-1'

const conditions = '--conditions=joinery-source'

/** Node's own arguments for a process of a version, and what its environment has to say. */
export function asVersion(version: Version): {
  readonly flags: readonly string[]
  readonly env: Record<string, string>
} {
  if (version === 'this') return { flags: [conditions], env: {} }
  const plant = join(import.meta.dirname, 'version.ts')
  return { flags: [conditions, '--import', plant], env: { VERSION_UNDER_TEST: version } }
}
