/** A map that forgets what was used longest ago once its values weigh more than `max`. */
export interface BoundedMap<V> {
  get(key: string): V | undefined
  set(key: string, value: V, weight?: number): void
  delete(key: string): void
}

export function boundedMap<V>(max: number): BoundedMap<V> {
  const entries = new Map<string, { value: V; weight: number }>()
  let total = 0
  const remove = (key: string): void => {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    total -= entry.weight
  }
  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      // A map keeps the order of insertion: the one just used goes to the end.
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, weight = 1) {
      remove(key)
      entries.set(key, { value, weight })
      total += weight
      for (const oldest of entries.keys()) {
        if (total <= max || oldest === key) break
        remove(oldest)
      }
    },
    delete: remove,
  }
}
