/**
 * Whether updates break their engine, for a worker. Law: they were applied as readers get them, in two orders, to documents that were
 * then read whole; whatever throws on the way, or shows one thing in one order and another in the other, is said.
 */
import { canonical, type Engine, type EngineDocument, type Random } from '@joinery/core'
import { emptied, joinUpdates, SCAN_LIMITS, scanYjsUpdate, type Leaving } from '@joinery/core/gate'

export type Trial =
  /** `shown`: how much content there is to see, as a length. */
  | { readonly trial: 'fine'; readonly shown: number }
  /** The engine threw. */
  | { readonly trial: 'throws'; readonly detail: string }
  /** Two orders show two contents. */
  | { readonly trial: 'splits' }

/** Of more than so many updates, a few go together, as to whoever reads on from his cursor: each step costs more than what is in it. */
const MANY = 1_024
const GROUP = 64

/**
 * The first `known` of the updates were tried before: they are applied together. The others come one by one, as to whoever has the
 * document open; and then all at once, as to whoever opens it.
 */
export function tryWith(engine: Engine, random: Random, updates: readonly Uint8Array[], known: number): Trial {
  const [live, opened] = [engine.open(engine.newAuthor(random)), engine.open(engine.newAuthor(random))]
  try {
    if (known > 0) live.applyAll(atOnce(engine, updates.slice(0, known)))
    const size = updates.length - known > MANY ? GROUP : 1
    for (let at = known; at < updates.length; at += size) live.applyAll(updates.slice(at, at + size))
    opened.applyAll(atOnce(engine, updates))
    if (read(live) !== read(opened)) return { trial: 'splits' }
    return { trial: 'fine', shown: canonical(opened.content()).length }
  } catch (error) {
    return { trial: 'throws', detail: error instanceof Error ? error.message : 'broke' }
  } finally {
    live.close()
    opened.close()
  }
}

/** What is left of each update when it is voided; undefined when nothing is of this engine's. */
export function leftOf(engine: string, updates: readonly Uint8Array[], leaving: Leaving): Uint8Array[] | undefined {
  return engine === 'yjs' ? updates.map(update => emptied(update, leaving) ?? NOTHING) : undefined
}

/**
 * Whether an update is built on another: written by the same author, or beside or inside of something in it. What that cannot be told of
 * counts as if it were.
 */
export function leansOn(engine: string, update: Uint8Array, other: Uint8Array): boolean {
  if (engine !== 'yjs') return true
  const [later, earlier] = [update, other].map(bytes => scanYjsUpdate(bytes, SCAN_LIMITS))
  if (!later?.ok || !earlier?.ok) return true
  return earlier.scan.authors.some(
    ({ author, from }) =>
      later.scan.authors.some(one => one.author === author) ||
      later.scan.references.some(one => one.author === author && one.clock >= from),
  )
}

const NOTHING = new Uint8Array([0, 0])

/** Of Yjs as one update, whose authors come one after the other; of others in as different an order as can be. */
function atOnce({ name }: Engine, updates: readonly Uint8Array[]): readonly Uint8Array[] {
  if (name !== 'yjs') return updates.toReversed()
  const joined = joinUpdates(updates)
  return joined === undefined ? updates : [joined]
}

/** What it shows; what it holds has to be written, too. */
function read(doc: EngineDocument): string {
  doc.encode()
  return doc.digest()
}
