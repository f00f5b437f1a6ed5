/** Bits flip in what a store wrote: it shows, in that document alone, there and in a copy, and is mended from a copy or left out. */
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { entryDigest, type CommitEntry, type Entry, type JoineryError, type Store } from '@joinery/core'
import type { KeptStore } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { inspectSqlite, sqliteStore } from '../../src/store/sqlite.ts'

const LARGE = 9_000

/** A log as `writeGarden` writes it. */
export interface DamagedLog {
  /** A SQLite file with the same in it. */
  readonly copy: string
  open(): Promise<KeptStore>
  /** Runs a statement on it, while no store is open. */
  spoil(sql: string): Promise<void>
}

export interface TestedMending {
  /** Statements that harm one entry of `garden/b` each. */
  readonly flips: readonly string[]
  /** Those of them that are tried without a copy, too. */
  readonly alone: readonly string[]
  /** Statements that change the mark or the digest of one entry in the log of `garden`, or take its row away. */
  /** Statements that change what is told of documents beside their entries, each with the document of `garden` that it is told of. */
  readonly told: readonly (readonly [sql: string, document: string])[]
  readonly marks: {
    readonly mended: readonly string[]
    /** Two: of a digest, and of what else would tell it. */
    readonly unknown: readonly string[]
    readonly lost: string
  }
  whole(): Promise<DamagedLog>
  /** A folder of its own. */
  folder(): string
}

export function entry(n: number, document: string, size = 20, basedOn = 0): CommitEntry {
  const bytes = new Uint8Array(size).fill(n)
  const named = { type: 'update', document, kind: 'note', engine: 'yjs', bytes } as const
  const authors = [{ author: `${n}`, clock: n, owner: 'phone' }]
  return { ...named, n, at: n, device: 'phone', subject: 'ann', digest: entryDigest(named), basedOn, authors }
}

/** Seqs 1 to 12 of `garden`: three documents in turn, of which `b` has large entries, at 5 and, of so many bytes, at 8. */
export async function writeGarden(store: Store, huge: number): Promise<void> {
  const sizes = [20, 20, 20, 20, LARGE, 20, 20, huge, 20, 20, 20, 20]
  for (const [i, size] of sizes.entries()) {
    const name = 'abc'[i % 3] ?? ''
    const basedOn = (await store.document('garden', name))?.seq ?? 0
    await store.commit([{ space: 'garden', entries: [entry(i + 1, name, size, basedOn)] }])
  }
  await store.commit([{ space: 'meadow', entries: [entry(13, 'a')] }])
}

export async function unreadable(store: Store): Promise<string[]> {
  const found: string[] = []
  for (const { space, document } of await store.everyDocument(0, 100)) {
    try {
      await store.body(space, document)
      await store.authors(space, document)
    } catch (error) {
      expect((error as JoineryError).code).toBe('QUARANTINED')
      found.push(`${space}/${document}`)
    }
  }
  return found
}

/** By which name the log has each. */
function names(store: Store): Promise<unknown> {
  return Promise.all(Array.from({ length: 12 }, (_, i) => store.named('garden', 'phone', i + 1)))
}

/** Bytes by their digest: millions of them are not compared one by one. */
function told(entries: readonly Entry[]): unknown[] {
  return entries.map(one => ({ ...one, bytes: hash('sha256', one.bytes) }))
}

/** But for the names of lives. */
export async function everything(store: Store): Promise<unknown[]> {
  const all: unknown[] = []
  for (const document of ['a', 'b', 'c']) {
    all.push(told(await store.body('garden', document)))
    all.push(await store.authors('garden', document), await store.document('garden', document))
  }
  const { entries, ...page } = await store.read('garden', 0, Infinity)
  const head = await store.head('garden')
  return [...all, told(entries), { ...page, epoch: '' }, head && { ...head, epoch: '' }]
}

