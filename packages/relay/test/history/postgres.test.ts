// Versions of documents on a real Postgres, by its clock.
import { systemClock } from '@joinery/adapters/clock/system'
import { yjs } from '@joinery/adapters/engines/yjs'
import { postgresStore } from '@joinery/adapters/store/postgres'
import { entryDigest, type CommitEntry } from '@joinery/core'
import { seededRandom } from '@joinery/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { foldWith, type Fold } from '../../src/index.ts'
import { rig, type as typing, writer } from '../rig.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.remove(), 60_000)

const fold: Fold = async (_, updates) => foldWith(yjs, seededRandom(1), updates)

test('[S3] what is older than its time is forgotten on a Postgres, whose time no node tells to the millisecond', async () => {
  const store = await postgresStore({ url: await postgres.database() })
  const w = writer(1)
  const entries = [1, 2, 3].map((n): CommitEntry => {
    const bytes = w.edit(typing(`${n} `))
    const named = { type: 'update', document: 'd', kind: 'note', engine: 'yjs', bytes } as const
    return { ...named, n, at: n, device: 'phone', subject: 'ann', basedOn: 0, authors: [], digest: entryDigest(named) }
  })
  await store.commit([{ space: 'garden', entries }])
  const snapshot = await fold('yjs', entries.map(({ bytes }) => bytes)) // prettier-ignore
  if (snapshot === undefined) throw new Error('no snapshot')
  expect(await store.fold({ space: 'garden', document: 'd', upTo: 3, entries: 3, snapshot, keptAt: 1 })).toBe(true)
  const { relay, lines } = rig({ store, clock: systemClock(), fold, limits: { historyMs: 60_000, historySweepMs: 50 } })
  const kept = async (): Promise<string[]> =>
    (await store.past('garden', 'd', 0, 1_000_000)).map(({ seq, type }) => `${seq} ${type}`)
  await expect.poll(kept, { timeout: 10_000 }).toEqual(['3 snapshot'])
  expect(lines.map(({ event }) => event)).not.toContain('sweep-failed')
  relay.close()
  await store.close()
}, 30_000)
