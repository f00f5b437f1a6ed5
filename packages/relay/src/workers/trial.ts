/**
 * Whether updates break their engine, for a worker. Law: they were applied in each way in which readers get them, to documents that were
 * then read whole; whatever throws on the way, or shows one thing in one way and another in another, is said.
 */
import { canonical, type Engine, type EngineDocument, type Random } from '@joinery/core'
import { emptied, joinUpdates, SCAN_LIMITS, scanYjsUpdate, type Leaving } from '@joinery/core/gate'

export type Trial =
  /** `shown`: how much content there is to see, as a length. */
  | { readonly trial: 'fine'; readonly shown: number }
  /** The engine threw. */
  | { readonly trial: 'throws'; readonly detail: string }
  /** Two ways show two contents. */
  | { readonly trial: 'splits' }

/** Of more than so many updates, a few go together, as to whoever reads on from his cursor: each step costs more than what is in it. */
const MANY = 1_024
const GROUP = 64

/** The first `known` of the updates were tried before. */
export function tryWith(engine: Engine, random: Random, updates: readonly Uint8Array[], known: number): Trial {
  let first: { readonly digest: string; readonly shown: number } | undefined
  for (const steps of waysOf(engine, updates, known)) {
    // One at a time, so that a large document is held once.
    const doc = engine.open(engine.newAuthor(random))
    try {
      for (const step of steps) doc.applyAll(step)
      const digest = read(doc)
      first ??= { digest, shown: canonical(doc.content()).length }
      if (digest !== first.digest) return { trial: 'splits' }
    } catch (error) {
      return { trial: 'throws', detail: error instanceof Error ? error.message : 'broke' }
    } finally {
      doc.close()
    }
  }
  return { trial: 'fine', shown: first?.shown ?? 0 }
}

type Step = readonly Uint8Array[]

function* waysOf(engine: Engine, updates: readonly Uint8Array[], known: number): Generator<Iterable<Step>> {
  const otherwise = atOnce(engine, updates)
  // As to whoever has the document open.
  yield oneByOne(engine, updates, known)
  // As to whoever gets it joined.
  yield [otherwise]
  // As a device opens what it stored. What Yjs collects between steps is still there, and what refers to it has a place (CR-24).
  if (otherwise !== updates) yield [updates]
}

/** What is known goes together. */
function* oneByOne(engine: Engine, updates: readonly Uint8Array[], known: number): Generator<Step> {
  if (known > 0) yield atOnce(engine, updates.slice(0, known))
  const size = updates.length - known > MANY ? GROUP : 1
  for (let at = known; at < updates.length; at += size) yield updates.slice(at, at + size)
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
  const joined = updates.length > 1 ? joinUpdates(updates) : undefined
  return joined === undefined ? updates : [joined]
}

/** What it shows; what it holds has to be written, too. */
function read(doc: EngineDocument): string {
  doc.encode()
  return doc.digest()
}
