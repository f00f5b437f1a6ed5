/** What a relay keeps its log on, as something that outlives it: how it is told of it, and what is found there once it is dead. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestPostgres } from '../../postgres.ts'
import { auditDisk, auditPostgres, type DiskAudit } from './disk-audit.ts'
import type { Promises } from './promises.ts'

export interface Ground {
  /** What `joinery serve` is told besides. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  audit(space: string, promises: Promises): Promise<DiskAudit>
  /** Where it is a server of its own that can die: kills it, and starts it again after so many ms. */
  readonly strike: ((ms: number) => Promise<void>) | undefined
  remove(): Promise<void>
}

export type MakeGround = () => Promise<Ground>

/** A folder, with the database that the relay makes there. */
export async function folderGround(): Promise<Ground> {
  const data = mkdtempSync(join(tmpdir(), 'joinery-kill-'))
  return {
    args: ['--data', data],
    env: {},
    audit: (space, promises) => auditDisk(data, space, promises),
    strike: undefined,
    async remove() {
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** A database of its own in a Postgres. */
export function postgresGround(postgres: TestPostgres): MakeGround {
  return async () => {
    const url = await postgres.database()
    return {
      args: [],
      env: { JOINERY_STORE: url },
      audit: (space, promises) => auditPostgres(postgres.run, url, space, promises),
      async strike(ms) {
        await postgres.kill()
        await new Promise(resolve => setTimeout(resolve, ms))
        await postgres.start()
      },
      remove: async () => undefined,
    }
  }
}
