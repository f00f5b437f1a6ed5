/**
 * What messages that have begun and not ended hold in memory. Law (WS-06, T3): of one address it is bounded, however many connections that has,
 * and however slowly it sends: the largest go first, and who has little on its way is never one of them.
 */

/** Of a connection. */
export interface Unfinished {
  readonly unfinished: number
  /** The address it comes from. */
  readonly from: string
}

/** What a connection has on its way at any time. */
const LITTLE_BYTES = 65_536

/** Those to be ended, so that what is left of each address is within `most` bytes. */
export function beyondBudget<C extends Unfinished>(
  connections: Iterable<C>,
  most: number,
  addressOf: (from: string) => string,
): C[] {
  const byAddress = new Map<string, C[]>()
  for (const one of connections) {
    if (one.unfinished <= LITTLE_BYTES) continue
    const address = addressOf(one.from)
    const others = byAddress.get(address)
    if (others === undefined) byAddress.set(address, [one])
    else others.push(one)
  }
  return [...byAddress.values()].flatMap(all => {
    let left = all.reduce((sum, { unfinished }) => sum + unfinished, 0)
    const beyond: C[] = []
    for (const one of all.toSorted((a, b) => b.unfinished - a.unfinished)) {
      if (left <= most) break
      left -= one.unfinished
      beyond.push(one)
    }
    return beyond
  })
}
