/**
 * What is on the disk of a relay that is dead: a copy of its database, as another process opens it. Laws: the file is sound, no seq is
 * missing in the log, and every name that was acked or shown stands where that was said.
 */
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import type { Store } from '@joinery/core'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
