// Chance from the platform, in a browser.
import { test } from 'vitest'
import { randomLaws } from '@joinery/core/testing'
import { cryptoRandom } from '@joinery/adapters/random/crypto'

for (const law of randomLaws) test(`[${law.rule}] ${law.title}`, () => law.check(cryptoRandom))
