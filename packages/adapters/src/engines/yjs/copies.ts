/**
 * Counts the copies of yjs in this process or page. Two copies look alike and fail each other's `instanceof`: types of one cannot be put
 * into documents of the other, and edits are lost without a word (yjs#438).
 * Law: imported before yjs itself by whatever asks. A copy of yjs marks the global object when it loads; the marks are counted here.
 */
const MARK = '__ $YJS$ __'
const COUNT = Symbol.for('joinery.yjs-copies')

interface Counter {
  copies: number
}

const counter = installed()

/** How many copies of yjs have loaded. Those that loaded before this module count as one. */
export function copiesOfYjs(): number {
  return counter.copies
}

function installed(): Counter {
  const existing: unknown = Reflect.get(globalThis, COUNT)
  // This module twice, as from two bundles: they count together.
  if (isCounter(existing)) return existing
  const marked: unknown = Reflect.get(globalThis, MARK)
  const fresh: Counter = { copies: marked === true ? 1 : 0 }
  Object.defineProperty(globalThis, COUNT, { value: fresh })
  Object.defineProperty(globalThis, MARK, {
    configurable: true,
    get: () => fresh.copies > 0,
    set: () => {
      fresh.copies += 1
    },
  })
  return fresh
}

function isCounter(value: unknown): value is Counter {
  return typeof value === 'object' && value !== null && 'copies' in value
}
