/**
 * A document as its kind shows it. Nothing is read before it is asked for, and nothing is written by reading (D4).
 * The accessors are made once a kind and not once a document: a library of ten thousand is projected in the background.
 */
import type { EngineDocument } from '../ports/engine.ts'
import type { Draft, Fields, View, WriteContext } from './field.ts'
import { checkId } from '../ids.ts'
import { placeOf, type AnyKind, type Kind } from './kind.ts'
import { createdOf, trashOf } from './standard-parts.ts'

const STATE = Symbol('state')

interface State {
  readonly doc: EngineDocument
  readonly device: string | undefined
  readonly context: WriteContext | undefined
  /** What has been read, for views that read everything once. */
  readonly once?: Map<string, unknown>
}

type Shown = { readonly [STATE]: State }

const prototypesByKind = new WeakMap<AnyKind, { readonly view: object; readonly draft: object }>()

/**
 * The document as it is now: each access reads the present value. `device` tells `furthest` fields which position is this device's.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { note, readDocument } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const view = readDocument(note, yjs.open('1'))
 * assert.equal(view.title, '')
 * assert.deepEqual(view.tags, [])
 * ```
 */
export function readDocument<F extends Fields>(kind: Kind<string, F>, doc: EngineDocument, device?: string): View<F> {
  return shownAs(prototypesOf(kind).view, { doc, device, context: undefined }) as View<F>
}

/**
 * What an edit writes through, inside `doc.change`. Values are assigned (`draft.title = 'Shopping'`), the rest has methods
 * (`draft.tags.add('home')`). BAD_INPUT, with the field and the schema's issues, for a value that does not fit; what the same edit wrote
 * before stays.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { hybridClock } from '@joinery/core'
 * import { draftOf, note, readDocument } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const clock = hybridClock({ now: () => 1_000 })
 * const doc = yjs.open('1')
 * const draft = draftOf(note, doc, { device: 'laptop', stamp: () => clock.next(), id: () => 'unused' })
 * doc.change(() => {
 *   draft.title = 'Shopping'
 *   draft.tags.add('home')
 * })
 * assert.deepEqual(readDocument(note, doc).tags, ['home'])
 * ```
 */
export function draftOf<F extends Fields>(kind: Kind<string, F>, doc: EngineDocument, context: WriteContext): Draft<F> {
  checkId('device', context.device)
  return shownAs(prototypesOf(kind).draft, { doc, device: context.device, context }) as Draft<F>
}

/**
 * The document read once: what a field was when first asked for, for projections that ask several times.
 *
 * @internal
 */
export function readOnce<F extends Fields>(kind: Kind<string, F>, doc: EngineDocument): View<F> {
  const state = { doc, device: undefined, context: undefined, once: new Map<string, unknown>() }
  return shownAs(prototypesOf(kind).view, state) as View<F>
}

/**
 * The document that a view or a draft shows, for what its kind cannot say.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { documentBehind, note, readDocument } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const doc = yjs.open('1')
 * assert.equal(documentBehind(readDocument(note, doc)), doc)
 * ```
 */
export function documentBehind(shown: object): EngineDocument {
  return (shown as Shown)[STATE].doc
}

function shownAs(prototype: object, state: State): unknown {
  // Frozen, so that a field nobody declared cannot be assigned.
  return Object.freeze(Object.create(prototype, { [STATE]: { value: state } }))
}

function prototypesOf(kind: AnyKind): { readonly view: object; readonly draft: object } {
  let prototypes = prototypesByKind.get(kind)
  if (!prototypes) {
    prototypes = { view: prototypeOf(kind, false), draft: prototypeOf(kind, true) }
    prototypesByKind.set(kind, prototypes)
  }
  return prototypes
}

function prototypeOf(kind: AnyKind, written: boolean): object {
  const accessors: PropertyDescriptorMap = {
    $trash: {
      get(this: Shown) {
        return trashOf(this[STATE].doc)
      },
    },
    $created: {
      get(this: Shown) {
        return createdOf(this[STATE].doc)
      },
    },
  }
  for (const [name, field] of Object.entries(kind.fields)) {
    accessors[name] = {
      enumerable: true,
      get(this: Shown) {
        const { doc, device, context, once } = this[STATE]
        if (once?.has(name)) return once.get(name)
        const place = placeOf(kind, doc, name)
        const value = context ? field.draft(place, context) : field.read(place, device)
        once?.set(name, value)
        return value
      },
    }
    if (!written || !field.assigned) continue
    accessors[name].set = function (this: Shown, value: unknown) {
      const { doc, context } = this[STATE]
      if (context) field.write(placeOf(kind, doc, name), context, value)
    }
  }
  return Object.create(null, accessors) as object
}
