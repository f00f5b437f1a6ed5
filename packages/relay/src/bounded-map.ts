/**
 * A map that forgets what was not used for long once its values weigh more than `max`. Law: what is used all the time costs a look-up and
 * no more. Values stand in two generations: one that is used moves to the young, and when that weighs half of what may be kept, it becomes
 * the old and what was not used meanwhile is forgotten.
 */
export interface BoundedMap<V> {
  get(key: string): V | undefined
  set(key: string, value: V, weight?: number): void
  delete(key: string): void
}

interface Weighed<V> {
  value: V
  weight: number
}

export function boundedMap<V>(max: number): BoundedMap<V> {
  let young = new Map<string, Weighed<V>>()
  let old = new Map<string, Weighed<V>>()
  let youngWeight = 0

  const add = (key: string, entry: Weighed<V>): void => {
    young.set(key, entry)
    weigh(entry.weight)
  }

  const weigh = (more: number): void => {
    youngWeight += more
    if (youngWeight <= max / 2) return
    old = young
    young = new Map()
    youngWeight = 0
  }

  const remove = (key: string): void => {
    const entry = young.get(key)
    if (entry !== undefined) {
      young.delete(key)
      youngWeight -= entry.weight
    }
    old.delete(key)
  }

  return {
    get(key) {
      const known = young.get(key)
      if (known !== undefined) return known.value
      const entry = old.get(key)
      if (entry === undefined) return undefined
      old.delete(key)
      add(key, entry)
      return entry.value
    },
    set(key, value, weight = 1) {
      const known = young.get(key)
      if (known === undefined) {
        old.delete(key)
        add(key, { value, weight })
        return
      }
      const more = weight - known.weight
      known.value = value
      known.weight = weight
      weigh(more)
    },
    delete: remove,
  }
}
