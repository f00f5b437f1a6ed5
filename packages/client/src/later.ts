/** A promise that is settled from outside, and that nobody has to look at: a rejection that is not awaited is not an error of its own. */
export type Later<T> = PromiseWithResolvers<T>

export function later<T>(): Later<T> {
  const made = Promise.withResolvers<T>()
  made.promise.catch(() => undefined)
  return made
}
