/** Field policies on Yjs. */
import { policyLaws } from '@joinery/core/testing'
import { test } from 'vitest'
import { testedYjs } from '../engines/tested.ts'

for (const law of policyLaws) test(`[${law.rule}] ${law.title}`, () => law.check(() => testedYjs))
