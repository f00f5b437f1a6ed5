// Random histories of several spaces, with folds at any moment, put back to any moment: everything is as it was noted down then.
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  contentDigest,
  entryDigest,
  type AuthorHead,
  type CommitEntry,
  type DocumentHead,
  type Entry,
  type Member,
  type Plain,
  type PutBack,
  type Random,
} from '@joinery/core'
import { encodeVoided } from '@joinery/core/protocol'
import { seededRandom } from '@joinery/core/testing'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { inspectSqlite, putBackSqlite, sqliteStore } from '../../src/store/sqlite.ts'
import { testFolders } from './folders.ts'

const folder = testFolders()
const SPACES = ['garden', 'meadow', 'orchard']
const DOCUMENTS = ['a', 'b', 'c', 'd']
const PEOPLE = ['ann', 'bob', 'cy']
const ROLES = ['owner', 'editor', 'viewer', undefined] as const
/** Beside its row, and in several pieces. */
const [LARGE, HUGE] = [5_000, 1_200_000]

type Store = ReturnType<typeof sqliteStore>

interface Noted {
  readonly at: number
  readonly spaces: ReadonlyMap<string, SpaceNoted>
}

interface SpaceNoted {
  readonly seq: number
  readonly mark: Uint8Array
  readonly members: readonly Member[]
  readonly devices: readonly (readonly [string, number, string | undefined])[]
  readonly documents: ReadonlyMap<string, DocumentNoted>
}

interface DocumentNoted {
  readonly head: Pick<DocumentHead, 'kind' | 'firstSeq' | 'seq' | 'state' | 'quarantined'>
  readonly digest: string
  readonly authors: readonly AuthorHead[]
  readonly seqs: readonly number[]
}

function open(file: string, now: () => number): Store {
  return sqliteStore({ file, now, lockTimeout: 0 })
}

function contentOf(entries: readonly Entry[]): Y.Doc {
  const doc = new Y.Doc()
  const updates = entries.filter(({ type, bytes }) => type !== 'void' && type !== 'tombstone' && bytes.length > 0)
  for (const { bytes } of updates) Y.applyUpdate(doc, bytes)
  return doc
}

async function note(store: Store, at: number): Promise<Noted> {
  const spaces = new Map<string, SpaceNoted>()
  for (const space of SPACES) {
    const found = await store.head(space)
    if (found === undefined) continue
    const documents = new Map<string, DocumentNoted>()
    for (const name of DOCUMENTS) {
      const head = await store.document(space, name)
      if (head === undefined) continue
      const doc = contentOf(await store.body(space, name))
      const content = { text: doc.getText('text').toJSON(), map: doc.getMap('map').toJSON() as Plain }
      const { kind, firstSeq, seq, state, quarantined } = head
      documents.set(name, {
        head: { kind, firstSeq, seq, state, quarantined },
        digest: contentDigest(content),
        authors: (await store.authors(space, name)).toSorted((a, b) => (a.author < b.author ? -1 : 1)),
        seqs: (await store.lineage(space, name)).map(one => one.seq),
      })
    }
    const devices = []
    for (const person of PEOPLE) {
      const device = `${person}-phone`
      devices.push([device, await store.lastOf(space, device), await store.subjectOf(space, device)] as const)
    }
    const { seq, mark } = found
    spaces.set(space, { seq, mark, members: await store.members(space), devices, documents })
  }
  return { at, spaces }
}

/** What can be had no more: before `at`, of a document that was there since `since`. */
interface Lost {
  readonly space: string
  readonly document: string
  readonly seq: number
}

interface Lived {
  readonly file: string
  readonly noted: readonly Noted[]
  readonly lost: readonly Lost[]
  readonly voided: readonly { readonly space: string; readonly seq: number; readonly at: number }[]
  /** By "space/document", when. */
  readonly purged: ReadonlyMap<string, number>
  readonly names: ReadonlyMap<string, readonly number[]>
}

