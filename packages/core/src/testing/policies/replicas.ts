/** Devices for the laws of field policies: each with a document, a clock of its own that the test turns, and no network but `pull`. */
import { hybridClock } from '../../hlc.ts'
import {
  boolean,
  counter,
  defineKind,
  draftOf,
  furthest,
  immutable,
  latest,
  list,
  number,
  object,
  readDocument,
  ref,
  richText,
  set,
  stampsIn,
  string,
  text,
  type Draft,
  type View,
  type WriteContext,
} from '../../kinds/index.ts'
import type { Engine, EngineDocument } from '../../ports/engine.ts'
import { hex } from '../../plain.ts'
import { seededRandom } from '../seeded-random.ts'

/** One field of every policy. */
export const sample = defineKind('sample', {
  version: 1,
  fields: {
    title: latest(string(), { default: 'untitled' }),
    color: latest(string()),
    place: latest(object({ chapter: number(), offset: number() })),
    pinned: latest(boolean(), { default: false }),
    folder: ref('folder'),
    notes: text(),
    body: richText(),
    tags: set(string()),
    steps: list(string()),
    votes: counter(),
    page: furthest(number()),
    author: immutable(string()),
  },
})

export type SampleFields = typeof sample.fields

export interface Replica {
  readonly device: string
  readonly doc: EngineDocument
  readonly context: WriteContext
  readonly view: View<SampleFields>
  /** Wall time of this device in ms. */
  wall: number
  edit(change: (draft: Draft<SampleFields>) => void): void
  /** Takes over what the other holds. */
  pull(from: Replica): void
}

/** 2026-01-01 */
export const START = 1_767_225_600_000

export function replica(engine: Engine, device: string, options: { slot?: number; wall?: number } = {}): Replica {
  const { slot = 0, wall = START } = options
  const random = seededRandom([...`${device}.${slot}`].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7))
  const doc = engine.open(engine.newAuthor(random))
  const clock = hybridClock({ now: () => self.wall })
  const context: WriteContext = { device, slot, stamp: () => clock.next(), id: () => hex(random.bytes(8)) }
  const draft = draftOf(sample, doc, context)
  const self: Replica = {
    device,
    doc,
    context,
    view: readDocument(sample, doc, device),
    wall,
    edit: change => doc.change(() => change(draft)),
    pull(from) {
      const update = from.doc.encode(doc.version())
      if (update !== undefined) doc.apply(update)
      const seen = stampsIn(sample, doc)
      if (seen !== undefined) clock.saw(seen)
    },
  }
  return self
}

export function replicas(engine: Engine, ...devices: readonly string[]): Replica[] {
  return devices.map(device => replica(engine, device))
}

/** Everybody takes over everything. */
export function settle(all: readonly Replica[]): void {
  for (let round = 0; round < 2; round++) {
    for (const to of all) for (const from of all) if (to !== from) to.pull(from)
  }
}

/** All that a document shows, as plain content. */
export function shown({ view }: Replica): unknown {
  const { page, notes, body } = view
  const values = { title: view.title, color: view.color, place: view.place, pinned: view.pinned, folder: view.folder }
  const lists = { tags: view.tags, steps: view.steps, votes: view.votes, author: view.author }
  const standard = { trash: view.$trash, created: view.$created }
  const texts = { notes: notes.toString(), body: body.toString() }
  return { ...values, ...lists, ...standard, ...texts, furthest: page.furthest, latest: page.latest }
}

/** The updates that an edit makes. */
export function updatesOf(of: Replica, act: () => void): number {
  let count = 0
  const stop = of.doc.onUpdate(() => (count += 1))
  act()
  stop()
  return count
}