export function testMending({ flips, alone, told: beside, marks, whole, folder }: TestedMending): void {
  const copied = async (store: KeptStore): Promise<string> => {
    const file = join(folder(), 'again.db')
    await store.copyTo(file)
    return file
  }

  const wrongMarks = async (store: KeptStore): Promise<number> =>
    (await inspectSqlite({ file: await copied(store), deep: true })).marks.wrong

  test.each(marks.mended)('[CR-25] [R4] %s: the marks of that log follow again, and all is as it was', async sql => {
    const log = await whole()
    const donor = sqliteStore({ file: log.copy })
    await log.spoil(sql)
    const store = await log.open()
    expect(await wrongMarks(store)).toBeGreaterThan(0)
    const lives = async (): Promise<unknown[]> => [
      (await store.head('garden'))?.epoch,
      (await store.head('meadow'))?.epoch,
    ]
    const before = await lives()
    expect(await store.remark()).toEqual(['garden'])
    expect(await wrongMarks(store)).toBe(0)
    // In the transaction that changes the first of them.
    const after = await lives()
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([false, true])
    expect([await everything(store), await names(store)]).toEqual([await everything(donor), await names(donor)])
    expect(await store.remark()).toEqual([])
    expect(await lives()).toEqual(after)
    await store.commit([{ space: 'garden', entries: [entry(99, 'b', 20, 11)] }])
    expect(await wrongMarks(store)).toBe(0)
    await store.close()
    await donor.close()
  })

  test.each(beside)(
    '[CR-25] [D6] %s: %s is named as damaged, and is again what its entries say',
    async (sql, document) => {
      const log = await whole()
      const donor = sqliteStore({ file: log.copy })
      const before = [await everything(donor), await names(donor)]
      await donor.close()
      await log.spoil(sql)
      const store = await log.open()
      const look = async (): Promise<unknown> =>
        (await inspectSqlite({ file: await copied(store), deep: true })).disagreeing
      expect(await look()).toEqual([{ space: 'garden', document }])
      await store.align('garden', document)
      expect(await look()).toEqual([])
      expect([await everything(store), await names(store)]).toEqual(before)
      await store.align('garden', 'none')
      await store.close()
    },
  )

  test('[CR-25] [R4] where nobody knows a digest otherwise, the marks behind it follow from what stands there', async () => {
    const log = await whole()
    for (const sql of marks.unknown) await log.spoil(sql)
    const store = await log.open()
    const head = await store.head('garden')
    expect(await store.remark()).toEqual(['garden'])
    expect(await wrongMarks(store)).toBe(0)
    const after = await store.head('garden')
    expect(after?.mark).not.toEqual(head?.mark)
    expect(after?.epoch).not.toBe(head?.epoch)
    expect(after).toEqual({ ...head, epoch: after?.epoch, mark: await store.markAt('garden', 12) })
    await store.commit([{ space: 'garden', entries: [entry(99, 'c', 20, 12)] }])
    expect(await wrongMarks(store)).toBe(0)
    await store.close()
  })

  test('[CR-25] [R4] a log that lacks a row is left as it is', async () => {
    const log = await whole()
    await log.spoil(marks.lost)
    const store = await log.open()
    const before = await store.head('garden')
    expect(await store.remark()).toEqual([])
    expect([await store.head('garden'), (await wrongMarks(store)) > 0]).toEqual([before, true])
    await store.close()
  })

  test.each(flips)(
    '[CR-25] %s: that document alone cannot be read, there and in a copy, and is whole again from a copy',
    async sql => {
      const log = await whole()
      const donor = sqliteStore({ file: log.copy })
      const before = await everything(donor)
      await log.spoil(sql)
      const store = await log.open()
      expect(await unreadable(store)).toEqual(['garden/b'])
      // A copy shows the same, and no more.
      const there = sqliteStore({ file: await copied(store) })
      expect(await unreadable(there)).toEqual(['garden/b'])
      await there.close()

      await store.quarantine('garden', 'b', 'QUARANTINED')
      expect(await store.mend('garden', 'b', [])).toBe('lacking')
      expect(await store.mend('garden', 'b', await donor.standing('garden', 'b'))).toBe('whole')
      // It takes away what claims to be another space's.
      await store.sweep()
      expect(await store.sweep()).toEqual([])
      expect(await everything(store)).toEqual(before)
      // And it goes on.
      await store.commit([{ space: 'garden', entries: [entry(99, 'b', 20, 11)] }])
      expect((await store.body('garden', 'b')).at(-1)?.seq).toBe(13)
      const look = await inspectSqlite({ file: await copied(store), deep: true })
      expect([look.integrity, look.rows.damaged, look.marks.wrong, look.headless]).toEqual([[], 0, 0, []])
      await store.close()
      await donor.close()
    },
    60_000,
  )

  test.each(alone)(
    '[CR-25] %s: without a copy what is left is read, and not written',
    async sql => {
      const log = await whole()
      const donor = sqliteStore({ file: log.copy })
      const before = await donor.body('garden', 'b')
      await log.spoil(sql)
      const store = await log.open()
      expect(await store.mend('garden', 'b', [])).toBe('lacking')
      expect(await unreadable(store)).toEqual(['garden/b'])
      expect(await store.leaveOut('garden', 'b')).toBe(3)
      const body = await store.body('garden', 'b')
      const isOf = (one: Entry): boolean => body.some(({ seq }) => seq === one.seq)
      expect(told(body)).toEqual(told(before.filter(isOf)))
      expect(body).toHaveLength(3)
      expect((await store.document('garden', 'b'))?.quarantined).toBe('GAP')
      expect(await unreadable(store)).toEqual([])
      await store.sweep()
      expect((await store.read('garden', 0, Infinity)).damaged).toEqual([])
      const look = await inspectSqlite({ file: await copied(store), deep: true })
      expect([look.integrity, look.rows.damaged, look.headless]).toEqual([[], 0, []])
      await store.close()
      await donor.close()
    },
    60_000,
  )
}