async function live(random: Random, steps: number, sizes: readonly number[]): Promise<Lived> {
  const file = join(folder(), 'log.db')
  let now = 1_000_000
  const store = open(file, () => now)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random.number() * of.length)] as T
  const chance = (of: number): boolean => random.number() < of
  const docs = new Map<string, Y.Doc>()
  const n = new Map<string, number>()
  const noted: Noted[] = []
  const lost: Lost[] = []
  const purged = new Map<string, number>()
  const voids: Lived['voided'][number][] = []
  let client = 1

  const entryOf = (space: string, document: string, type: CommitEntry['type'], bytes: Uint8Array): CommitEntry => {
    const person = pick(PEOPLE)
    const device = `${person}-phone`
    const next = (n.get(`${space}/${device}`) ?? 0) + 1
    n.set(`${space}/${device}`, next)
    const named = { type, document, kind: 'note', engine: 'yjs', bytes } as const
    return { ...named, n: next, at: now, device, subject: person, digest: entryDigest(named), basedOn: 0, authors: [] }
  }

  const commit = async (space: string, entry: CommitEntry): Promise<number> => {
    const basedOn = (await store.document(space, entry.document))?.seq ?? 0
    const [committed] = await store.commit([{ space, entries: [{ ...entry, basedOn }] }])
    const [outcome] = committed?.outcomes ?? []
    return outcome?.outcome === 'written' ? outcome.seq : 0
  }

  const edit = async (space: string, document: string): Promise<void> => {
    const key = `${space}/${document}`
    const doc = docs.get(key) ?? new Y.Doc()
    docs.set(key, doc)
    if (chance(0.2) || doc.clientID > 1_000_000) doc.clientID = client++
    let bytes = new Uint8Array()
    doc.once('update', (update: Uint8Array) => void (bytes = new Uint8Array(update)))
    const text = doc.getText('text')
    const size = pick(sizes)
    if (size === 0 && text.length > 4) text.delete(Math.floor(random.number() * (text.length - 3)), 3)
    else text.insert(Math.floor(random.number() * text.length), 'abcdefghij'.repeat(Math.ceil((size + 1) / 10)))
    const author = String(doc.clientID)
    const clock = Y.getState(doc.store, doc.clientID)
    const authors = size === 0 ? [] : [{ author, clock, owner: document }]
    await commit(space, { ...entryOf(space, document, 'update', bytes), authors })
  }

  /** One that nothing builds on, and that is voided at some time. */
  const stray = async (space: string, document: string): Promise<void> => {
    const doc = new Y.Doc()
    doc.clientID = client++
    doc.getMap('map').set(`k${client}`, 'x'.repeat(pick([1, LARGE])))
    const authors = [{ author: String(doc.clientID), clock: 1, owner: document }]
    await commit(space, { ...entryOf(space, document, 'update', Y.encodeStateAsUpdate(doc)), authors })
  }

  const voidOne = async (space: string, document: string): Promise<void> => {
    const strays = (await store.body(space, document)).filter(
      ({ type, bytes }) => type === 'update' && contentOf([{ type, bytes } as Entry]).getMap('map').size > 0,
    )
    const voided = strays[Math.floor(random.number() * strays.length)]
    if (voided === undefined) return
    const entry = { ...entryOf(space, document, 'void', encodeVoided(voided)), type: 'void' as const }
    const instead = chance(0.5) ? Y.encodeStateAsUpdate(new Y.Doc()) : undefined
    expect(await store.void({ space, seq: voided.seq, instead, entry })).toBeDefined()
    voids.push({ space, seq: voided.seq, at: now })
  }

  const fold = async (space: string, document: string): Promise<void> => {
    const body = await store.body(space, document)
    // Sometimes not all of it.
    const entries = body.slice(0, chance(0.3) ? Math.ceil(body.length / 2) : body.length)
    const upTo = entries.at(-1)?.seq
    if (upTo === undefined || entries.length < 2 || entries.some(({ type }) => type === 'tombstone')) return
    const snapshot = Y.encodeStateAsUpdate(contentOf(entries))
    const keptAt = chance(0.97) ? now : undefined
    expect(await store.fold({ space, document, upTo, snapshot, entries: entries.length, keptAt })).toBe(true)
    if (keptAt === undefined) lost.push({ space, document, seq: upTo })
  }

  const forget = async (): Promise<void> => {
    for (const { space, document, upTo } of await store.aged(now - 150, 0, 100)) {
      const past = (await store.past(space, document, 0, Infinity)).filter(({ seq }) => seq <= upTo)
      const named = new Set((await store.versionNames(space, document)).map(({ seq }) => seq))
      let from = 0
      for (const [at, { seq }] of past.entries()) {
        if (!named.has(seq) && at < past.length - 1) continue
        const instead = Y.encodeStateAsUpdate(contentOf(past.slice(0, at + 1)))
        const after = past[from - 1]?.seq ?? 0
        expect(await store.forget({ space, document, after, upTo: seq, entries: at + 1 - from, instead })).toBe(true)
        lost.push({ space, document, seq })
        from = at + 1
      }
    }
  }

  const nameOne = async (space: string, document: string): Promise<void> => {
    const seq = (await store.body(space, document)).at(-1)?.seq
    if (seq !== undefined) await store.nameVersion(space, document, { seq, name: 'a name', subject: 'ann', at: now })
  }

  const purge = async (space: string, document: string): Promise<void> => {
    if (!docs.has(`${space}/${document}`)) return
    await commit(space, entryOf(space, document, 'tombstone', new Uint8Array()))
    if (!purged.has(`${space}/${document}`)) purged.set(`${space}/${document}`, now)
  }

  const things: readonly (readonly [number, (space: string, document: string) => Promise<void>])[] = [
    [0.55, edit],
    [0.08, stray],
    [0.06, voidOne],
    [0.1, fold],
    [0.03, nameOne],
    [0.01, purge],
    [0.02, (space, document) => store.quarantine(space, document, chance(0.5) ? 'QUARANTINED' : undefined)],
    [0.03, (space, _, person = pick(PEOPLE)) => store.admit(space, person, pick(ROLES.slice(0, 3)) ?? 'viewer')],
    [0.09, async space => void (await store.setRole(space, pick(PEOPLE), pick(ROLES)))],
    [0.01, forget],
  ]
  for (let step = 0; step < steps; step++) {
    now += 1 + Math.floor(random.number() * 3)
    // What is done first is done at first in one space.
    const space = pick(SPACES.slice(0, 1 + Math.floor((step * SPACES.length) / steps)))
    const document = pick(DOCUMENTS)
    let at = random.number()
    for (const [part, thing] of things) {
      at -= part
      if (at >= 0) continue
      const isGone = (await store.document(space, document))?.state === 'gone'
      if (!isGone) await thing(space, document)
      break
    }
    noted.push(await note(store, now))
  }
  const names = new Map<string, number[]>()
  for (const space of SPACES)
    for (const document of DOCUMENTS)
      names.set(`${space}/${document}`, (await store.versionNames(space, document)).map(({ seq }) => seq)) // prettier-ignore
  await store.close()
  return { file, noted, lost, voided: voids, purged, names }
}

