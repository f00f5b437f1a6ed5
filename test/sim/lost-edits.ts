// What stood in the log and does not any more, since the log went on from something older. It is told by what the log held, not by when an
// ack was heard: a device that sleeps while its storage is full hears of it long after it was given.
import type { Random } from '@joinery/core'
import type { DeviceMachine } from './device-machine.ts'
import type { Edit, Journal } from './journal.ts'
import { SPACE } from './library.ts'
import { documentsById, holds } from './relay-view.ts'
import type { Relays } from './relays.ts'

export interface LostEdits {
  /** Looks at what was lost since, and at what is there again. */
  check(): Promise<void>
  /** It was lost, and has not been seen in the log since. */
  has(edit: Edit): boolean
}

/** Knows of what is lost as of the last check. */
export function lostEdits(
  relays: Pick<Relays, 'lost' | 'view'>,
  devices: () => readonly Pick<DeviceMachine, 'name' | 'life'>[],
  journal: Journal,
  random: Random,
): LostEdits {
  const lost = new Set<Edit>()
  /** Of them, those that stood in a log for sure. */
  const stood = new Set<Edit>()
  let looked = 0

  const found = (edit: Edit): void => {
    if (!lost.delete(edit) || !stood.delete(edit) || !edit.acked) return
    journal.saw('relay lost commits and devices brought them back')
    const author = devices().find(({ name }) => name === edit.device)
    if (author?.life() !== edit.life) journal.saw('brought back by another device than its author')
  }

  return {
    has: edit => lost.has(edit),
    async check() {
      for (const { before, after } of relays.lost().slice(looked)) {
        looked += 1
        const [then, since] = [await documentsById(before, SPACE, random), await documentsById(after, SPACE, random)]
        for (const edit of journal.edits) {
          if (holds(since, edit)) found(edit)
          else if (holds(then, edit)) {
            lost.add(edit)
            stood.add(edit)
            // What waits for something lost earlier is there, and does not show.
          } else if (then.get(edit.document)?.waiting === true) lost.add(edit)
        }
      }
      if (lost.size === 0) return
      const now = await documentsById(relays.view(), SPACE, random)
      for (const edit of [...lost]) if (holds(now, edit)) found(edit)
    },
  }
}
