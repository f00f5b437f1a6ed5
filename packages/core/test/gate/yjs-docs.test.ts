// What real documents write is read as Yjs reads it, and goes through.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { judgeYjs, SCAN_LIMITS, scanYjsUpdate, type YjsScan } from '@joinery/core/gate'
import { scanned } from './expecting.ts'
import { held } from './held.ts'
import { editedDocs } from './random-docs.ts'

const sessions = fc.record({ seed: fc.nat(), docs: fc.integer({ min: 1, max: 4 }), edits: fc.integer({ min: 1, max: 80 }), gc: fc.boolean() }) // prettier-ignore

test('[D2] every update of every document goes through a relay, in the order it was made', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(sessions, ({ seed, ...options }) => {
      const relay = new Y.Doc()
      const head = held()
      const log: Uint8Array[] = []
      const docs = editedDocs(seed, {
        ...options,
        onUpdate(update, doc) {
          expectReadAsYjsDoes(update)
          const verdict = judgeYjs(scanned(update), head, { owner: `device ${doc.clientID}` })
          if (verdict.verdict !== 'new') expect.fail(JSON.stringify(verdict))
          head.record(verdict)
          log.push(update)
          Y.applyUpdate(relay, update)
          expect(waits(relay)).toBe(false)
          expect(new Map(head.clocks)).toEqual(clocksOf(relay))
        },
        exchange(doc) {
          for (const update of log) Y.applyUpdate(doc, update)
        },
      })
      for (const doc of docs) {
        // Each device's whole state is known here, but for deletes, which a relay cannot know.
        const scan = scanned(Y.encodeStateAsUpdate(doc))
        const verdict = judgeYjs(scan, head, { owner: 'anybody', resupply: true })
        expect(verdict).toEqual(scan.hasDeletes ? { verdict: 'new', authors: [] } : { verdict: 'known' })
      }
    }),
    { numRuns: 120 },
  )
})

test(
  '[D2] every snapshot, difference and merge is read as Yjs reads it, and fills an empty document whole',
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(sessions, ({ seed, ...options }) => {
        const made: Uint8Array[] = []
        const docs = editedDocs(seed, { ...options, onUpdate: update => made.push(update) })
        const snapshots = docs.map(doc => Y.encodeStateAsUpdate(doc))
        const whole = [...snapshots, Y.mergeUpdates(snapshots), Y.mergeUpdates(made)]
        for (const update of whole) {
          expectReadAsYjsDoes(update)
          expectFills(update, new Y.Doc())
        }
        for (const doc of docs) {
          for (const other of docs) {
            const version = Y.encodeStateVector(other)
            // The last also repeats what is known, as a device may that gives back what a relay lost (R4).
            const snapshot = Y.encodeStateAsUpdate(doc)
            for (const update of [Y.encodeStateAsUpdate(doc, version), Y.diffUpdate(snapshot, version), snapshot]) {
              expectReadAsYjsDoes(update)
              expectFills(update, copyOf(other))
            }
          }
        }
      }),
      { numRuns: 60 },
    )
  },
)

test('[CR-05] a merge with something missing is a gap or has a Skip; nothing with a Skip is read', () => {
  let skips = 0
  let gaps = 0
  fc.assert(
    fc.property(sessions, fc.infiniteStream(fc.boolean()), fc.boolean(), ({ seed, ...options }, keeps, isTail) => {
      const made: Uint8Array[] = []
      editedDocs(seed, { ...options, onUpdate: update => made.push(update) })
      // What lacks only its beginning has no hole in itself.
      const kept = isTail ? made.slice(made.length / 2) : made.filter(() => keeps.next().value === true)
      if (kept.length === 0) return
      const merged = Y.mergeUpdates(kept)
      const result = scanYjsUpdate(merged, SCAN_LIMITS)
      const hasSkip = Y.decodeUpdate(merged).structs.some(struct => struct instanceof Y.Skip)
      expect(result.ok).toBe(!hasSkip)
      if (!result.ok) {
        skips += 1
        expect(result.detail).toMatch(/Skip/)
        return
      }
      const fresh = new Y.Doc()
      Y.applyUpdate(fresh, merged)
      const { verdict } = judgeYjs(result.scan, held(), { owner: 'me' })
      // Deletes of what is missing are not a gap to Yjs' state, and are to us.
      if (verdict === 'new') expect(waits(fresh)).toBe(false)
      else if (verdict !== 'known') {
        gaps += 1
        expect(waits(fresh)).toBe(true)
      }
    }),
    { numRuns: 150 },
  )
  expect(skips).toBeGreaterThan(5)
  expect(gaps).toBeGreaterThan(5)
})

/** That it is new to a document, and leaves nothing waiting in it. */
function expectFills(update: Uint8Array, doc: Y.Doc): void {
  const head = held(clocksOf(doc), 'me')
  const verdict = judgeYjs(scanned(update), head, { owner: 'me', resupply: true })
  if (verdict.verdict === 'gap' || verdict.verdict === 'refused') expect.fail(JSON.stringify(verdict))
  head.record(verdict)
  Y.applyUpdate(doc, update)
  expect(waits(doc)).toBe(false)
  expect(new Map(head.clocks)).toEqual(clocksOf(doc))
}

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  return copy
}

function clocksOf(doc: Y.Doc): Map<number, number> {
  return Y.decodeStateVector(Y.encodeStateVector(doc))
}

