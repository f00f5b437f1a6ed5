/**
 * Two relays on one Postgres and one Redis, ten clients who come in by a balancer and write 200 edits a second, and something that goes
 * wrong. Laws, of which each that does not hold is a sentence among the troubles:
 * - Nothing that was acked or shown to anybody is missing afterwards, no name stands in the log twice, and whoever shows a document shows
 *   the same, whichever node he came by.
 * - A node that does not reach the store says that it is not ready, and that it is when it does again; nothing is acked while nobody does.
 * - When a node is killed somebody is told something within three seconds.
 */
import { seededRandom } from '@joinery/core/testing'
import { setTimeout as pause } from 'node:timers/promises'
import type { TestPostgres } from '../../postgres.ts'
import type { TestRedis } from '../../redis.ts'
import { cast, DOORS, SPACE } from '../kill/cast.ts'
import { postgresGround } from '../kill/ground.ts'
import { load, type Load } from '../kill/load.ts'
import { mortalRelay, type Life } from '../kill/mortal-relay.ts'
import { promises } from '../kill/promises.ts'
import { auditRelay } from '../kill/relay-audit.ts'
import type { Writer } from '../kill/writer.ts'
import { balancer } from './balancer.ts'
import { severable } from './severed.ts'

/** `node`: one is killed. `pause`: one stands still for so long. `redis`, `postgres`: stopped. `cut`: one node does not reach Postgres. */
export type Trouble = 'node' | 'pause' | 'redis' | 'postgres' | 'cut'

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
  /** From when what was stopped was back, until somebody was told something; undefined where nothing came back. */
  readonly backMs: number | undefined
  /** And until all nodes said that they are ready. */
  readonly readyMs: number | undefined
}

const BEFORE_MS = 1_000
const AFTER_MS = 1_500
const PATIENCE_MS = 60_000
const SAYS_SO_MS = 10_000
/** Of a node that is killed. */
const GAP_MS = 3_000
const LAST_LINES = 6

