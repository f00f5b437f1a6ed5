/** Names of the lives of logs. Law: a change that is applied to several copies of a log gives a space one name, the same in each. */
import type { EpochOf } from './memory-log.ts'

export function rememberedBySpace(make: () => string): EpochOf {
  const madeBySpace = new Map<string, string>()
  return space => {
    const made = madeBySpace.get(space) ?? make()
    madeBySpace.set(space, made)
    return made
  }
}
