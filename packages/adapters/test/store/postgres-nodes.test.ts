// What a Postgres store owes beyond the port's laws: several nodes on one database, the wall between spaces, and a server that goes away.
import { entryDigest, type CommitEntry, type Outcome, type Store } from '@joinery/core'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startPgBouncer } from '../../../../test/pgbouncer.ts'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { postgresStore } from '../../src/store/postgres.ts'
import { countingWire } from './round-trips.ts'

let postgres: TestPostgres
let opened: Store[] = []

beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterEach(closeAll)
afterAll(() => postgres.remove(), 60_000)

async function closeAll(): Promise<void> {
  await Promise.all(opened.map(store => store.close()))
  opened = []
}

async function open(url: string): Promise<Store> {
  const store = await postgresStore({ url })
  opened.push(store)
  return store
}

function edit(document: string, n: number, options: Partial<CommitEntry> = {}): CommitEntry {
  const named = { type: 'update' as const, document, kind: 'note', engine: 'yjs', bytes: new Uint8Array([n % 256, 1]) }
  const entry = { ...named, at: n, device: 'phone', n, subject: 'ann', basedOn: 0, authors: [], ...options }
  return { ...entry, digest: entryDigest(entry) }
}

const seqOf = (outcome: Outcome | undefined): number | undefined =>
  outcome?.outcome === 'written' ? outcome.seq : undefined

test('[MN-01] two nodes that commit to one space at once leave no gap and nothing twice, and no reader skips one', async () => {
  const url = await postgres.database()
  const nodes = await Promise.all([open(url), open(url)])
  const seen: number[] = []
  let isDone = false
  const reader = (async () => {
    for (let after = 0; !isDone || after < 80;) {
      const head = await nodes[0].head('garden')
      if (head === undefined) continue
      const page = await nodes[1].read('garden', after, 1_000_000)
      for (const { seq } of page.entries) seen.push(seq)
      after = page.seq
    }
  })()
  // Three lanes at each node.
  const lanes = Array.from({ length: 6 }, async (_, lane) => {
    const found: (number | undefined)[] = []
    for (let at = lane; at < 80; at += 6) {
      const entries = [edit(`d${at}`, at + 1, { device: `device-${lane}` })]
      const [one] = await nodes[lane % 2]!.commit([{ space: 'garden', entries }])
      found.push(seqOf(one?.outcomes[0]))
    }
    return found
  })
  const seqs = (await Promise.all(lanes)).flat()
  isDone = true
  await reader
  const all = Array.from({ length: 80 }, (_, at) => at + 1)
  expect(seqs.toSorted((a = 0, b = 0) => a - b)).toEqual(all)
  expect(seen).toEqual(all)
}, 30_000)

test('[R1] a commit into spaces that this node knows is two round trips', async () => {
  const url = await postgres.database()
  const wire = await countingWire(Number(new URL(url).port))
  const store = await open(wire.address(url))
  const commit = async (n: number): Promise<number> => {
    const before = wire.roundTrips()
    const garden = { space: 'garden', entries: [edit('beds', n)] }
    await store.commit([garden, { space: 'field', entries: [edit('rows', n)] }])
    return wire.roundTrips() - before
  }
  await commit(1)
  expect(await commit(2)).toBe(2)
  expect(await commit(3)).toBe(2)
  wire.close()
})

test('[S4] the same push at two nodes at once is one entry', async () => {
  const url = await postgres.database()
  const nodes = await Promise.all([open(url), open(url)])
  const push = [{ space: 'garden', entries: [edit('d', 1)] }]
  const outcomes = (await Promise.all(nodes.map(node => node.commit(push)))).map(([one]) => one?.outcomes[0])
  expect(new Set(outcomes.map(one => one?.outcome))).toEqual(new Set(['known', 'written']))
  expect((await nodes[0].read('garden', 0, 1_000)).entries).toHaveLength(1)
})

test('[T5] a node that judged on a head that another node has moved writes nothing', async () => {
  const url = await postgres.database()
  const [one, other] = [await open(url), await open(url)]
  await one.commit([{ space: 'garden', entries: [edit('d', 1)] }])
  await other.commit([{ space: 'garden', entries: [edit('d', 2, { basedOn: 1 })] }])
  const [stale] = await one.commit([{ space: 'garden', entries: [edit('d', 3, { basedOn: 1 })] }])
  expect(stale?.outcomes).toEqual([{ outcome: 'stale' }])
})

