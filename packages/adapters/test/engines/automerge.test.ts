import { engineLaws, seededRandom } from '@joinery/core/testing'
import { describe, test } from 'vitest'
import { automerge } from '@joinery/adapters/engines/automerge'

describe('automerge', () => {
  for (const law of engineLaws) {
    test(`[${law.rule}] ${law.title}`, () => law.check(() => ({ engine: automerge, random: seededRandom(1) })))
  }
})
