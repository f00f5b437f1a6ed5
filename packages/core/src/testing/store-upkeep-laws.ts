/** The contract suite of the StoreUpkeep port: what whoever runs a relay can do to its store, whichever it is. */
import { entryDigest } from '../digest.ts'
import type { Entry } from '../entry.ts'
import type { CommitEntry, Store } from '../ports/store.ts'
import type { StandingEntry, StoreUpkeep } from '../ports/store-upkeep.ts'
import { sha256 } from '../sha256.ts'
import type { Law } from './law.ts'
import { must, rejects, same } from './must.ts'
import type { StorePlace } from './store-laws.ts'

export type KeptStore = Store & StoreUpkeep

/** One relay's data, and room for copies of it. */
export interface StoreUpkeepPlace extends StorePlace {
  /** Flips a bit of the row of a document's last entry, which may have no bytes, while no store is open. */
  damage(space: string, document: string): void | Promise<void>
  open(): KeptStore | Promise<KeptStore>
  /** The path of a file that is not there. */
  newFile(): string
  /** Opens a copy, which is a store of its own. */
  openCopy(file: string): KeptStore | Promise<KeptStore>
  /** Lets others have their turn. */
  turn(): Promise<void>
}

export type MakeStoreUpkeepPlace = () => StoreUpkeepPlace | Promise<StoreUpkeepPlace>

interface Given {
  readonly store: KeptStore
  /** A copy made now, opened. */
  copied(): Promise<KeptStore>
  /** Closes the store, damages the last entry of a document, and opens it again. */
  damaged(space: string, document: string): Promise<KeptStore>
  readonly place: StoreUpkeepPlace
}

/** More than a store takes in one piece. */
const HUGE = 1_200_000

