/** A promise that is settled from outside, and that nobody has to look at: a rejection that is not awaited is not an error of its own. */
export interface Later<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

export function later<T>(): Later<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