test('[R1] commits of several spaces in any order wait for each other, and none is given up', async () => {
  const url = await postgres.database()
  const nodes = await Promise.all([open(url), open(url)])
  const spaces = ['a', 'b', 'c', 'd']
  const lanes = Array.from({ length: 6 }, async (_, lane) => {
    const order = lane % 3 === 0 ? spaces : spaces.toReversed()
    for (let at = lane; at < 24; at += 6) {
      const commit = order.map(space => ({ space, entries: [edit(`d${at}`, at + 1, { device: `device-${lane}` })] }))
      expect(await nodes[lane % 2]!.commit(commit)).toHaveLength(4)
    }
  })
  await Promise.all(lanes)
  for (const space of spaces) expect((await nodes[0].head(space))?.seq).toBe(24)
}, 30_000)

test('tables that Postgres has not counted since they grew are read along their indexes, however often', async () => {
  const url = await postgres.database()
  const spaces = ['a', 'b', 'c', 'd', 'e']
  const commitAll = async (first: number, basedOn: number): Promise<void> => {
    const store = await postgresStore({ url })
    for (let at = 0; at < 200; at += 40) {
      const entries = Array.from({ length: 40 }, (_, more) => edit(`d${at + more}`, first + at + more, { basedOn: basedOn && basedOn + at + more })) // prettier-ignore
      const committed = await store.commit(spaces.map(space => ({ space, entries })))
      expect(committed.flatMap(({ outcomes }) => outcomes.map(seqOf))).not.toContain(undefined)
    }
    for (const space of spaces) {
      expect(await store.body(space, 'd7')).not.toEqual([])
      await store.authors(space, 'd7')
      await store.lastOf(space, 'phone')
      await store.holds(space, 'd7', new Uint8Array(32))
      expect((await store.read(space, 0, 1e6)).end).toBe(true)
      expect(await store.documents(space, 1_000, 50)).not.toEqual([])
    }
    // What its connections counted is told when they end.
    await store.close()
  }
  await commitAll(1, 0)
  const readWhole = `
    SELECT coalesce(sum(seq_scan), 0)::int AS count FROM pg_stat_user_tables
    WHERE relname ~ '^(log|entry|document|device|folded|past|kept)_[0-9]+$'`
  const [before] = await postgres.run(readWhole, url)
  await commitAll(201, 1)
  expect(await postgres.run(readWhole, url)).toEqual([before])
}, 30_000)

test('[S3] a fold at one node and commits at another lose nothing', async () => {
  const url = await postgres.database()
  const [one, other] = [await open(url), await open(url)]
  await one.commit([{ space: 'garden', entries: Array.from({ length: 50 }, (_, at) => edit('d', at + 1)) }])
  const folding = one.fold({ space: 'garden', document: 'd', upTo: 40, snapshot: new Uint8Array([9]), entries: 40 })
  const committing = other.commit([{ space: 'garden', entries: [edit('d', 51, { basedOn: 50 })] }])
  expect([await folding, seqOf((await committing)[0]?.outcomes[0])]).toEqual([true, 51])
  expect((await other.body('garden', 'd')).map(({ seq }) => seq)).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51]) // prettier-ignore
  expect(await one.foldable(12, 5)).toMatchObject([{ document: 'd', entries: 12 }])
  expect(await one.foldable(13, 5)).toEqual([])
})

