/**
 * What is here already, or is being read. A promise costs more than most of what is decided with it, so what is here is not waited for:
 * `const value = isLater(soon) ? await soon : soon`.
 */
export type Soon<T> = T | Promise<T>

export function isLater<T>(soon: Soon<T>): soon is Promise<T> {
  return soon instanceof Promise
}