export const storeUpkeepLaws: readonly Law<MakeStoreUpkeepPlace>[] = [
  law('DU-08', 'it says what keeps it, and which version of that', async ({ store, copied }) => {
    for (const { database } of [store, await copied()])
      same(/^\p{Lu}\w+ \d+\.\d+[.\w]*$/u.test(database), true, database)
  }),
  law(
    'BK-01',
    'a copy is a store that holds the same, past, names, members and what was purged with it',
    async given => {
      const { store, copied } = given
      await grow(store)
      const copy = await copied()
      for (const space of ['garden', 'meadow', 'empty']) {
        const here = await told(store, space)
        for (const [what, there] of Object.entries(await told(copy, space)))
          same(there, here[what], `${what} of ${space}`)
      }
      same((await copy.logs(0, 10)).length, 3, 'its logs')
      same(await copy.spaces('', 10), await store.spaces('', 10), 'its spaces')
    },
  ),
  law(
    'BK-01',
    'a copy goes on by itself: it takes what comes, knows what it had, and folds',
    async ({ store, copied }) => {
      await grow(store)
      const copy = await copied()
      const repeated = edit('a', 1)
      const [known] = await copy.commit([{ space: 'garden', entries: [repeated] }])
      same(known?.outcomes, [{ outcome: 'known', seq: 1 }], 'what it had')
      const seq = (await copy.document('garden', 'b'))?.seq ?? 0
      const [written] = await copy.commit([
        { space: 'garden', entries: [edit('b', 90, { basedOn: seq }), edit('new', 91, { device: 'desk' })] },
      ])
      must(
        written?.outcomes.every(({ outcome }) => outcome === 'written'),
        'what comes is written',
      )
      same((await copy.body('garden', 'new')).length, 1, 'a new document')
      const body = await copy.body('garden', 'b')
      const upTo = body.at(-1)?.seq ?? 0
      const fold = { space: 'garden', document: 'b', upTo, snapshot: bytesOf(30), entries: body.length, keptAt: 9 }
      must(await copy.fold(fold), 'it folds')
      same((await copy.lineage('garden', 'b')).length, body.length, 'and keeps')
      must((await store.document('garden', 'new')) === undefined, 'the other stays as it is')
    },
  ),
  law('BK-01', 'a copy under commits holds what was committed before it began, of one moment', async given => {
    const { store, place } = given
    await grow(store)
    for (let n = 100; n < 160; n++) await commit(store, 'garden', [edit(`d${n}`, n, { bytes: bytesOf(20_000, n) })])
    const before = (await store.head('garden'))?.seq ?? 0
    const file = place.newFile()
    let isCopying = true
    const copying = store.copyTo(file).finally(() => (isCopying = false))
    let n = 200
    // Two documents, of which the second is always behind the first.
    while (isCopying) {
      await commit(store, 'garden', [edit(`first${n}`, n), edit(`second${n}`, n + 1)])
      await commit(store, 'meadow', [edit(`third${n}`, n)])
      n += 2
      await place.turn()
    }
    await copying
    const copy = await place.openCopy(file)
    try {
      const head = await copy.head('garden')
      must(head !== undefined && head.seq >= before, 'all that was committed before')
      same(head.mark, await store.markAt('garden', head.seq), 'the mark of the log there')
      same((head.seq - before) % 2, 0, 'no half of a commit')
      const page = await copy.read('garden', 0, Infinity)
      same([page.damaged, page.seq], [[], head.seq], 'all of it can be read')
      for (const { document } of await copy.documents('garden', Infinity, 1_000))
        same(await copy.body('garden', document), await store.body('garden', document), document)
    } finally {
      await copy.close()
    }
  }),
  law('BK-01', 'a copy overwrites nothing, and leaves nothing when it fails', async ({ store, place }) => {
    await commit(store, 'garden', [edit('a', 1)])
    const file = place.newFile()
    await store.copyTo(file)
    same((await rejects(store.copyTo(file), 'UNAVAILABLE')).details['reason'], 'taken', 'the reason')
    await rejects(store.copyTo(`${place.newFile()}/nowhere/copy`), 'UNAVAILABLE')
    const copy = await place.openCopy(file)
    same((await copy.body('garden', 'a')).length, 1, 'the first copy')
    await copy.close()
    await store.close()
    await rejects(store.copyTo(place.newFile()), 'CLOSED')
  }),
  law('R4', 'when lives begin every log has another epoch, or those named, and everything else stays', async given => {
    const { store } = given
    await grow(store)
    const [before, heads] = [await store.logs(0, 10), await told(store, 'garden')]
    same([await store.logs(before[1]?.at ?? 0, 1)], [before.slice(2, 3)], 'a page')
    await store.beginLives(['meadow'])
    const one = await store.logs(0, 10)
    same(
      one.filter(({ head }, at) => head.epoch !== before[at]?.head.epoch).map(({ space }) => space),
      ['meadow'],
      'those named',
    )
    await store.beginLives([])
    same(await store.logs(0, 10), one, 'of none')
    await store.beginLives()
    const all = await store.logs(0, 10)
    same(new Set([...before, ...one, ...all].map(({ head }) => head.epoch)).size, 7, 'every name is new')
    for (const [at, { space, head }] of all.entries()) {
      same({ ...head, epoch: '' }, { ...before[at]?.head, epoch: '' }, 'the rest')
      same(await store.head(space), head, 'the head')
    }
    same(withoutLife(await told(store, 'garden')), withoutLife(heads), 'documents')
  }),
  law('CR-25', 'a document with a damaged row is mended from a copy, and no other is touched', async given => {
    await grow(given.store)
    const before = await told(given.store, 'garden')
    const copy = await given.copied()
    const store = await given.damaged('garden', 'b')
    await rejects(store.body('garden', 'b'), 'QUARANTINED')
    const standing = await store.standing('garden', 'b')
    const whole = await copy.standing('garden', 'b')
    same(seqsOf(standing), seqsOf(whole).slice(0, -1), 'what stands')
    same(await store.mend('garden', 'b', standing), 'lacking', 'from what stands')
    await rejects(store.body('garden', 'b'), 'QUARANTINED')
    await store.quarantine('garden', 'b', 'QUARANTINED')
    same(await store.mend('garden', 'b', whole), 'whole', 'from the copy')
    same(await told(store, 'garden'), before, 'everything')
    same(await store.sweep(), [], 'nothing is left to sweep')
    await commit(store, 'garden', [edit('b', 90, { basedOn: whole.at(-1)?.entry.seq ?? 0 })])
    same((await store.body('garden', 'b')).length, whole.length + 1, 'it goes on')
  }),
  law('CR-25', 'a damaged row is damaged in a copy too, of that document alone', async given => {
    await grow(given.store)
    await given.damaged('garden', 'b')
    const copy = await given.copied()
    await rejects(copy.body('garden', 'b'), 'QUARANTINED')
    same((await copy.read('garden', 0, Infinity)).damaged, ['b'], 'the log')
    for (const document of ['a', 'large']) must((await copy.body('garden', document)).length > 0, document)
    same((await copy.standing('garden', 'b')).length > 0, true, 'the rest of it stands')
  }),
  law('CR-25', 'what a copy of another history has is not put back', async given => {
    await grow(given.store)
    const [copy, store] = [await given.copied(), await given.damaged('garden', 'b')]
    const another = (await copy.standing('garden', 'b')).map(one => ({ ...one, digest: new Uint8Array(16) }))
    same(await store.mend('garden', 'b', another), 'lacking', 'other digests')
    same(await store.mend('garden', 'none', another), 'lacking', 'none of that name')
    await rejects(store.body('garden', 'b'), 'QUARANTINED')
  }),
  law('CR-25', 'what is left of a document is read, and waits for a device', async given => {
    await grow(given.store)
    const store = await given.damaged('garden', 'b')
    const standing = await store.standing('garden', 'b')
    const [garden, meadow] = [await store.head('garden'), await store.head('meadow')]
    same(await store.leaveOut('garden', 'b'), standing.length, 'how many stand')
    const after = await store.head('garden')
    must(after?.epoch !== garden?.epoch, 'another life, with that and not behind it')
    same({ ...after, epoch: '' }, { ...garden, epoch: '' }, 'of the same log')
    same(await store.head('meadow'), meadow, 'and of no other')
    const left = standing.map(({ entry }) => entry)
    same(shortly(await store.body('garden', 'b')), shortly(left), 'what stands')
    same((await store.document('garden', 'b'))?.quarantined, 'GAP', 'it waits')
    await store.sweep()
    same((await store.read('garden', 0, Infinity)).damaged, [], 'the log')
  }),
  law('DU-17', 'of a document of which nothing stands nothing is left, and it can begin anew', async given => {
    await grow(given.store)
    const store = await given.damaged('meadow', 'a')
    const before = await store.head('meadow')
    same(await store.leaveOut('meadow', 'a'), 0, 'nothing stands')
    must((await store.head('meadow'))?.epoch !== before?.epoch, 'another life')
    must((await store.document('meadow', 'a')) === undefined, 'it is not there')
    await store.sweep()
    same((await store.read('meadow', 0, Infinity)).damaged, [], 'the log')
    await commit(store, 'meadow', [edit('a', 90, { device: 'tablet' })])
    same((await store.body('meadow', 'a')).length, 1, 'anew')
    same(await store.standing('meadow', 'none'), [], 'of none')
  }),
  law('R4', 'of logs whose marks follow nothing is written anew', async ({ store }) => {
    await grow(store)
    const before = await told(store, 'garden')
    same(await store.remark(), [], 'what was written anew')
    same(await told(store, 'garden'), before, 'everything')
  }),
  law('D6', 'a purge whose row is damaged stays a purge', async given => {
    await grow(given.store)
    const store = await given.damaged('garden', 'purged')
    const [garden, meadow] = [await store.head('garden'), await store.head('meadow')]
    same(await store.sweep(), ['garden'], 'what was swept')
    must((await store.head('garden'))?.epoch !== garden?.epoch, 'another life')
    same(await store.head('meadow'), meadow, 'and of no other')
    const swept = await store.head('garden')
    same(await store.sweep(), [], 'once')
    same(await store.head('garden'), swept, 'and its life goes on')
    same((await store.document('garden', 'purged'))?.state, 'gone', 'it is gone')
    same((await store.body('garden', 'purged')).map(({ type }) => type), ['tombstone'], 'what says so') // prettier-ignore
  }),
]