test('[T4] behind the store there is a wall: a statement sees the spaces that its transaction named, and no others', async () => {
  const url = await postgres.database()
  const store = await open(url)
  for (const space of ['a', 'b']) {
    await store.commit([{ space, entries: [edit('d', 1)] }])
    await store.admit(space, 'ann', 'owner')
  }
  const client = new Client({ connectionString: url })
  await client.connect()
  const counted = async (table: string): Promise<number> =>
    Number((await client.query<{ count: string }>(`SELECT count(*) FROM joinery.${table}`)).rows[0]?.count)
  const tables = ['space', 'log', 'entry', 'document', 'device', 'member']
  for (const table of tables) expect(await counted(table)).toBe(0)
  await client.query(`BEGIN; SELECT set_config('joinery.spaces', '{1}', true)`)
  for (const table of tables) expect(await counted(table)).toBe(1)
  await expect(client.query(`INSERT INTO joinery.member VALUES (2, 'eve', 'owner')`)).rejects.toThrow(/row-level/)
  await client.query('ROLLBACK')
  // What one transaction said, the next on the same connection does not know.
  for (const table of tables) expect(await counted(table)).toBe(0)
  const parts = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = 'joinery' AND relispartition AND relkind = 'r'`,
  )
  await client.query(`BEGIN; SELECT set_config('joinery.spaces', '{1,2}', true)`)
  expect(parts.rows.length).toBeGreaterThan(90)
  for (const { name } of parts.rows) expect(await counted(name)).toBe(0)
  await client.query('ROLLBACK')
  await client.end()
})

test('[T4] a role that may become one that reads over the wall is refused, by whatever name it goes', async () => {
  const url = await postgres.database()
  await open(url)
  const refused = { code: 'UNAVAILABLE', details: { reason: 'bypass' } }
  const postgresAsRelay = new URL(url)
  postgresAsRelay.username = 'postgres'
  postgresAsRelay.password = 'superuser'
  postgresAsRelay.searchParams.set('options', '-c role=relay')
  await expect(postgresStore({ url: postgresAsRelay.href })).rejects.toMatchObject(refused)
  const member = new URL(url)
  member.username = 'member'
  member.password = 'secret'
  await postgres.run(`CREATE ROLE beyond BYPASSRLS; CREATE ROLE member LOGIN PASSWORD 'secret' IN ROLE beyond`)
  await expect(postgresStore({ url: member.href })).rejects.toMatchObject(refused)
})

test('[T4] a wall with a door in it is refused', async () => {
  const url = await postgres.database()
  await open(url)
  await postgres.run('CREATE POLICY door ON joinery.log USING (true)', url)
  await expect(postgresStore({ url })).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'bypass' } })
})

test('[T4] a role that reads over the wall is refused, and so is a table whose wall is down', async () => {
  const url = await postgres.database()
  const superuser = new URL(url)
  superuser.username = 'postgres'
  superuser.password = 'superuser'
  await expect(postgresStore({ url: superuser.href })).rejects.toMatchObject({ details: { reason: 'bypass' } })
  await open(url)
  await postgres.run('ALTER TABLE joinery.entry NO FORCE ROW LEVEL SECURITY', url)
  await expect(postgresStore({ url })).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'bypass' } })
})

test('[S1] a Postgres that does not wait for the disk is refused', async () => {
  const url = await postgres.database()
  await postgres.run(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = off`)
  await expect(postgresStore({ url })).rejects.toMatchObject({ details: { reason: 'synchronous' } })
})

