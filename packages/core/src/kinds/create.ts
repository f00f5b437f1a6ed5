/**
 * New documents. Laws: an id that follows from first values is the same on every device; what a template gives is written by an author that
 * follows from it, so that two devices that were offline write the very same bytes and hold it once (D1); what a person gives is written as
 * any edit, with a stamp of now.
 */
import type { Engine, EngineDocument } from '../ports/engine.ts'
import { stampOf } from '../hlc.ts'
import { hex } from '../plain.ts'
import type { Fields, Init, WriteContext } from './field.ts'
import { placeOf, type Kind } from './kind.ts'
import { derivedRandom } from '../derived-random.ts'
import { writeCreated } from './standard-parts.ts'

/** The first edit of a document, made by an author that nobody is. */
export interface Seed {
  readonly author: string
  readonly update: Uint8Array
}

/**
 * The id for a new document: what its first values give, or a fresh one.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { documentIdOf, note, review } from '@joinery/core/kinds'
 *
 * const context = { device: 'laptop', stamp: () => '', id: () => 'fresh' }
 * assert.equal(documentIdOf(review, { date: '2026-11-22' }, context), 'review-2026-11-22')
 * assert.equal(documentIdOf(note, {}, context), 'fresh')
 * ```
 */
export function documentIdOf<F extends Fields>(kind: Kind<string, F>, init: Init<F>, context: WriteContext): string {
  return kind.idOf(init) ?? context.id()
}

/**
 * Writes a new document's first edit: when it was made, and the values given, but for the fields that a seed holds (`seedOf`; apply that
 * first). BAD_INPUT for values that do not fit; throw the document away then.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { hybridClock } from '@joinery/core'
 * import { createDocument, note, readDocument } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const clock = hybridClock({ now: () => 1_000 })
 * const doc = yjs.open('1')
 * createDocument(note, doc, { device: 'laptop', stamp: () => clock.next(), id: () => 'unused' }, { title: 'Shopping' })
 * assert.equal(readDocument(note, doc).title, 'Shopping')
 * assert.equal(readDocument(note, doc).$created?.at, 1_000)
 * ```
 */
export function createDocument<F extends Fields>(
  kind: Kind<string, F>,
  doc: EngineDocument,
  context: WriteContext,
  init: Init<F>,
): void {
  doc.change(() => {
    writeCreated(doc, context)
    const names = Object.keys(kind.fields).filter(name => !kind.seed.includes(name))
    writeFields(kind, doc, context, init, names)
  })
}

/**
 * What fills the kind's `seed` fields, as bytes to apply and to push as they are: equal for equal values, on every device. Undefined when
 * none is given. The author follows from the bytes, so that a template that changed has another author and merges as another edit: the
 * same clocks of one author never hold two contents. Apply it to a new document, or to one where these fields are empty.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { review, readDocument, seedOf } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const init = { date: '2026-11-22', plans: ['Rest'] }
 * const [phone, laptop] = [seedOf(review, yjs, 'review-2026-11-22', init), seedOf(review, yjs, 'review-2026-11-22', init)]
 * assert.deepEqual(phone, laptop)
 * const doc = yjs.open('1')
 * for (const seed of [phone, laptop]) if (seed !== undefined) doc.apply(seed.update)
 * assert.equal(readDocument(review, doc).plans.length, 1)
 * ```
 */
export function seedOf<F extends Fields>(
  kind: Kind<string, F>,
  engine: Engine,
  id: string,
  init: Init<F>,
): Seed | undefined {
  const names = kind.seed.filter(name => init[name] !== undefined)
  if (names.length === 0) return undefined
  // Written twice: the first time to learn what is written, the second time as the author that follows from it.
  const draft = seedBy(`${kind.name} ${id}`)
  return seedBy(`${kind.name} ${id} ${hex(draft.update)}`)

  function seedBy(name: string): Seed {
    const random = derivedRandom(name)
    const doc = engine.open(engine.newAuthor(random))
    doc.change(() => writeFields(kind, doc, seedContext(hex(random.bytes(4))), init, names))
    const seed = { author: doc.author, update: doc.encode() }
    doc.close()
    return seed
  }
}

/** Everything a person writes is later than a template. */
function seedContext(name: string): WriteContext {
  let count = 0
  return { device: `seed-${name}`, stamp: () => stampOf(0, count++), id: () => `${name}${count++}` }
}

function writeFields<F extends Fields>(
  kind: Kind<string, F>,
  doc: EngineDocument,
  context: WriteContext,
  init: Init<F>,
  names: readonly string[],
): void {
  for (const name of names) {
    const value = init[name]
    if (value !== undefined) kind.fields[name]?.write(placeOf(kind, doc, name), context, value)
  }
}