/** Whether something of a document, as it was then, is kept no more. */
function isLost({ lost, purged }: Lived, { spaces }: Noted): boolean {
  return lost.some(({ space, document, seq }) => {
    const then = spaces.get(space)
    const first = then?.documents.get(document)?.head.firstSeq
    if (then === undefined || first === undefined || purged.has(`${space}/${document}`)) return false
    return seq > then.seq && seq !== first
  })
}

async function compare(store: Store, then: Noted, { purged, names }: Lived): Promise<void> {
  const found = await note(store, then.at)
  for (const space of SPACES) {
    const [was, is] = [then.spaces.get(space), found.spaces.get(space)]
    const goneSince = [...purged].filter(([key, at]) => key.startsWith(`${space}/`) && at > then.at).length
    expect(is?.members ?? []).toEqual(was?.members ?? [])
    expect(is?.seq ?? 0).toBe((was?.seq ?? 0) + goneSince)
    if (was !== undefined && was.seq > 0) expect(await store.markAt(space, was.seq)).toEqual(was.mark)
    if (was !== undefined && goneSince === 0) expect(is?.devices ?? []).toEqual(was.devices)
    for (const document of DOCUMENTS) {
      const key = `${space}/${document}`
      const [before, after] = [was?.documents.get(document), is?.documents.get(document)]
      if ((purged.get(key) ?? 0) > then.at) {
        expect(after?.head.state).toBe('gone')
        continue
      }
      expect({ key, ...after, seqs: [] }).toEqual({ key, ...before, seqs: [] })
      // What was forgotten since is of the time before what stands.
      const kept = new Set(after?.seqs)
      expect([...kept]).toEqual(before?.seqs.filter(seq => kept.has(seq)) ?? [])
      expect((await store.versionNames(space, document)).map(({ seq }) => seq)).toEqual(
        names.get(key)?.filter(seq => seq <= (was?.seq ?? 0)),
      )
    }
  }
}