export async function fleetTrial(options: TrialOptions): Promise<Trial> {
  const { command, postgres, redis, trouble, awayMs } = options
  const ground = await postgresGround(postgres)()
  const url = ground.env['JOINERY_STORE'] ?? ''
  const wire = await severable(Number(new URL(url).port))
  const nodes = await Promise.all(
    [wire.address(url), url].map(store =>
      mortalRelay(command, { ...ground, env: { ...ground.env, JOINERY_STORE: store, JOINERY_BUS: redis.url } }),
    ),
  )
  const ports = nodes.map(({ port }) => port)
  const lives: Life[] = nodes.map(node => node.begin())
  for (const life of lives) if (!(await life.ready)) throw new Error(`a node did not start: ${life.lastWords()}`)
  const front = await balancer(ports)
  const said = promises()
  const troubles: string[] = []
  let wrongAt: number | undefined
  let backAt: number | undefined
  let lastAt = 0
  let gapMs = 0
  let backMs: number | undefined
  const people = await cast(front.port, said, () => {
    const now = performance.now()
    if (wrongAt !== undefined) gapMs = Math.max(gapMs, now - Math.max(lastAt, wrongAt))
    if (backAt !== undefined) backMs ??= now - backAt
    lastAt = now
  })
  const { writers } = people

  /** It stays wrong until they say so: on a machine with other things to do that may take a while longer. */
  const expectReady = async (expected: readonly boolean[]): Promise<void> => {
    const until = performance.now() + SAYS_SO_MS
    for (;;) {
      const found = await Promise.all(ports.map(isReady))
      if (found.join() === expected.join()) return
      if (performance.now() > until) {
        troubles.push(`ready is ${found.join()} and not ${expected.join()}`)
        return
      }
      await pause(50)
    }
  }

  /** Resolves when what went wrong is right again, as far as it ever is. */
  const goWrong: Readonly<Record<Trouble, () => Promise<void>>> = {
    async node() {
      lives[0]?.signal('SIGKILL')
      await lives[0]?.ended
      await pause(GAP_MS)
    },
    async pause() {
      lives[0]?.signal('SIGSTOP')
      await pause(awayMs)
      lives[0]?.signal('SIGCONT')
    },
    async redis() {
      await redis.kill()
      await pause(awayMs)
      await redis.start()
    },
    async postgres() {
      await postgres.kill()
      // Those may have been committed, and be on their way to whoever is told.
      const before = new Set(said.documentsByWord.keys())
      await pause(awayMs)
      const early = [...said.all()].filter(word => !before.has(word))
      if (early.length > 0) troubles.push(`acked or shown while Postgres was away: ${early.join(' ')}`)
      await expectReady([false, false])
      await postgres.start()
    },
    async cut() {
      wire.cut()
      await pause(awayMs)
      await expectReady([false, true])
      wire.mend()
    },
  }

  let writing: Load | undefined
  try {
    await within(Promise.all(writers.map(writer => writer.connect())), 'links')
    writing = load(writers, options.perSecond ?? 200, seededRandom(options.seed))
    await pause(BEFORE_MS)
    wrongAt = performance.now()
    await goWrong[trouble]()
    const alive = trouble === 'node' ? ports.slice(1) : ports
    if (trouble !== 'node') backAt = performance.now()
    const readyMs = backAt && (await within(allReady(alive, backAt), 'readiness'))
    await pause(AFTER_MS)
    wrongAt = undefined
    const wrote = writing.stop()
    const unsettled = new Set(writers.map(({ name }) => name))
    const settled = writers.map(writer => writer.settled().then(() => unsettled.delete(writer.name)))
    await within(Promise.all(settled), () => `the last acks of ${[...unsettled].join()}`)
    const words = [...said.documentsByWord.keys()]
    const audits = []
    for (const port of alive) audits.push(await within(auditRelay(port, SPACE, DOORS, words, said), 'an audit'))
    const disk = await within(ground.audit(SPACE, said), 'a look at the database')
    troubles.push(...said.troubles, ...audits.flatMap(audit => audit.troubles), ...disk.troubles)
    troubles.push(...(await different(writers)))
    if (trouble === 'node' && gapMs > GAP_MS) troubles.push(`nobody was told anything for ${gapMs.toFixed(0)} ms`)
    const { acked, shown } = said.counts()
    const lost = new Set(audits.flatMap(audit => [...audit.lost])).size
    return { wrote, acked, shown, lost, troubles, gapMs, backMs, readyMs }
  } catch (error) {
    const last = lives.map(life => life.lastWords().trim().split('\n').slice(-LAST_LINES).join('\n'))
    throw new Error(`${String(error)}; the nodes said last:\n${last.join('\n--\n')}`, { cause: error })
  } finally {
    writing?.stop()
    for (const writer of writers) await writer.close()
    for (const life of lives) life.signal('SIGKILL')
    front.close()
    wire.close()
    await ground.remove()
  }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
  return answer?.ok === true
}

/** How long it took. */
async function allReady(ports: readonly number[], since: number): Promise<number> {
  while (!(await Promise.all(ports.map(isReady))).every(Boolean)) await pause(20)
  return performance.now() - since
}

/** Documents that somebody shows otherwise than somebody else, though everything has been said. */
async function different(writers: readonly Writer[]): Promise<string[]> {
  const found: string[] = []
  const until = performance.now() + PATIENCE_MS
  for (const document of new Set(writers.map(writer => writer.document))) {
    for (;;) {
      const shown = await Promise.all(writers.map(async writer => writer.shows?.(document)))
      const texts = new Set(shown.filter(text => text !== undefined))
      if (texts.size <= 1) break
      if (performance.now() > until) {
        found.push(`${document} is shown in ${texts.size} ways`)
        break
      }
      await pause(50)
    }
  }
  return found
}

async function within<T>(work: Promise<T>, what: string | (() => string)): Promise<T> {
  const late = new AbortController()
  const tooLate = pause(PATIENCE_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`waited for ${typeof what === 'string' ? what : what()} in vain`)
  })
  tooLate.catch(() => undefined)
  try {
    return await Promise.race([work, tooLate])
  } finally {
    late.abort()
  }
}
