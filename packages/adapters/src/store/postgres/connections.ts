/**
 * Transactions on Postgres. Laws:
 * - Each says first which spaces it is about, inside of itself, and row-level security hides all others: what a pool hands on remembers none.
 * - What is asked without waiting goes out together: a look is one round trip, its `BEGIN` and `COMMIT` with it.
 * - A transaction that was rolled back is never taken for one that was committed: what COMMIT answers is read.
 * - Nobody waits for ever: for a connection, for a lock, for an answer; and a process that stands still in the middle of a transaction loses
 *   it after a few seconds, with its locks.
 * - A deadlock or a serialisation failure is tried again a few times.
 */
import { JoineryError } from '@joinery/core'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool, type PoolClient } from '../../pg.ts'
import type { Application } from './application.ts'
import type { Origin } from './origin.ts'
import { failureOf, failureOfConnection, isWorthAgain } from './refusals.ts'
import { TYPES } from './wire-types.ts'

/** A statement is prepared on a connection when it first runs there, under its name. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export type Value = string | number | boolean | null | Uint8Array | readonly (string | number | null | Uint8Array)[]

/** Which spaces a transaction is about: by their number, or, as long as that is not known, by their name. */
export type About = { readonly ids: readonly number[]; readonly names?: readonly string[] } | 'everywhere'

/**
 * `snapshot`: all that is asked is answered as of one moment, and nothing is written. `decide`: what is written is decided in the middle, by
 * what is asked elsewhere, which takes its time.
 */
export type How = 'write' | 'decide' | 'snapshot'

export interface Transaction {
  /** Asks at once; many may be asked without waiting. */
  ask<Row>(statement: Statement, values: readonly Value[]): Promise<readonly Row[]>
  /** From now on it is about these. */
  about(about: About): void
  /** To be called behind the last question, so that it goes out with it. */
  commit(): void
}