/** Goes on where it was put back to. */
async function goOn(store: Store, now: number): Promise<void> {
  for (const { space, document } of await store.everyDocument(0, 100)) {
    const entries = await store.body(space, document)
    const doc = contentOf(entries)
    const before = doc.getText('text').toJSON()
    doc.clientID = 999_999
    doc.getText('text').insert(0, 'later ')
    const bytes = Y.encodeStateAsUpdate(doc)
    const named = { type: 'update', document, kind: 'note', engine: 'yjs', bytes } as const
    const basedOn = entries.at(-1)?.seq ?? 0
    const placed = { n: basedOn, at: now, device: 'late', subject: 'late', authors: [], basedOn }
    const [committed] = await store.commit([{ space, entries: [{ ...named, ...placed, digest: entryDigest(named) }] }])
    expect(committed?.outcomes[0]?.outcome).toBe('written')
    const upTo = (await store.body(space, document)).at(-1)?.seq ?? 0
    const count = (await store.body(space, document)).length
    expect(await store.fold({ space, document, upTo, snapshot: bytes, entries: count, keptAt: now })).toBe(true)
    expect(
      contentOf(await store.body(space, document))
        .getText('text')
        .toJSON(),
    ).toBe(`later ${before}`)
    expect(
      contentOf(await store.past(space, document, 0, Infinity))
        .getText('text')
        .toJSON(),
    ).toBe(`later ${before}`)
  }
}

/** Pieces that nothing names and that nobody takes away. */
function forgottenPieces(file: string): number[] {
  const database = new Database(file)
  const all = <T>(sql: string): T[] => database.prepare(sql).pluck().all() as T[]
  const named = ['entry', 'past'].flatMap(table => [
    ...all<string>(`SELECT CAST(bytes AS TEXT) FROM ${table} WHERE type >= 64`),
    ...all<string>(`SELECT substr(authors, 2) FROM ${table} WHERE authors LIKE '@%'`),
  ])
  const ids = new Set(
    named.flatMap(name => {
      const [first = 0, count = 0] = name.split(' ').map(Number)
      return Array.from({ length: count }, (_, i) => first + i)
    }),
  )
  const strays = new Set(all<number>('SELECT id FROM stray'))
  const found = all<number>('SELECT id FROM piece').filter(id => !ids.has(id) && !strays.has(id))
  database.close()
  return found
}

async function putBackAndCompare(lived: Lived, then: Noted): Promise<PutBack> {
  const file = join(folder(), 'copy.db')
  copyFileSync(lived.file, file)
  const found = await putBackSqlite({ file, at: then.at })
  expect(forgottenPieces(file)).toEqual([])
  const look = await inspectSqlite({ file, deep: true })
  expect([look.integrity, look.rows.damaged, look.marks.wrong, look.headless, look.disagreeing]).toEqual([
    [],
    0,
    0,
    [],
    [],
  ])
  const store = open(file, () => then.at + 1)
  await compare(store, then, lived)
  await goOn(store, then.at + 1)
  await store.close()
  return found
}

