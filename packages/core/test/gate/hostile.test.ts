// What hostile updates, made by grammar, do to a document behind the gate: nothing.
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
import { counted } from './counted.ts'
import { READS_A_BYTE } from './expecting.ts'
import { watchedAttack } from './fuzz.ts'
import { hostileUpdate } from './hostile.ts'
import { randomFrom } from './random.ts'

const SEEDS = [7, 8]
const EACH = 25_000

test(
  '[CR-24] what the gate lets through of 50,000 goes into Yjs at once and whole, and nothing hangs',
  { timeout: 300_000 },
  async () => {
    const attacks = await Promise.all(SEEDS.map(seed => watchedAttack({ count: EACH, seed })))
    for (const [at, watched] of attacks.entries()) {
      if ('hangsAt' in watched) return expect.fail(`update ${watched.hangsAt} of seed ${SEEDS[at]} hangs`)
      const { sent, outcomes, failures } = watched.report
      expect(failures).toEqual([])
      expect(sent).toBe(EACH)
      // The attack is worth something only while much of it gets through, and while each kind of refusal is met.
      expect(outcomes.get('new') ?? 0).toBeGreaterThan(sent / 5)
      expect(outcomes.size).toBeGreaterThan(30)
    }
  },
)

test('[CR-02] whatever is sent, the gate looks at each byte a bounded number of times', { timeout: 60_000 }, () => {
  const random = randomFrom(11)
  const known = new Map([[1, 30], [2, 5], [40, 9]]) // prettier-ignore
  for (let i = 0; i < 4_000; i++) {
    const watched = counted(hostileUpdate(random, known))
    scanYjsUpdate(watched.bytes, SCAN_LIMITS)
    expect(watched.reads()).toBeLessThanOrEqual(watched.bytes.length * READS_A_BYTE + 16)
  }
})

test('[D2] a refused update is refused again: the scan keeps nothing', () => {
  const random = randomFrom(12)
  const updates = Array.from({ length: 1_500 }, () => hostileUpdate(random, new Map([[1, 30]])))
  const once = updates.map(update => scanYjsUpdate(update, SCAN_LIMITS))
  const other = new Y.Doc()
  other.getText('text').insert(0, 'between')
  scanYjsUpdate(Y.encodeStateAsUpdate(other), SCAN_LIMITS)
  expect(updates.toReversed().map(update => scanYjsUpdate(update, SCAN_LIMITS))).toEqual(once.toReversed())
})
