import { engineLaws, seededRandom } from '@joinery/core/testing'
import { describe, test } from 'vitest'
import { registerEngine } from '@joinery/adapters/engines/register'

describe('register', () => {
  for (const law of engineLaws) {
    test(`[${law.rule}] ${law.title}`, () => law.check(() => ({ engine: registerEngine({ now: () => 1_000 }), random: seededRandom(1) })))
  }
})