/** Documents short, long, large, folded with a past and a name, purged and quarantined; three spaces, one of which is empty. */
async function grow(store: Store): Promise<void> {
  const large = edit('large', 4, { bytes: bytesOf(HUGE), authors: [{ author: '7', clock: 3, owner: 'phone' }] })
  await commit(store, 'garden', [edit('a', 1), edit('b', 2), edit('a', 3), large, edit('purged', 5), edit('b', 6)])
  const medium = edit('b', 7, {
    basedOn: 6,
    bytes: bytesOf(9_000),
    authors: [{ author: 'é', clock: 1, owner: 'phone' }],
  })
  await commit(store, 'garden', [medium, edit('a', 8, { basedOn: 3, device: 'tablet', subject: 'Zoë\n"\u{1f333}"' })])
  await store.fold({ space: 'garden', document: 'a', upTo: 3, snapshot: bytesOf(50), entries: 2, keptAt: 77 })
  await store.nameVersion('garden', 'a', { seq: 3, name: "before o'clock", subject: 'ann', at: 78 })
  const purge = edit('purged', 9, { type: 'tombstone', bytes: bytesOf(0), basedOn: 5 })
  await commit(store, 'garden', [purge, edit('odd', 10), edit('b', 11, { basedOn: 7 })])
  await store.quarantine('garden', 'odd', 'BAD_UPDATE')
  await commit(store, 'meadow', [edit('a', 1)])
  await store.admit('empty', 'ann', 'owner')
  await store.admit('garden', 'ann', 'owner')
  await store.admit('garden', 'bob', 'viewer')
}

