import { engineLaws, seededRandom } from '@joinery/core/testing'
import { describe, test } from 'vitest'
import { yjs } from '@joinery/adapters/engines/yjs'

describe('yjs', () => {
  for (const law of engineLaws) {
    test(`[${law.rule}] ${law.title}`, () => law.check(() => ({ engine: yjs, random: seededRandom(1) })))
  }
})