async function refuse(lived: Lived, then: Noted): Promise<void> {
  const file = join(folder(), 'copy.db')
  copyFileSync(lived.file, file)
  const first = lived.noted.find(one => one.at > then.at && !isLost(lived, one))
  await expect(putBackSqlite({ file, at: then.at })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    details: { reason: 'before-history', earliest: first?.at },
  })
  // Nothing was changed.
  const store = open(file, () => 0)
  await compare(store, lived.noted.at(-1) as Noted, lived)
  await store.close()
}

const histories = [
  ...[1, 2, 3].map(seed => ({ seed, steps: 200, sizes: [0, 1, 1, 1, 1, 1, 1, LARGE], every: 22 })),
  { seed: 77, steps: 20, sizes: [0, 1, HUGE], every: 10 },
]

test(
  '[BK-04] a random history, put back to any moment that is kept of it, is what it was',
  { timeout: 120_000 },
  async () => {
    const seen = { refused: 0, entries: 0, unfolded: 0, unmade: 0, purged: 0, members: 0, unvoided: 0 }
    for (const { seed, steps, sizes, every } of histories) {
      const lived = await live(seededRandom(seed), steps, sizes)
      const moments = lived.noted.filter((_, i) => i % every === seed % every || i === lived.noted.length - 1)
      for (const then of moments) {
        if (isLost(lived, then)) {
          seen.refused += 1
          await refuse(lived, then)
          continue
        }
        const { entries, unfolded, unmade, purged, members } = await putBackAndCompare(lived, then)
        seen.entries += entries
        seen.unfolded += unfolded
        seen.unmade += unmade
        seen.purged += purged.documents
        seen.members += members
        const isUnvoided = (one: Lived['voided'][number]): boolean =>
          one.at > then.at && one.seq <= (then.spaces.get(one.space)?.seq ?? 0)
        seen.unvoided += lived.voided.filter(isUnvoided).length
      }
    }
    // All of it came up.
    expect(
      Object.values(seen).filter(count => count === 0),
      JSON.stringify(seen),
    ).toEqual([])
  },
)

/** As a relay finds out, after a while, that the second of four edits breaks an engine. */
async function voidedLate(now: () => number, tick: () => void): Promise<{ file: string; store: Store }> {
  const file = join(folder(), 'log.db')
  const store = open(file, now)
  for (const n of [1, 2, 3, 4]) {
    tick()
    const bytes = Uint8Array.of(n, n)
    const named = { type: 'update', document: 'x', kind: 'note', engine: 'yjs', bytes } as const
    const placed = { n, at: n, device: 'phone', subject: 'ann', authors: [], basedOn: n - 1 }
    await store.commit([{ space: 'garden', entries: [{ ...named, ...placed, digest: entryDigest(named) }] }])
  }
  tick()
  const voided = (await store.body('garden', 'x'))[1] as Entry
  const bytes = encodeVoided(voided)
  const named = { type: 'void', document: 'x', kind: 'note', engine: 'yjs', bytes } as const
  const placed = { n: 1, at: 5, device: 'relay', subject: 'relay', authors: [], basedOn: 0 }
  const entry = { ...named, ...placed, digest: entryDigest({ ...named, type: 'void' }) }
  await store.void({ space: 'garden', seq: 2, instead: undefined, entry })
  return { file, store }
}

test('[BK-04] an edit that was voided and folded since stands again, wherever the fold ended', async () => {
  for (const upTo of [2, 3, 4, 5]) {
    let now = 10
    const { file, store } = await voidedLate(
      () => now,
      () => (now += 10),
    )
    now += 10
    const fold = { space: 'garden', document: 'x', upTo, snapshot: Uint8Array.of(9), entries: upTo, keptAt: now }
    expect(await store.fold(fold)).toBe(true)
    await store.close()
    expect(await putBackSqlite({ file, at: 50 })).toMatchObject({ entries: 1, unfolded: 1 })
    const then = open(file, () => now)
    const body = await then.body('garden', 'x')
    expect(body.map(({ type, bytes }) => [type, ...bytes])).toEqual([1, 2, 3, 4].map(n => ['update', n, n]))
    await then.close()
  }
})

