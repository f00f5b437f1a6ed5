/** Laws of bytes nobody vouches for (D2). */
import { JoineryError } from '../../errors.ts'
import type { EngineDocument } from '../../ports/engine.ts'
import type { Random } from '../../ports/random.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { type MakeEngine, opened, type TestedEngine, writtenBy } from './history.ts'

export const byteLaws: readonly Law<MakeEngine>[] = [
  {
    rule: 'CR-13',
    title: 'an update cut anywhere is refused, and so is one that goes on (CR-14)',
    async check(make) {
      const { engine, random } = await make()
      const { documents, updates } = writtenBy(engine, random, 2, 12)
      const [document] = documents as [EngineDocument]
      document.applyAll(updates)
      for (const update of [...updates, document.encode()]) {
        same(engine.check(update), undefined, 'check of a whole update')
        for (let length = 0; length < update.length; length++) {
          const rest = engine.check(update.subarray(0, length))
          // Several changes one after another may be cut between two of them: then it is a whole update.
          must(
            rest !== undefined || isWhole(engine, random, update.subarray(0, length)),
            `cut at ${length} of ${update.length}`,
          )
        }
        must(engine.check(new Uint8Array([...update, 0])) !== undefined, 'a byte behind the end')
      }
    },
  },
  {
    rule: 'CR-01',
    title:
      'check refuses noise without throwing, and what it lets through applies or is refused with the document told to be dropped',
    async check(make) {
      const { engine, random } = await make()
      must(engine.check(new Uint8Array(0)) !== undefined, 'no bytes are no update')
      const { updates } = writtenBy(engine, random, 2, 12)
      const samples: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => new Uint8Array([byte]))
      for (let i = 0; i < 2000; i++) samples.push(random.bytes(1 + Math.floor(random.number() * 60)))
      for (const update of updates) {
        for (let i = 0; i < 40; i++) {
          const flipped = Uint8Array.from(update)
          const at = Math.floor(random.number() * flipped.length)
          flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random.number() * 8))
          samples.push(flipped)
        }
      }
      for (const sample of samples) {
        const before = Uint8Array.from(sample)
        if (engine.check(sample) === undefined) {
          const document = opened(engine, random)
          try {
            document.apply(sample)
            document.content()
          } catch (error) {
            must(error instanceof JoineryError, `apply threw ${String(error)}`)
            await rejects(() => document.map('fields').set('k', 1))
          }
        }
        same(sample, before, 'bytes that were looked at')
      }
    },
  },
]

/** Whether what was cut off an update is one itself: it applies, and nothing waits. */
function isWhole(engine: TestedEngine, random: Random, update: Uint8Array): boolean {
  return opened(engine, random).apply(update) && engine.authorsOf(update).length >= 0
}
