// What a store costs the relay: the same thousand documents on Postgres and on SQLite, in turn.
import { startPostgres } from '../test/postgres.ts'
import { drive } from './contest/drive.ts'
import { type Launch, serverProcess } from './contest/server-process.ts'
import type { ManyDocuments } from './driver/many-documents.ts'
import { type Bench, median } from './figure.ts'
import { onPostgres, onSqlite } from './stores.ts'

const ROUNDS = 5
const DOCUMENTS = 1_000
/** How much more CPU the relay may need on Postgres. */
const MOST_COST = 2

export const storeCosts: Bench = {
  what: `${DOCUMENTS} documents with an author and a reader each, 1 update/s in each: the relay's CPU on Postgres and on SQLite, in turn`,
  async run() {
    const postgres = await startPostgres()
    const measure = async (launch: (folder: string) => Launch): Promise<ManyDocuments> => {
      const relay = await serverProcess(launch)
      try {
        const [urls, pids] = [[relay.url()], [relay.pid()]]
        return await drive('door', 'many-documents', { urls, pids, documents: DOCUMENTS, seconds: 10, warmSeconds: 4 })
      } finally {
        await relay.remove()
      }
    }
    const sqlite: ManyDocuments[] = []
    const other: ManyDocuments[] = []
    for (let round = 0; round < ROUNDS; round++) {
      sqlite.push(await measure(onSqlite))
      const url = await postgres.database()
      other.push(await measure(() => onPostgres(url, { JOINERY_BUS: 'memory' })))
    }
    await postgres.remove()
    const cpu = (runs: readonly ManyDocuments[]): number => median(runs.map(run => run.cpuMsPerUpdate))
    return [
      { name: 'CPU for an update on SQLite', value: cpu(sqlite), unit: 'ms' },
      { name: 'CPU for an update on Postgres', value: cpu(other), unit: 'ms' },
      { name: 'Postgres to SQLite', value: cpu(other) / cpu(sqlite), unit: '×', limit: MOST_COST },
      { name: 'p50 on SQLite', value: median(sqlite.map(run => run.p50)), unit: 'ms' },
      { name: 'p50 on Postgres', value: median(other.map(run => run.p50)), unit: 'ms' },
    ]
  },
}
