/** Field policies on Automerge. */
import { policyLaws } from '@joinery/core/testing'
import { test } from 'vitest'
import { automerge } from '../../src/engines/automerge.ts'

for (const law of policyLaws) test(`[${law.rule}] ${law.title}`, () => law.check(() => automerge), 30_000)
