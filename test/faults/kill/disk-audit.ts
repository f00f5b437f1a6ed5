/**
 * What is on the disk of a relay that is dead: a copy of its database, as another process opens it, or its database in a Postgres. Laws: the
 * file is sound, no seq is missing in the log, and every name that was acked or shown stands where that was said.
 */
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import type { Store } from '@joinery/core'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestPostgres } from '../../postgres.ts'
import type { Promises } from './promises.ts'

export interface DiskAudit {
  /** Sentences: none when everything holds. */
  readonly troubles: readonly string[]
  /** Entries in the log. */
  readonly seqs: number
  /** Documents that are folded, and documents that are due to be. */
  readonly folded: number
  readonly due: number
}

/** As many entries as the relay folds a document at. */
const DUE = 500
const MANY = 1_000_000
const DATABASE = 'joinery.db'
const FILES = [DATABASE, `${DATABASE}-wal`]

export async function auditDisk(data: string, space: string, promises: Promises): Promise<DiskAudit> {
  const copy = mkdtempSync(join(tmpdir(), 'joinery-kill-'))
  try {
    for (const file of FILES) if (existsSync(join(data, file))) copyFileSync(join(data, file), join(copy, file))
    const integrity = integrityOf(join(copy, DATABASE))
    const troubles = integrity === 'ok' ? [] : [`integrity_check: ${String(integrity)}`]
    const store = sqliteStore({ file: join(copy, DATABASE) })
    const audited = await audit(store, space, promises, troubles)
    await store.close()
    return audited
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** In two questions of the server, since each of the store's is a transaction. */
export async function auditPostgres(
  run: TestPostgres['run'],
  url: string,
  space: string,
  promises: Promises,
): Promise<DiskAudit> {
  const [found] = await run(`SELECT to_regclass('joinery.migration') IS NOT NULL AS made`, url)
  if (found?.['made'] !== true) return { troubles: [], seqs: 0, folded: 0, due: 0 }
  const [head] = await run(
    `SELECT space.seq::int AS seqs, (SELECT count(*) FROM joinery.log WHERE log.space = space.id)::int AS logged,
       (SELECT count(*) FROM joinery.entry WHERE entry.space = space.id AND type = 1)::int AS folded,
       (SELECT count(*) FROM joinery.document WHERE document.space = space.id AND entries >= ${DUE})::int AS due
     FROM joinery.space WHERE name = '${space}'`,
    url,
  )
  const { seqs = 0, logged = 0, folded = 0, due = 0 } = (head ?? {}) as Partial<Record<string, number>>
  const troubles = logged === seqs ? [] : [`the log has ${logged} of ${seqs}`]
  const names = await run(
    `SELECT device.name AS device, log.n::int, log.seq::int FROM joinery.log
     JOIN joinery.device ON device.space = log.space AND device.id = log.device JOIN joinery.space ON space.id = log.space
     WHERE space.name = '${space}'`,
    url,
  )
  const seqByName = new Map(names.map(({ device, n, seq }) => [`${String(device)} ${String(n)}`, Number(seq)]))
  for (const [name, said] of promises.seqsByName) {
    const seq = seqByName.get(name)
    if (seq !== said) troubles.push(`${name} was said to be at ${said} and is at ${seq}`)
  }
  return { troubles, seqs, folded, due }
}

async function audit(store: Store, space: string, promises: Promises, troubles: string[]): Promise<DiskAudit> {
  const { seq: seqs } = (await store.head(space)) ?? { seq: 0 }
  const missing: number[] = []
  for (let seq = 1; seq <= seqs; seq++) if ((await store.markAt(space, seq)) === undefined) missing.push(seq)
  if (missing.length > 0) troubles.push(`the log has no ${missing.join()} of ${seqs}`)
  for (const [name, said] of promises.seqsByName) {
    const [device = '', n] = name.split(' ')
    const seq = (await store.named(space, device, Number(n)))?.seq
    if (seq !== said) troubles.push(`${name} was said to be at ${said} and is at ${seq}`)
  }
  const entries = seqs === 0 ? [] : (await store.read(space, 0, Infinity)).entries
  return {
    troubles,
    seqs,
    folded: entries.filter(({ type }) => type === 'snapshot').length,
    due: (await store.foldable(DUE, MANY)).length,
  }
}

function integrityOf(file: string): unknown {
  type Open = new (path: string) => { pragma(question: string, options: { simple: true }): unknown; close(): void }
  const Database = createRequire(import.meta.url)('better-sqlite3') as Open
  const database = new Database(file)
  const answer = database.pragma('integrity_check', { simple: true })
  database.close()
  return answer
}
