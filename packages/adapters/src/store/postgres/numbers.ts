/**
 * The numbers of spaces, as far as this node has heard of them. Laws:
 * - A space keeps its number, and is never removed: who finds another number for a name that he knows, or none, is on another database than
 *   the one that he was opened on. A restore (BK-03) gives every space a fresh one. The store is then told to end (MN-09).
 * - A number is remembered when what made it is committed, and not before.
 */
import type { About, Transaction } from './connections.ts'
import type { Origin } from './origin.ts'
import { STATEMENTS, type SpaceRow } from './statements.ts'

type Numbered = Pick<SpaceRow, 'id' | 'name'>

export interface Numbers {
  of(space: string): number | undefined
  remember(rows: readonly Numbered[]): void
  /** Throws `fatal` when what was found by these names is not what is remembered of them. */
  compare(names: readonly string[], found: readonly Numbered[]): void
  /** Of one space, or of any that is remembered now: which one is chosen once, since others are heard of while a connection is waited for. */
  comparison(space?: string): Comparison
}

/** Whether a transaction, which is told what it is about, finds a space by the number that is remembered. */
export interface Comparison {
  readonly about: About
  /** Throws `fatal` when it does not. */
  compareIn(transaction: Transaction): Promise<void>
}

export function createNumbers(origin: Pick<Origin, 'replaced'>): Numbers {
  const idByName = new Map<string, number>()
  let any: string | undefined

  const compare: Numbers['compare'] = (names, found) => {
    const foundByName = new Map(found.map(({ name, id }) => [name, id]))
    for (const name of names) {
      const known = idByName.get(name)
      if (known !== undefined && known !== foundByName.get(name)) origin.replaced()
    }
  }

  return {
    of: space => idByName.get(space),
    remember(rows) {
      for (const { name, id } of rows) idByName.set(name, id)
      any ??= rows[0]?.name
    },
    compare,
    comparison(space = any) {
      if (space === undefined) return { about: { ids: [] }, compareIn: async () => undefined }
      const id = idByName.get(space)
      return {
        about: { ids: id === undefined ? [] : [id], names: [space] },
        async compareIn(transaction) {
          compare([space], await transaction.ask<SpaceRow>(STATEMENTS.spaceByName, [space]))
        },
      }
    },
  }
}
