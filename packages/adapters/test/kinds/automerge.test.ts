/** Field policies on Automerge. */
import { policyLaws } from '@joinery/core/testing'
import { test } from 'vitest'
import { testedAutomerge } from '../engines/tested.ts'

for (const law of policyLaws) test(`[${law.rule}] ${law.title}`, () => law.check(() => testedAutomerge), 30_000)
