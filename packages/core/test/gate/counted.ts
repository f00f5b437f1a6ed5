/** Counts how often bytes are looked at, so that a test can say "without work" without a clock. */

export interface CountedBytes {
  readonly bytes: Uint8Array
  reads(): number
}

export function counted(bytes: Uint8Array): CountedBytes {
  let reads = 0
  const proxy = new Proxy(bytes, {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) {
        reads += 1
        return target[Number(name)]
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { bytes: proxy, reads: () => reads }
}
