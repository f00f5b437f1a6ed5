/** The contract suite of the Store port: every sentence of its header. A store that passes it can hold a relay's log. */
import type { Law } from './law.ts'
import { commitLaws } from './stores/commit-laws.ts'
import { documentLaws } from './stores/document-laws.ts'
import { foldLaws } from './stores/fold-laws.ts'
import type { MakeStorePlace } from './stores/given.ts'
import { pastLaws } from './stores/past-laws.ts'
import { removalLaws } from './stores/removal-laws.ts'
import { spaceLaws } from './stores/space-laws.ts'

export type { MakeStorePlace, StorePlace } from './stores/given.ts'

export const storeLaws: readonly Law<MakeStorePlace>[] = [
  ...commitLaws,
  ...documentLaws,
  ...foldLaws,
  ...pastLaws,
  ...removalLaws,
  ...spaceLaws,
]
