/**
 * A fleet that is brought to the next version node by node, and back, while people of both versions write. Laws: nothing that was acked or
 * shown to anybody is missing afterwards, no name stands in the log twice, and nobody is left without a link.
 */
import { VERSION } from '@joinery/core/protocol'
import { seededRandom } from '@joinery/core/testing'
import { setTimeout as pause } from 'node:timers/promises'
import * as Y from 'yjs'
import type { TestPostgres } from '../../postgres.ts'
import type { TestRedis } from '../../redis.ts'
import { balancer } from '../fleet/balancer.ts'
import { cast, DOORS, SPACE } from '../kill/cast.ts'
import { postgresGround } from '../kill/ground.ts'
import { load } from '../kill/load.ts'
import { mortalRelay, type Life, type MortalRelay } from '../kill/mortal-relay.ts'
import { promises } from '../kill/promises.ts'
import { auditRelay } from '../kill/relay-audit.ts'
import { wordOf, writeWord } from '../kill/words.ts'
import { foreignWriter } from './foreign-writer.ts'
import { asVersion, type Version } from './versions.ts'
import { lookAtWire } from './wire-look.ts'

export interface RollingTrial {
  readonly acked: number
  readonly shown: number
  readonly lost: number
  readonly troubles: readonly string[]
  /** What whoever speaks up to the next version was welcomed in: by a fleet of this one, of the next, and of this one again. */
  readonly welcomed: readonly (number | undefined)[]
  /** Entries of a type that only the next version knows, as a relay of this one tells of them at the end. */
  readonly unknown: number
  /** Those who had no link at the end. */
  readonly cut: readonly string[]
}

const AROUND_MS = 1_500
const PATIENCE_MS = 60_000
const WORDS = 5

export async function rollingTrial(options: {
  readonly main: string
  readonly postgres: TestPostgres
  readonly redis: TestRedis
  readonly seed: number
  readonly perSecond: number
}): Promise<RollingTrial> {
  const { main, postgres, redis } = options
  const runner = (version: Version): { command: [string, ...string[]]; env: Record<string, string> } => {
    const { flags, env } = asVersion(version)
    return { command: [process.execPath, ...flags, main], env }
  }
  const ground = await postgresGround(postgres)()
  const relayGround = { ...ground, env: { ...ground.env, JOINERY_BUS: redis.url } }
  const nodes = await Promise.all([0, 1].map(() => mortalRelay(runner('this').command, relayGround)))
  const lives = new Map<MortalRelay, Life>()
  const begin = async (node: MortalRelay, version: Version): Promise<void> => {
    const life = node.begin(runner(version))
    lives.set(node, life)
    if (!(await life.ready)) throw new Error(`a node of ${version} did not start: ${life.lastWords()}`)
  }
  await Promise.all(nodes.map(node => begin(node, 'this')))
  const front = await balancer(nodes.map(({ port }) => port))
  const said = promises()
  const heard = (): void => undefined
  const newer = { version: 'next', port: front.port, space: SPACE, share: 20, promises: said, heard } as const
  const [people, ...foreign] = await Promise.all([
    cast(front.port, said, heard),
    foreignWriter({ ...newer, name: 'next1', over: 'websocket' }),
    foreignWriter({ ...newer, name: 'next2', over: 'http' }),
  ])
  const writers = [...people.writers, ...foreign]
  let named = 0
  /** Somebody who speaks the next version looks at each node, and leaves some words of a kind that it keeps in its own way. */
  const look = async (): Promise<(number | undefined)[]> =>
    Promise.all(
      nodes.map(async ({ port }, at) => {
        const push = Array.from({ length: WORDS }, () => {
          const n = (named += 1)
          const [document, word] = [`future-${n}`, wordOf('future', n)]
          said.wrote(word, document)
          const bytes = writeWord(new Y.Doc(), word)
          return { n, type: 'update', resupply: false, document, kind: 'future', engine: 'yjs', at: n, bytes } as const
        })
        const { version } = await lookAtWire(port, SPACE, {
          version: VERSION + 1,
          device: `visitor-${at}-${named}`,
          push,
        })
        for (const { n } of push) said.acked(wordOf('future', n))
        return version
      }),
    )
  let stop = (): void => undefined
  try {
    await within(Promise.all(writers.map(writer => writer.connect())), 'links')
    const writing = load(writers, options.perSecond, seededRandom(options.seed))
    stop = () => void writing.stop()
    await pause(AROUND_MS)
    const welcomed = await look()
    for (const version of ['next', 'this'] as const) {
      for (const node of nodes) {
        lives.get(node)?.signal('SIGTERM')
        await lives.get(node)?.ended
        await pause(AROUND_MS)
        await begin(node, version)
        await pause(AROUND_MS)
      }
      welcomed.push(...(await look()))
    }
    stop()
    await within(Promise.all(writers.map(writer => writer.settled())), 'the last acks')
    const port = nodes[1]?.port ?? 0
    const audit = await within(auditRelay(port, SPACE, DOORS, said.documentsByWord.keys(), said), 'an audit')
    const disk = await within(ground.audit(SPACE, said), 'a look at the database')
    const { log } = await lookAtWire(port, SPACE, { version: VERSION, device: 'last' })
    const cut: string[] = []
    for (const one of foreign) if ((await one.status()).mode === 'offline') cut.push(one.name)
    const { acked, shown } = said.counts()
    return {
      acked,
      shown,
      lost: audit.lost.size,
      troubles: [...said.troubles, ...audit.troubles, ...disk.troubles],
      welcomed,
      unknown: log.filter(({ type }) => type.startsWith('other-')).length,
      cut,
    }
  } finally {
    stop()
    for (const writer of writers) await writer.close()
    for (const life of lives.values()) life.signal('SIGKILL')
    front.close()
    await ground.remove()
  }
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
