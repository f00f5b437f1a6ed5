/** Relays of two versions on one log, one after the other: what the migrations of both stores promise (`rows/migration.ts`). */
import { entryDigest, type CommitEntry, type Store } from '@joinery/core'
import { afterEach, describe, expect, test } from 'vitest'
import type { Migration } from '../../src/store/rows/migration.ts'

export interface TestedLog {
  open(): Promise<Store>
  /** The version that it has, and the least that can open it. */
  version(): Promise<{ readonly version: number; readonly least: number }>
}

export interface TestedMigrations {
  /** The store's own list. */
  readonly migrations: readonly Migration[]
  /** Adds a column to `entry` and `past`, and a table `tint`. */
  readonly expanded: Migration
  /** Makes a table `instead`. */
  readonly instead: string
  readonly withoutTint: string
  /** A log with nothing in it. */
  empty(): Promise<TestedLog>
}

export interface Versions {
  /** From now on who opens is of a version that has one migration more. */
  next(migration: Migration): void
  previous(): void
}

/** After each test it is this version's again. */
export function versionsOf(migrations: readonly Migration[]): Versions {
  const known = migrations.length
  const previous = (): void => void ((migrations as Migration[]).length = known)
  afterEach(previous)
  return { next: migration => void (migrations as Migration[]).push(migration), previous }
}

/** The n-th edit of document `d`. */
function edit(n: number): CommitEntry {
  const entry = { type: 'update', document: 'd', kind: 'note', engine: 'yjs', bytes: new Uint8Array([n, 1]) } as const
  return {
    ...entry,
    at: n,
    device: 'phone',
    n,
    subject: 'ann',
    basedOn: n - 1,
    authors: [],
    digest: entryDigest(entry),
  }
}

export async function write(store: Store, n: number): Promise<void> {
  const [done] = await store.commit([{ space: 'garden', entries: [edit(n)] }])
  expect(done?.outcomes).toEqual([{ outcome: 'written', seq: n }])
}

export async function numbers(store: Store): Promise<readonly number[]> {
  return (await store.read('garden', 0, 1_000_000)).entries.map(({ n }) => n)
}

export function testVersions({ migrations, expanded, instead, withoutTint, empty }: TestedMigrations): void {
  const known = migrations.length
  const { next, previous } = versionsOf(migrations)

  describe('[MN-12] [BK-08] a relay of this version on what the next one left', () => {
    test('goes on where the schema was expanded, and so does the next one after it, with all that both wrote', async () => {
      const log = await empty()
      const writeOne = async (n: number): Promise<void> => {
        const store = await log.open()
        await write(store, n)
        expect(await numbers(store)).toEqual(Array.from({ length: n }, (_, at) => at + 1))
        await store.close()
      }
      await writeOne(1)
      next(expanded)
      await writeOne(2)
      previous()
      await writeOne(3)
      // It folds, too, and keeps what it replaces.
      const store = await log.open()
      const snapshot = new Uint8Array([9])
      const folding = { space: 'garden', document: 'd', upTo: 3, entries: 3, snapshot, keptAt: 5 }
      expect(await store.fold(folding)).toBe(true)
      await store.close()
      next(expanded)
      const after = await log.open()
      expect((await after.body('garden', 'd')).map(({ type, seq }) => [type, seq])).toEqual([['snapshot', 3]])
      expect((await after.past('garden', 'd', 0, 1_000)).map(({ n }) => n)).toEqual([1, 2, 3])
      await after.close()
      expect(await log.version()).toEqual({ version: known + 1, least: known })
    })

    test('is refused where older ones may not go on, and changes nothing', async () => {
      const log = await empty()
      next({ step: 'contract', least: known + 1, sql: instead })
      const newer = await log.open()
      await write(newer, 1)
      await newer.close()
      previous()
      await expect(log.open()).rejects.toMatchObject({ details: { reason: 'newer' } })
      next({ step: 'contract', least: known + 1, sql: instead })
      const again = await log.open()
      expect(await numbers(again)).toEqual([1])
      await again.close()
    })

    test('goes on where only those before it may not', async () => {
      const log = await empty()
      next(expanded)
      next({ step: 'contract', least: known, sql: withoutTint })
      await (await log.open()).close()
      previous()
      const store = await log.open()
      await write(store, 1)
      await store.close()
    })
  })
}
