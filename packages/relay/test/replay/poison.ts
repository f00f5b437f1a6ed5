/** Updates that pass the gate one by one and break Yjs together, and a worker's trials without the thread. */
import { yjs } from '@joinery/adapters/engines/yjs'
import { automerge } from '@joinery/adapters/engines/automerge'
import type { Engine } from '@joinery/core'
import { seededRandom } from '@joinery/core/testing'
import * as craft from '../../../core/test/gate/craft.ts'
import type { Trials } from '../../src/replay/culprit.ts'
import { leansOn, leftOf, tryWith } from '../../src/workers/trial.ts'

/**
 * Author 1 keeps a map in a map. Author 2 puts a text under one of its keys by an origin beside a value there, author 3 a value into the
 * middle of that: no gate that holds no document sees either. When the map is deleted, Yjs throws `Unexpected case`, for ever.
 */
export const POISON = {
  map: craft.by(1, craft.item(craft.type(craft.MAP), { parent: 'root', key: 'k' })),
  value: craft.update([{ author: 1, clock: 1, structs: [craft.item(craft.any('v'), { parent: [1, 0], key: 'x' })] }]),
  run: craft.by(2, craft.item(craft.text('abc'), { left: [1, 1] })),
  split: craft.by(3, craft.item(craft.any('z'), { left: [2, 0] })),
  trigger: craft.update([], [{ author: 1, ranges: [[0, 1]] }]),
}

export function trialsHere(
  engines: Readonly<Record<string, Engine>> = { yjs, automerge },
): Trials & { tries(): number } {
  let tries = 0
  return {
    tries: () => tries,
    async try(name, updates, known) {
      tries += 1
      const engine = engines[name]
      return engine && tryWith(engine, seededRandom(1), updates, known)
    },
    empty: async (engine, updates, leaving) => leftOf(engine, updates, leaving),
    leans: async (engine, update, other) => leansOn(engine, update, other),
  }
}
