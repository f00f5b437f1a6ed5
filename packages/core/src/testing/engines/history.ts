/** Random histories of several replicas, and the small steps that the laws of engines share. */
import type { AuthorRange } from '../../entry.ts'
import type { Engine, EngineDocument } from '../../ports/engine.ts'
import type { Random } from '../../ports/random.ts'
import type { Plain } from '../../plain.ts'
import { must } from '../must.ts'

/** An engine, and what only its laws ask. */
export interface TestedEngine extends Engine {
  /** Who wrote what in a checked update: told by whoever brings the engine, from the bytes. */
  authorsOf(update: Uint8Array): readonly AuthorRange[]
}

/** An engine and the chance to try it with: the same seed tries the same. */
export interface EngineBench {
  readonly engine: TestedEngine
  readonly random: Random
}

export type MakeEngine = () => EngineBench | Promise<EngineBench>

/** What is written, and what is read: the same, but for -0. */
export const VALUES: readonly { given: Plain; read: Plain }[] = [
  ...[
    null,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    -0.1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
    2 ** 53,
    2 ** 53 + 2,
    2 ** 63,
    2 ** 64,
    1e300,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    Number.NaN,
    Infinity,
    -Infinity,
    '',
    'text',
    'é\u0000\u202e😀\ufeff',
    '~000000000000000',
    new Uint8Array(0),
    new Uint8Array([0, 255]),
    new Uint8Array(2_000),
    [],
    [[], [null]],
    [1, 'a', true, null, 1.5, new Uint8Array([7])],
    {},
    { a: {}, b: [] },
    { '': 1, 'toString': 2, 'a/b': 3, 'é\u0000': 4, '10': 5, '2': 6 },
    { deep: [{ er: [{ still: 'x' }] }] },
  ].map(value => ({ given: value, read: value })),
  { given: -0, read: 0 },
  // The nearest number there is, before it comes here.
  { given: Number('9007199254740993'), read: 2 ** 53 },
]

export interface History {
  readonly documents: readonly EngineDocument[]
  readonly updates: readonly Uint8Array[]
  readonly updatesByAuthor: ReadonlyMap<string, readonly Uint8Array[]>
}

/** Documents that edit at random and hear of each other now and then, late, out of order and twice. */
export function writtenBy(engine: Engine, random: Random, count: number, steps: number): History {
  const documents = Array.from({ length: count }, () => opened(engine, random))
  const updates: Uint8Array[] = []
  const updatesByAuthor = new Map<string, Uint8Array[]>()
  for (const document of documents) {
    const own: Uint8Array[] = []
    updatesByAuthor.set(document.author, own)
    document.onUpdate(update => {
      updates.push(update)
      own.push(update)
    })
  }
  for (let step = 0; step < steps; step++) {
    const document = pick(random, documents)
    if (random.number() < 0.75 || updates.length === 0) document.change(() => editAtRandom(engine, random, document))
    else document.apply(pick(random, updates))
  }
  return { documents, updates, updatesByAuthor }
}

const KEYS = ['a', 'b', 'toString', 'c/d', '2', '10']
const FIELDS = ['fields', 'more/fields']

function editAtRandom(engine: Engine, random: Random, document: EngineDocument): void {
  for (let edits = 1 + Math.floor(random.number() * 3); edits > 0; edits--) {
    const map = document.map(pick(random, FIELDS))
    const chance = random.number()
    if (engine.can.text && chance < 0.5) {
      const text = document.text(pick(random, ['body', 'title']))
      const at = Math.floor(random.number() * (text.length + 1))
      // Only plain letters, so that no offset falls into a character.
      if (chance < 0.35) text.insert(at, pick(random, ['x', 'yz', 'word ', '\n']))
      else text.delete(at, Math.floor(random.number() * (text.length - at + 1)))
    } else if (chance < 0.85) {
      map.set(pick(random, KEYS), pick(random, VALUES).given)
    } else {
      map.delete(pick(random, KEYS))
    }
  }
}

export function opened(engine: Engine, random: Random): EngineDocument {
  return engine.open(engine.newAuthor(random))
}

export function listened(document: EngineDocument): { updates: Uint8Array[]; changes(): number; stop(): void } {
  const updates: Uint8Array[] = []
  let changes = 0
  const stops = [document.onUpdate(update => updates.push(update)), document.onChange(() => (changes += 1))]
  return {
    updates,
    changes: () => changes,
    stop() {
      for (const stop of stops) stop()
    },
  }
}

/** The one update that an edit makes. */
export function updateOf(document: EngineDocument, edit: () => void): Uint8Array {
  const { updates, stop } = listened(document)
  document.change(edit)
  stop()
  const [update] = updates
  must(update !== undefined && updates.length === 1, `one change made ${updates.length} updates`)
  return update
}

/** Each gets what it lacks of the other. */
export function exchanged(a: EngineDocument, b: EngineDocument): void {
  const [forA, forB] = [b.encode(a.version()), a.encode(b.version())]
  if (forA !== undefined) a.apply(forA)
  if (forB !== undefined) b.apply(forB)
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random.number() * list.length)] as T
}

export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const left = [...list]
  return list.map(() => left.splice(Math.floor(random.number() * left.length), 1)[0] as T)
}
