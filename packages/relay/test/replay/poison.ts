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

/**
 * The same in a map that is there for some: author 3 puts it between two neighbours, of which one is in a list that was deleted. Where that
 * was collected the map is nowhere, and so is all in it; who opens the document, all in one step, has them. Then the end of the text is
 * deleted, and the map, and Yjs throws: neither one by one, nor joined, where the map is deleted first and takes the whole text with it.
 */
export const HIDDEN = {
  list: craft.by(
    1,
    craft.item(craft.type(craft.ARRAY), { parent: 'list' }),
    craft.item(craft.any('v'), { parent: [1, 0] }),
    craft.item(craft.text('honest'), { parent: 'body' }),
  ),
  unlist: craft.update([], [{ author: 1, ranges: [[0, 1]] }]),
  map: craft.by(
    3,
    craft.item(craft.type(craft.MAP), { left: [1, 7], right: [1, 1] }),
    craft.item(craft.any('v'), { parent: [3, 0], key: 'x' }),
  ),
  run: craft.by(2, craft.item(craft.text('abc'), { left: [3, 1] })),
  end: craft.update([], [{ author: 2, ranges: [[2, 1]] }]),
  trigger: craft.update([], [{ author: 3, ranges: [[0, 1]] }]),
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
