/** The laws of field policies and kinds, for every engine that merges: `for (const law of policyLaws) test(law.title, () => law.check(() => engine))`. */
import type { TestedEngine } from './engines/history.ts'
import type { Law } from './law.ts'
import { collectionLaws } from './policies/collection-laws.ts'
import { documentLaws } from './policies/document-laws.ts'
import { latestLaws } from './policies/latest-laws.ts'

export const policyLaws: readonly Law<() => TestedEngine>[] = [...latestLaws, ...collectionLaws, ...documentLaws]