interface Told {
  readonly head: object | undefined
  readonly page: object
  readonly [other: string]: unknown
}

function withoutLife(all: Told): Told {
  return { ...all, head: { ...all.head, epoch: '' }, page: { ...all.page, epoch: '' } }
}

/** Of what is large the digest: nobody reads it when it is another. */
function shortly(entries: readonly Entry[]): unknown[] {
  return entries.map(one => ({ ...one, bytes: one.bytes.length > 100 ? sha256(one.bytes) : one.bytes }))
}

/** All that a store tells of a space. */
async function told(store: Store, space: string): Promise<Told> {
  const documents = await store.documents(space, Infinity, 100)
  const each: unknown[] = []
  for (const { document, state } of documents) {
    each.push(shortly(await store.body(space, document)), await store.lineage(space, document))
    each.push(shortly(await store.past(space, document, 0, Infinity)))
    each.push(state === 'live' ? await store.authors(space, document) : [])
    each.push(await store.versionNames(space, document))
    for (const n of [1, 2, 3, 5]) each.push(await store.holds(space, document, edit(document, n).digest))
  }
  const devices: unknown[] = []
  for (const device of ['phone', 'tablet', 'none'])
    devices.push(await store.lastOf(space, device), await store.subjectOf(space, device))
  const marks: unknown[] = []
  for (let seq = 0; seq < 12; seq++) marks.push(await store.markAt(space, seq))
  const { entries, ...read } = await store.read(space, 0, Infinity)
  const page = { ...read, entries: shortly(entries) }
  const [head, members] = [await store.head(space), await store.members(space)]
  return { head, page, members, documents, each, devices, marks, named: await store.named(space, 'phone', 7) }
}

function seqsOf(standing: readonly StandingEntry[]): number[] {
  return standing.map(({ entry }) => entry.seq)
}

async function commit(store: Store, space: string, entries: readonly CommitEntry[]): Promise<void> {
  const [committed] = await store.commit([{ space, entries }])
  must(
    committed?.outcomes.every(({ outcome }) => outcome === 'written'),
    'it is written',
  )
}

/** The same each time for the same document and n. */
function edit(document: string, n: number, options: Partial<CommitEntry> = {}): CommitEntry {
  const named = { type: 'update' as const, document, kind: 'note', engine: 'yjs', bytes: bytesOf(10, n) }
  const entry = { ...named, at: 1_700_000_000_000 + n, device: 'phone', n, subject: 'ann', basedOn: 0, authors: [] }
  const whole = { ...entry, ...options }
  return { ...whole, digest: entryDigest(whole) }
}

function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 255)
}

function law(rule: string, title: string, check: (given: Given) => Promise<void>): Law<MakeStoreUpkeepPlace> {
  return {
    rule,
    title,
    async check(make) {
      const place = await make()
      let store = await place.open()
      const first = store
      const copies: KeptStore[] = []
      try {
        await check({
          store: first,
          place,
          async copied() {
            const file = place.newFile()
            await store.copyTo(file)
            const copy = await place.openCopy(file)
            copies.push(copy)
            return copy
          },
          async damaged(space, document) {
            await store.close()
            await place.damage(space, document)
            store = await place.open()
            return store
          },
        })
      } finally {
        for (const copy of copies) await copy.close()
        await store.close()
      }
    },
  }
}