function waits(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

/** Compares a scan with what Yjs' own decoder gives, worked out the long way. */
function expectReadAsYjsDoes(update: Uint8Array): void {
  const scan = scanned(update)
  const { structs, ds } = Y.decodeUpdate(update)
  expect(scan.structs).toBe(structs.length)
  expect(scan.authors).toEqual(authorsOf(structs))
  expect(scan.deletes).toEqual([...ds.clients].map(([author, ranges]) => ({ author, to: lastEnd(ranges) })))
  expect(scan.deleteRanges).toBe([...ds.clients.values()].flat().length)
  expect(scan.hasDeletes).toBe(ds.clients.size > 0)
  expect(sorted(scan.references)).toEqual(sorted(referencesOf(structs)))
  expect(scan.roots.map(root => `${root.name} ${root.shape}`).toSorted()).toEqual(rootsOf(structs))
  expect(scan.depth).toBe(depthOf(structs))
  expect(scan.stampMax).toBe(stampMaxOf(structs))
}

type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number]

/** An item as it is after decoding and before integration: its parent is a root's name, an id, or not there. */
interface Decoded {
  readonly origin: Y.ID | null
  readonly rightOrigin: Y.ID | null
  readonly parent: string | Y.ID | null
  readonly parentSub: string | null
  readonly content: Y.Item['content']
}

function decoded(struct: Struct): Decoded | undefined {
  return struct instanceof Y.Item ? (struct as unknown as Decoded) : undefined
}

function authorsOf(structs: readonly Struct[]): YjsScan['authors'] {
  const byAuthor = Map.groupBy(structs, struct => struct.id.client)
  return [...byAuthor].map(([author, own]) => ({
    author,
    from: Math.min(...own.map(struct => struct.id.clock)),
    to: Math.max(...own.map(struct => struct.id.clock + struct.length)),
    gcOnly: own.every(struct => struct instanceof Y.GC),
  }))
}

function lastEnd(ranges: readonly { clock: number; len: number }[]): number {
  return Math.max(...ranges.map(({ clock, len }) => clock + len))
}

function idsOf(struct: Struct): Y.ID[] {
  const item = decoded(struct)
  return [item?.origin, item?.rightOrigin, item?.parent].filter(id => id instanceof Y.ID)
}

function referencesOf(structs: readonly Struct[]): YjsScan['references'] {
  const ranges = new Map(authorsOf(structs).map(range => [range.author, range]))
  const clocks = new Map<number, number>()
  for (const struct of structs) {
    for (const { client, clock } of idsOf(struct)) {
      const range = ranges.get(client)
      if (client !== struct.id.client && (range === undefined || clock >= range.to)) {
        clocks.set(client, Math.max(clock, clocks.get(client) ?? 0))
      }
    }
  }
  return [...clocks].map(([author, clock]) => ({ author, clock }))
}

function sorted(references: YjsScan['references']): YjsScan['references'] {
  return references.toSorted((a, b) => a.author - b.author)
}

function rootsOf(structs: readonly Struct[]): string[] {
  const names = structs.map(decoded).flatMap(item => (typeof item?.parent === 'string' ? [`${item.parent} ${item.parentSub === null ? 'sequence' : 'map'}`] : [])) // prettier-ignore
  return [...new Set(names)].toSorted()
}

function depthOf(structs: readonly Struct[]): number {
  const levels = new Map<Struct, number>()
  const byAuthor = Map.groupBy(structs, struct => struct.id.client)
  const at = (id: Y.ID): Struct | undefined => byAuthor.get(id.client)?.find(struct => id.clock >= struct.id.clock && id.clock < struct.id.clock + struct.length) // prettier-ignore
  const levelOf = (struct: Struct): number => {
    const known = levels.get(struct)
    if (known !== undefined) return known
    const [anchor] = idsOf(struct)
    const found = anchor && at(anchor)
    const level = found ? levelOf(found) + (decoded(struct)?.parent ? 1 : 0) : 0
    levels.set(struct, level)
    return level
  }
  return Math.max(0, ...structs.map(struct => levelOf(struct) + innerOf(struct)))
}

function innerOf(struct: Struct): number {
  const content = decoded(struct)?.content
  if (content instanceof Y.ContentType || content instanceof Y.ContentDoc) return content instanceof Y.ContentDoc ? 1 + Math.max(0, ...Object.values(content.opts).map(nesting)) : 1 // prettier-ignore
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON) return Math.max(...content.arr.map(nesting))
  if (content instanceof Y.ContentEmbed) return nesting(content.embed)
  return content instanceof Y.ContentFormat ? nesting(content.value) : 0
}

function nesting(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0
  return 1 + Math.max(0, ...Object.values(value).map(nesting))
}

function stampMaxOf(structs: readonly Struct[]): string | undefined {
  const stamps = structs.map(decoded).flatMap(item => {
    if (!(item?.content instanceof Y.ContentAny) || (item.parent !== null && item.parentSub === null)) return []
    return item.content.arr.map(value => (Array.isArray(value) ? (value[0] as unknown) : undefined))
  })
  const found = stamps.filter(stamp => typeof stamp === 'string' && /^~[0-9a-v]{14}$/.test(stamp)) as string[]
  return found.reduce<string | undefined>((max, stamp) => (max === undefined || stamp > max ? stamp : max), undefined)
}
