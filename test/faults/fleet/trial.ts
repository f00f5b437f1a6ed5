/**
 * Two relays on one Postgres and one Redis, ten clients who come in by a balancer and write 200 edits a second, and something that goes
 * wrong. Laws: nothing that was acked or shown to anybody is missing afterwards, and no name stands in the log twice.
 */
import { seededRandom } from '@joinery/core/testing'
import { setTimeout as pause } from 'node:timers/promises'
import type { TestPostgres } from '../../postgres.ts'
import type { TestRedis } from '../../redis.ts'
import { cast, DOORS, SPACE } from '../kill/cast.ts'
import { postgresGround } from '../kill/ground.ts'
import { load } from '../kill/load.ts'
import { mortalRelay, type Life } from '../kill/mortal-relay.ts'
import { promises } from '../kill/promises.ts'
import { auditRelay } from '../kill/relay-audit.ts'
import { balancer } from './balancer.ts'

/** `node`: one is killed. `redis`, `postgres`: stopped for so long. */
export type Trouble = 'node' | 'redis' | 'postgres'

export interface TrialOptions {
  readonly command: readonly [string, ...string[]]
  readonly postgres: TestPostgres
  readonly redis: TestRedis
  readonly trouble: Trouble
  readonly seed: number
  /** How long what is stopped stays away. */
  readonly awayMs: number
  readonly perSecond?: number
}

export interface Trial {
  readonly wrote: number
  readonly acked: number
  readonly shown: number
  readonly lost: number
  readonly troubles: readonly string[]
  /** The longest time, from when it went wrong, in which nobody was acked or shown anything. */
  readonly gapMs: number
  /** Whether the other node said that it was not ready while the store was away; undefined where it was not. */
  readonly saidSo: boolean | undefined
}

const BEFORE_MS = 1_500
const AFTER_MS = 4_000
const PATIENCE_MS = 30_000

export async function fleetTrial(options: TrialOptions): Promise<Trial> {
  const { command, postgres, redis, trouble, awayMs } = options
  const ground = await postgresGround(postgres)()
  const nodes = await Promise.all(
    [0, 1].map(() => mortalRelay(command, { ...ground, env: { ...ground.env, JOINERY_BUS: redis.url } })),
  )
  const lives: Life[] = nodes.map(node => node.begin())
  for (const life of lives) if (!(await life.ready)) throw new Error(`a node did not start: ${life.lastWords()}`)
  const front = await balancer(nodes.map(({ port }) => port))
  const said = promises()
  let wrongAt: number | undefined
  let lastAt = 0
  let gapMs = 0
  const people = await cast(front.port, said, () => {
    const now = performance.now()
    if (wrongAt !== undefined) gapMs = Math.max(gapMs, now - Math.max(lastAt, wrongAt))
    lastAt = now
  })
  const { writers } = people
  try {
    await within(Promise.all(writers.map(writer => writer.connect())), 'links')
    const writing = load(writers, options.perSecond ?? 200, seededRandom(options.seed))
    await pause(BEFORE_MS)
    wrongAt = performance.now()
    let saidSo: boolean | undefined
    if (trouble === 'node') {
      lives[0]?.signal('SIGKILL')
      await lives[0]?.ended
    } else {
      const server = trouble === 'redis' ? redis : postgres
      await server.kill()
      await pause(awayMs)
      if (trouble === 'postgres') saidSo = !(await isReady(nodes[1]?.port))
      await server.start()
    }
    await pause(AFTER_MS)
    wrongAt = undefined
    const wrote = writing.stop()
    await within(Promise.all(writers.map(writer => writer.settled())), 'the last acks')
    const port = nodes[1]?.port ?? 0
    const audit = await within(auditRelay(port, SPACE, DOORS, said.documentsByWord.keys(), said), 'an audit')
    const disk = await within(ground.audit(SPACE, said), 'a look at the database')
    const { acked, shown } = said.counts()
    const troubles = [...said.troubles, ...audit.troubles, ...disk.troubles]
    return { wrote, acked, shown, lost: audit.lost.size, troubles, gapMs, saidSo }
  } finally {
    for (const writer of writers) await writer.close()
    for (const life of lives) life.signal('SIGKILL')
    front.close()
    await ground.remove()
  }
}

async function isReady(port: number | undefined): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
  return answer?.ok === true
}

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  const late = new AbortController()
  const tooLate = pause(PATIENCE_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`waited for ${what} in vain`)
  })
  tooLate.catch(() => undefined)
  try {
    return await Promise.race([work, tooLate])
  } finally {
    late.abort()
  }
}