test('[BK-04] before the first thing that is known of a store there is no moment of it, and a space may be younger', async () => {
  const file = join(folder(), 'log.db')
  let now = 10
  const store = open(file, () => now)
  await store.admit('garden', 'ann', 'owner')
  for (const space of ['garden', 'meadow']) {
    now += 10
    const named = { type: 'update', document: 'x', kind: 'note', engine: 'yjs', bytes: Uint8Array.of(1) } as const
    const placed = { n: 1, at: 1, device: 'phone', subject: 'ann', authors: [], basedOn: 0 }
    await store.commit([{ space, entries: [{ ...named, ...placed, digest: entryDigest(named) }] }])
  }
  await store.close()
  const before = readFileSync(file)
  const details = { reason: 'before-history', earliest: 10 }
  await expect(putBackSqlite({ file, at: 9 })).rejects.toMatchObject({ code: 'BAD_INPUT', details })
  expect(readFileSync(file).equals(before)).toBe(true)
  for (const [at, entries] of [
    [25, 1],
    [10, 2],
  ] as const) {
    const copy = join(folder(), 'copy.db')
    copyFileSync(file, copy)
    expect(await putBackSqlite({ file: copy, at })).toMatchObject({ entries })
    const then = open(copy, () => now)
    expect([await then.roleOf('garden', 'ann'), await then.head('meadow')]).toEqual(['owner', undefined])
    await then.close()
  }
})

test('[BK-04] what was written before a store knew the time of its commits is put back to no moment', async () => {
  let now = 10
  const { file, store } = await voidedLate(
    () => now,
    () => (now += 10),
  )
  await store.close()
  const spoil = (sql: string): void => {
    const database = new Database(file)
    database.exec(sql)
    database.close()
  }
  spoil('UPDATE log SET committed = 0 WHERE seq < 3')
  await expect(putBackSqlite({ file, at: 45 })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    details: { reason: 'untimed' },
  })
  // As the migration leaves it.
  spoil("INSERT INTO former (until, what, space, whose) VALUES (35, 'unknown', 0, '')")
  const details = { reason: 'before-history', earliest: 35 }
  await expect(putBackSqlite({ file, at: 34 })).rejects.toMatchObject({ code: 'BAD_INPUT', details })
  await putBackSqlite({ file, at: 45 })
  const then = open(file, () => now)
  expect((await then.head('garden'))?.seq).toBe(3)
  await then.close()
})

test('[DU-17] a document with a hole that a repair left since waits for a device, however whole it was then', async () => {
  for (const isLifted of [false, true]) {
    const file = join(folder(), 'log.db')
    let now = 10
    let store = open(file, () => now)
    for (const document of ['x', 'y'])
      for (const n of [1, 2, 3]) {
        const bytes = Uint8Array.of(n, n)
        const named = { type: 'update', document, kind: 'note', engine: 'yjs', bytes } as const
        const placed = { n, at: n, device: `${document}-phone`, subject: 'ann', authors: [], basedOn: 0 }
        const basedOn = (await store.document('garden', document))?.seq ?? 0
        const entry = { ...named, ...placed, basedOn, digest: entryDigest(named) }
        await store.commit([{ space: 'garden', entries: [entry] }])
      }
    await store.close()
    const database = new Database(file)
    database.exec('UPDATE entry SET checksum = checksum + 1 WHERE seq = 2')
    database.close()
    now = 20
    store = open(file, () => now)
    expect(await store.leaveOut('garden', 'x')).toBe(2)
    // As by what a device had, at a seq of its own.
    now = 30
    if (isLifted) await store.quarantine('garden', 'x', undefined)
    await store.quarantine('garden', 'y', 'QUARANTINED')
    await store.close()
    await putBackSqlite({ file, at: 15 })
    const then = open(file, () => now)
    expect((await then.document('garden', 'x'))?.quarantined).toBe('GAP')
    expect((await then.document('garden', 'y'))?.quarantined).toBeUndefined()
    await then.close()
  }
})