export interface Connections {
  transact<T>(about: About, how: How, work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** One question, one round trip. */
  look<Row>(about: About, statement: Statement, values: readonly Value[]): Promise<readonly Row[]>
  close(): Promise<void>
}

const CONNECT_MS = 2_000
const ANSWER_MS = 5_000
const STATEMENT_MS = 4_500
const LOCK_MS = 4_000
/** With what it locked: so long may others have to wait for a node that stands still or is cut off in the middle of a commit. */
const STANDSTILL_MS: Readonly<Record<How, number>> = { write: 2_000, decide: 5_000, snapshot: 5_000 }
const TRIES = 4
const AGAIN_MS = 10

/** How many times as long an answer, and a standstill, may take for who serves nobody meanwhile. */
const PATIENCE = 24

const wallText = (patience: number): string => `
    SELECT set_config('joinery.spaces', $1, true), set_config('joinery.names', $2, true), set_config('joinery.everywhere', $3, true),
      set_config('statement_timeout', '${STATEMENT_MS * patience}', true), set_config('lock_timeout', '${LOCK_MS}', true),
      set_config('idle_in_transaction_session_timeout', $4, true)`

/**
 * What is asked about some spaces is answered along an index, row by row. What Postgres would choose it chooses by what it last counted in a
 * table: of one that has just grown nothing, so that it read all of it for each commit; and it would plan most questions anew each time.
 */
const ALONG_INDEXES = `,
      set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
      set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`

export interface ConnectionsOptions {
  readonly url: string
  readonly connections: number
  readonly origin: Origin
  readonly application: Application
  /** For who serves nobody, and takes its time between two questions. */
  readonly isPatient?: boolean
}

export function createConnections(options: ConnectionsOptions): Connections {
  const patience = options.isPatient === true ? PATIENCE : 1
  const aroundAll: Statement = { name: 'joinery_wall_everywhere', text: wallText(patience) }
  const aroundSpaces: Statement = { name: 'joinery_wall', text: wallText(patience) + ALONG_INDEXES }
  const pool = new Pool({
    connectionString: options.url,
    max: options.connections,
    // Whoever is not seen among the connections is taken for gone (MN-12).
    min: 1,
    pipeline: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS * patience,
    keepAlive: true,
    application_name: options.application,
    verify: (client, told) => void options.origin.check(client).then(() => told(), told),
  })
  // A connection that broke is told to whoever asks on it, and of one that nobody uses the pool lets go.
  pool.on('error', ignore)
  pool.on('connect', client => void client.on('error', ignore))

  const once = async <T>(about: About, how: How, work: (transaction: Transaction) => Promise<T>): Promise<T> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw failureOfConnection(error)
    })
    // Answers come in the order of the questions: behind the last one nothing is under way.
    let last: Promise<unknown> = Promise.resolve()
    const send = <Row extends object>(
      statement: Statement | string,
      values: readonly Value[] = [],
    ): Promise<Answer<Row>> => {
      const answer = ask<Row>(client, statement, values)
      last = answer.catch(ignore)
      return answer
    }
    let committing: Promise<Answer<unknown>> | undefined
    let isBroken = false
    try {
      const wall = (within: About): Promise<unknown> =>
        send(within === 'everywhere' ? aroundAll : aroundSpaces, [
          ...wallOf(within),
          String(STANDSTILL_MS[how] * patience),
        ])
      const opened: Promise<unknown>[] = [send(BEGIN[how]), wall(about)]
      const result = await work({
        ask(statement, values) {
          const rows = send<never>(statement, values).then(answer => answer.rows)
          // Whoever fails of another question does not wait for this one: it is no trouble that nobody hears of.
          rows.catch(ignore)
          return rows
        },
        about: more => void opened.push(wall(more)),
        commit: () => void (committing ??= send('COMMIT')),
      })
      await Promise.all(opened)
      const { command } = await (committing ??= send('COMMIT'))
      if (command !== 'COMMIT') throw new JoineryError('UNAVAILABLE', { postgres: command, fatal: false })
      return result
    } catch (error) {
      // Behind whatever was asked before; on a connection that is gone it fails, and the connection goes.
      await send('ROLLBACK').catch(() => (isBroken = true))
      throw error
    } finally {
      await last
      client.release(isBroken)
    }
  }

  const transact: Connections['transact'] = async (about, how, work) => {
    for (let tries = 1; ; tries++) {
      try {
        return await once(about, how, work)
      } catch (error) {
        if (tries === TRIES || !isWorthAgain(error)) throw failureOf(error)
        await pause(AGAIN_MS * 2 ** tries * (1 + Math.random()))
      }
    }
  }

  return {
    transact,
    look: (about, statement, values) =>
      transact(about, 'write', transaction => {
        const rows = transaction.ask<never>(statement, values)
        transaction.commit()
        return rows
      }),
    close: () => pool.end(),
  }
}

const BEGIN: Readonly<Record<How, string>> = {
  write: 'BEGIN',
  decide: 'BEGIN',
  snapshot: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
}

function ignore(): void {
  // It was told where it matters.
}

interface Answer<Row> {
  readonly command: string
  readonly rows: readonly Row[]
}

async function ask<Row extends object>(
  client: PoolClient,
  statement: Statement | string,
  values: readonly Value[],
): Promise<Answer<Row>> {
  try {
    if (typeof statement === 'string') return await client.query(statement)
    return await client.query({ ...statement, values: [...values], types: TYPES })
  } catch (error) {
    throw failureOfConnection(error)
  }
}

function wallOf(about: About): readonly Value[] {
  if (about === 'everywhere') return ['', '', 'on']
  const { ids, names = [] } = about
  // In an array a bare `null` is none; and no id has a quote in it.
  const quoted = names.map(name => `"${name}"`)
  return [ids.length === 0 ? '' : `{${ids.join(',')}}`, names.length === 0 ? '' : `{${quoted.join(',')}}`, '']
}