test('[MN-05] behind a pooler in transaction mode it is refused, also when that has one session; in session mode it is used', async () => {
  for (const [mode, sessions] of [
    ['transaction', 20],
    ['transaction', 1],
    ['session', 20],
  ] as const) {
    // prettier-ignore
    const url = await postgres.database()
    const pooler = await startPgBouncer(url, mode, sessions)
    onTestFinished(() => pooler.remove())
    const opening = open(pooler.url)
    if (mode === 'session') expect(await (await opening).head('garden')).toBe(undefined)
    else {
      await expect(opening).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'pooled' } })
      // Nothing was begun, and no lock stays with a session of the pooler's.
      expect(await postgres.run(`SELECT 1 FROM pg_namespace WHERE nspname = 'joinery'`, url)).toEqual([])
      expect(await postgres.run(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`)).toEqual([])
    }
    await closeAll()
  }
}, 30_000)

test('how much room it takes is told, and how much of that is history', async () => {
  const store = await open(await postgres.database())
  const empty = await store.sizes?.()
  expect(empty?.history).toBeGreaterThan(0)
  expect(empty?.database).toBeGreaterThan(empty?.history ?? 0)
  const large = (n: number): CommitEntry => edit('d', n, { basedOn: n - 1, bytes: new Uint8Array(200_000).fill(n) })
  for (const n of [1, 2, 3]) await store.commit([{ space: 'garden', entries: [large(n)] }])
  const written = await store.sizes?.()
  expect(written?.database).toBeGreaterThan((empty?.database ?? 0) + 500_000)
  expect(written?.history).toBe(empty?.history)
  expect(await store.fold({ space: 'garden', document: 'd', upTo: 3, snapshot: new Uint8Array([9]), entries: 3, keptAt: 5 })).toBe(true) // prettier-ignore
  expect((await store.sizes?.())?.history).toBeGreaterThan((empty?.history ?? 0) + 500_000)
})

test('[BK-07] many nodes that start on an empty database make one schema, and a newer one is refused', async () => {
  const url = await postgres.database()
  await Promise.all(Array.from({ length: 4 }, () => open(url)))
  expect(await postgres.run('SELECT version FROM joinery.migration', url)).toEqual([{ version: 1 }, { version: 2 }])
  await postgres.run('INSERT INTO joinery.migration (version) VALUES (99)', url)
  await expect(postgresStore({ url })).rejects.toMatchObject({ details: { reason: 'newer' } })
})

test('[MN-10] a deadlock is tried again, and nobody is told', async () => {
  const url = await postgres.database()
  const store = await open(url)
  await store.commit([{ space: 'a', entries: [edit('d', 1)] }])
  // Whoever commits to `a` for the first time from now on is told of a deadlock.
  await postgres.run(
    `CREATE SEQUENCE joinery.tries; GRANT ALL ON joinery.tries TO PUBLIC;
     CREATE FUNCTION joinery.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF nextval('joinery.tries') <= 2 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF; RETURN NEW; END $$;
     CREATE TRIGGER fail BEFORE UPDATE ON joinery.space FOR EACH ROW EXECUTE FUNCTION joinery.fail()`,
    url,
  )
  const [committed] = await store.commit([{ space: 'a', entries: [edit('d', 2, { basedOn: 1 })] }])
  expect(committed?.outcomes).toEqual([{ outcome: 'written', seq: 2 }])
  expect(await postgres.run('SELECT last_value::int AS last_value FROM joinery.tries', url)).toEqual([
    { last_value: 3 },
  ])
})

test('[S4] two hundred names are looked for in two round trips, and each is told of itself', async () => {
  const url = await postgres.database()
  const wire = await countingWire(Number(new URL(url).port))
  const store = await open(wire.address(url))
  const entries = Array.from({ length: 100 }, (_, at) => edit('beds', at + 1))
  await store.commit([{ space: 'garden', entries }])
  expect(await store.named('garden', 'tablet', 1)).toBeUndefined()
  const before = wire.roundTrips()
  const found = await Promise.all(Array.from({ length: 200 }, (_, at) => store.named('garden', 'phone', at + 1)))
  expect(wire.roundTrips() - before).toBe(2)
  expect(found.map(one => one?.seq)).toEqual(found.map((_, at) => (at < 100 ? at + 1 : undefined)))
  expect(found.map(one => one?.digest)).toEqual(found.map((_, at) => entries[at]?.digest))
  wire.close()
})

test('[MN-07] a node that is cut off with the lock of a space loses it, and what it then says changes nothing', async () => {
  const url = await postgres.database()
  const wire = await countingWire(Number(new URL(url).port))
  const [cutOff, other] = [await open(wire.address(url)), await open(url)]
  await cutOff.commit([{ space: 'a', entries: [edit('d', 1)] }])
  wire.silentAfter(1)
  const early = cutOff.commit([{ space: 'a', entries: [edit('d', 2, { basedOn: 1 })] }]).catch((why: unknown) => why)
  await expect.poll(() => waiting(url, 'idle in transaction')).toBe(1)
  const [committed] = await other.commit([{ space: 'a', entries: [edit('d', 2, { device: 'tablet', basedOn: 1 })] }])
  expect(committed?.outcomes).toEqual([{ outcome: 'written', seq: 2 }])
  expect(await early).toMatchObject({ code: 'UNAVAILABLE' })
  expect((await other.head('a'))?.seq).toBe(2)
  wire.close()
}, 30_000)

async function waiting(url: string, state: string): Promise<number> {
  const [row] = await postgres.run(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE state = '${state}' AND datname = current_database()`,
    url,
  )
  return Number(row?.['count'])
}

test('[DU-12] a Postgres that is away is UNAVAILABLE, never empty, and it goes on by itself when it is back', async () => {
  const own = await startPostgres()
  const store = await postgresStore({ url: await own.database() })
  await store.commit([{ space: 'a', entries: [edit('d', 1)] }])
  await own.kill()
  await expect(store.body('a', 'd')).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { fatal: false } })
  await expect(store.commit([{ space: 'a', entries: [edit('d', 2, { basedOn: 1 })] }])).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  })
  await own.start()
  expect(await store.body('a', 'd')).toHaveLength(1)
  const [committed] = await store.commit([{ space: 'a', entries: [edit('d', 2, { basedOn: 1 })] }])
  expect(committed?.outcomes).toEqual([{ outcome: 'written', seq: 2 }])
  await store.close()
  await own.remove()
}, 60_000)

