/** Workers of a relay for tests, with an engine that breaks on a word: the real one breaks on what no client of ours can write. */
import { yjs } from '@joinery/adapters/engines/yjs'
import { canonical } from '@joinery/core'
import { emptied } from '@joinery/core/gate'
import type { Trials } from '@joinery/relay'

export const TRIALS: Trials = {
  async try(_engine, updates) {
    const doc = yjs.open('9')
    doc.applyAll(updates)
    const content = canonical(doc.content())
    doc.close()
    return content.includes('poison') ? { trial: 'throws', detail: 'poison' } : { trial: 'fine', shown: content.length }
  },
  leans: async () => true,
  empty: async (_engine, updates, leaving) => updates.map(update => emptied(update, leaving) ?? update),
}

/** Until what breaks it was replayed, and voided. */
export const VOIDED_MS = 8_000