test('[T4] only a server that is not there is away: an error of ours, or a statement that took too long, is not', async () => {
  const own = await startPostgres()
  const url = await own.database()
  const store = await postgresStore({ url })
  await store.commit([{ space: 'a', entries: [edit('d', 1)] }])
  const alone = store.commitAlone
  if (alone === undefined) throw new Error('many nodes, and none decides alone')
  const ours = alone(['a'], async () => {
    throw new Error('of ours')
  })
  await expect(ours).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { away: false } })
  await expect(alone(['a'], async () => [{ space: 'other', entries: [edit('d', 2)] }])).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { away: false } }) // prettier-ignore
  // As Postgres says it of a statement that ran out of its time.
  await own.run(
    `CREATE FUNCTION joinery.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'slow' USING ERRCODE = '57014'; END $$;
     CREATE TRIGGER fail BEFORE UPDATE ON joinery.space FOR EACH ROW EXECUTE FUNCTION joinery.fail()`,
    url,
  )
  const slow = store.commit([{ space: 'a', entries: [edit('d', 2, { basedOn: 1 })] }])
  await expect(slow).rejects.toMatchObject({ details: { postgres: '57014', away: false } })
  await own.kill()
  // Of a connection that breaks, and of one that cannot be made.
  for (let at = 0; at < 3; at++) await expect(store.head('a')).rejects.toMatchObject({ details: { away: true } })
  await store.close()
  await own.remove()
}, 60_000)

test('[MN-09] a store that finds another Postgres in the place of the first refuses everything from then on, and says so once', async () => {
  const own = await startPostgres()
  const url = await own.database()
  const told: unknown[] = []
  const store = await postgresStore({ url, onFatal: error => told.push(error) })
  await store.commit([{ space: 'a', entries: [edit('d', 1)] }])
  await own.kill()
  await own.start()
  await store.head('a').catch(() => undefined)
  expect([(await store.head('a'))?.seq, told]).toEqual([1, []])
  await own.kill()
  await own.promote()
  // The connections of the old one break first.
  await store.head('a').catch(() => undefined)
  for (let at = 0; at < 3; at++) await expect(store.head('a')).rejects.toMatchObject({ details: { fatal: true } })
  await expect(store.commit([{ space: 'a', entries: [edit('d', 2, { basedOn: 1 })] }])).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    details: { fatal: true },
  })
  expect(told).toHaveLength(1)
  await store.close()
  const next = await postgresStore({ url })
  expect((await next.head('a'))?.seq).toBe(1)
  await next.close()
  await own.remove()
}, 60_000)

test('[MN-09] a database that was put back from a copy is another one', async () => {
  const url = await postgres.database()
  const name = new URL(url).pathname.slice(1)
  const store = await open(url)
  await store.commit([{ space: 'a', entries: [edit('d', 1)] }])
  await store.close()
  const copy = new URL(await postgres.database(url)).pathname.slice(1)
  const again = await open(url)
  await again.commit([{ space: 'a', entries: [edit('d', 2, { basedOn: 1 })] }])
  await postgres.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
  await postgres.run(`ALTER DATABASE ${name} RENAME TO ${name}_old`)
  await postgres.run(`ALTER DATABASE ${copy} RENAME TO ${name}`)
  await again.head('a').catch(() => undefined)
  await expect(again.head('a')).rejects.toMatchObject({ details: { fatal: true } })
})

test('[MN-09] a space that is first heard of while another question waits for a connection is no sign of another database', async () => {
  const url = await postgres.database()
  await (await open(url)).admit('garden', 'ann', 'owner')
  const untold: unknown[] = []
  const store = await postgresStore({ url, readers: 1, onFatal: error => untold.push(error) })
  opened.push(store)
  const [head, time] = await Promise.all([store.head('garden'), store.time?.(), store.probe()])
  expect([head?.seq, typeof time, untold]).toEqual([0, 'number', []])
})

test('[MN-13] a store tells what time it is at its Postgres', async () => {
  const store = await open(await postgres.database())
  const before = Date.now()
  const time = await store.time?.()
  expect(time).toBeGreaterThanOrEqual(before - 1)
  expect(time).toBeLessThanOrEqual(Date.now() + 1)
})

test('[S1] a commit whose transaction was rolled back is never taken for one that was written', async () => {
  const url = await postgres.database()
  const store = await open(url)
  await store.commit([{ space: 'a', entries: [edit('d', 1)] }])
  // Fails at the very end, when COMMIT is on its way already.
  await postgres.run(
    `CREATE FUNCTION joinery.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
     CREATE CONSTRAINT TRIGGER fail AFTER UPDATE ON joinery.space DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION joinery.fail()`,
    url,
  )
  await expect(store.commit([{ space: 'a', entries: [edit('d', 2, { basedOn: 1 })] }])).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  })
  expect((await store.head('a'))?.seq).toBe(1)
  await postgres.run('DROP TRIGGER fail ON joinery.space', url)
  const [committed] = await store.commit([{ space: 'a', entries: [edit('d', 2, { basedOn: 1 })] }])
  expect(committed?.outcomes).toEqual([{ outcome: 'written', seq: 2 }])
})

test('what is large is written and read whole, and its row is as damaged as any when a bit of it flips', async () => {
  const url = await postgres.database()
  const store = await open(url)
  const bytes = Uint8Array.from({ length: 3_000_001 }, (_, at) => (at * 7) & 255)
  await store.commit([{ space: 'a', entries: [edit('d', 1, { bytes }), edit('small', 2)] }])
  expect(Buffer.compare((await store.body('a', 'd'))[0]!.bytes, bytes)).toBe(0)
  expect((await store.read('a', 0, 10)).entries.map(entry => entry.bytes.length)).toEqual([3_000_001])
  await postgres.run('UPDATE joinery.entry SET bytes = set_byte(bytes, 2000000, 1) WHERE seq = 1', url)
  await expect(store.body('a', 'd')).rejects.toMatchObject({ code: 'QUARANTINED' })
  expect((await store.read('a', 0, 10_000_000)).damaged).toEqual(['d'])
}, 20_000)

test('[CR-25] a row that is gone, or whose numbers stand for nothing, makes its document QUARANTINED and no other', async () => {
  const url = await postgres.database()
  const store = await open(url)
  const changes = ['DELETE FROM joinery.entry WHERE seq = 3', ...['type = 1', 'prev = 0', 'n = 9', 'at = at + 1', 'device = 99', 'checksum = checksum + 1', `authors = '[["7",9,"eve"]]'`, 'document = 99'].map(change => `UPDATE joinery.entry SET ${change} WHERE seq = 3`)] // prettier-ignore
  for (const [at, change] of changes.entries()) {
    const space = `s${at}`
    await store.commit([{ space, entries: ['x', 'y', 'x', 'x', 'y'].map((document, i) => edit(document, i + 1)) }])
    await postgres.run(`${change} AND space = ${at + 1}`, url)
    await expect(store.body(space, 'x'), change).rejects.toMatchObject({ code: 'QUARANTINED' })
    await expect(store.authors(space, 'x'), change).rejects.toMatchObject({ code: 'QUARANTINED' })
    expect(await store.body(space, 'y')).toHaveLength(2)
    expect((await store.read(space, 0, Infinity)).entries.map(({ seq }) => seq)).toEqual([1, 2, 4, 5])
  }
}, 30_000)

test('[MN-06] a connection that is lost with several questions on their way is one failure, of whoever asked', async () => {
  const url = await postgres.database()
  const store = await open(url)
  await store.commit([{ space: 'garden', entries: [edit('d', 1)] }])
  const other = new Client({ connectionString: url })
  await other.connect()
  await other.query('BEGIN; LOCK TABLE joinery.space, joinery.entry IN ACCESS EXCLUSIVE MODE')
  // What nobody hears of would end the process, and vitest the run.
  const reading = store.read('garden', 0, 1_000_000).catch((error: unknown) => error)
  const waiting = `application_name ~ '^joinery/' AND wait_event_type = 'Lock'`
  await expect
    .poll(() => postgres.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${waiting}`))
    .not.toEqual([])
  expect(await reading).toMatchObject({ code: 'UNAVAILABLE' })
  await other.query('ROLLBACK')
  await other.end()
  expect((await store.read('garden', 0, 1_000_000)).entries).toHaveLength(1)
})
