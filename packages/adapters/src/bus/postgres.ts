/**
 * Hints by Postgres' NOTIFY, on two connections of their own. Laws, beside the port's:
 * - Hints alone: of a topic only the latest payload is sent, and presence stays on its node. What gathers while a NOTIFY is under way is the
 *   next one, whole: each takes a lock on all that notify, so it stands in no other transaction and waits for no disk (MN-04).
 * - What one connection sends must come back on the other, at the start within a second, and then every few seconds. Where it does not, as
 *   behind PgBouncer in transaction mode, this bus is down and says why (MN-05).
 * - Whatever fails, both connections are made anew, for ever, and then everybody looks at the log (MN-03).
 */
import { BUS_PAYLOAD_BYTES, JoineryError, type Bus, type BusEvents } from '@joinery/core'
import { createDecoder, hasContent, readVarString, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, length, toUint8Array, writeVarString, writeVarUint8Array } from 'lib0/encoding'
import { randomBytes } from 'node:crypto'
import { Client } from '../pg.ts'
import { topicListeners } from '../topic-listeners.ts'

export interface PostgresBusOptions extends BusEvents {
  /** `postgres://role:password@host:port/database`, of Postgres itself or of a pooler in session mode. */
  readonly url: string
}

const CHANNEL = 'joinery'
/** NOTIFY takes less than 8,000 bytes (MN-02); what is larger goes in pieces, one behind the other. */
const PIECE_BYTES = 7_900
/** What goes out at once, and what may wait for it. */
const BATCH_BYTES = 65_536
const WAITING_BYTES = 1_048_576
const WEIGHT = 100
const CONNECT_MS = 5_000
const ANSWER_MS = 5_000
const FIRST_ECHO_MS = 1_000
const ECHO_MS = 5_000
const RETRY_MS = 2_000
const RETRY_JITTER_MS = 200
const FIRST_RETRY_MS = 50
/** Where LISTEN is not heard, it is the configuration that has to change. */
const DEAF_RETRY_MS = 30_000
const GOODBYE_MS = 500

/** One transaction, and not worth an fsync: the lock is held until it is written. */
const NOTIFY = `
  WITH lax AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
  SELECT pg_notify($1, piece) FROM lax, unnest($2::text[]) AS piece`
const ECHO = `
  WITH lax AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
  SELECT pg_notify($1, $2), pg_notification_queue_usage()::float8 AS usage FROM lax`

interface Session {
  send(pieces: readonly string[]): Promise<void>
  fail(reason: unknown): void
}

/**
 * One node's bus. BAD_INPUT for an address that cannot be one.
 *
 * @example
 * ```ts no-run
 * import { postgresBus } from '@joinery/adapters/bus/postgres'
 *
 * const bus = postgresBus({ url: 'postgres://relay:secret@127.0.0.1/joinery', reached: isUp => console.log(isUp ? 'up' : 'down') })
 * bus.subscribe('log/garden', hint => console.log(hint))
 * bus.publish('log/garden', new Uint8Array([7]))
 * await bus.close()
 * ```
 */
export function postgresBus({ url, reached, dropped, backlog }: PostgresBusOptions): Bus {
  if (!isAddress(url)) throw new JoineryError('BAD_INPUT', { what: 'bus', rule: 'postgres://role:password@host/database' }) // prettier-ignore
  const node = randomBytes(8).toString('hex')
  const listeners = topicListeners({ first: () => undefined, last: () => undefined })
  const payloadByTopic = new Map<string, Uint8Array>()
  const ending = new Set<Promise<void>>()
  let waiting = 0
  let isSending = false
  let isClosed = false
  let wasUp: boolean | undefined
  let tries = 0
  let batches = 0
  /** The session whose echo was heard. */
  let up: Session | undefined
  let current: Session | undefined
  let retry: NodeJS.Timeout | undefined

  const lost = (reason: unknown): void => {
    const count = payloadByTopic.size
    payloadByTopic.clear()
    waiting = 0
    if (count > 0) dropped?.(count)
    if (isClosed || wasUp === false) return
    wasUp = false
    reached?.(false, reason)
  }

  const found = (session: Session): void => {
    up = session
    tries = 0
    if (wasUp !== true) {
      wasUp = true
      reached?.(true)
    }
    listeners.hold(listeners.topics())
  }

  const hear = piecewise(batch => {
    const decoder = createDecoder(batch)
    // Our own are known here.
    if (readVarString(decoder) === node) return
    while (hasContent(decoder)) listeners.hear(readVarString(decoder), readVarUint8Array(decoder))
  })

  const begin = (): Session => {
    const [hearing, saying] = [clientOf(url), clientOf(url)]
    let isOver = false
    let isProven = false
    let asked = 0
    let timer: NodeJS.Timeout | undefined

    const over = (reason: unknown, wait: number): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      if (up === session) up = undefined
      for (const client of [hearing, saying]) {
        const ended = endOf(client).finally(() => ending.delete(ended))
        ending.add(ended)
      }
      lost(reason)
      if (!isClosed) retry = setTimeout(() => void (current = begin()), wait)
    }
    const session: Session = {
      async send(pieces) {
        await saying.query(NOTIFY, [CHANNEL, pieces])
      },
      fail(reason) {
        const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries, 10), RETRY_MS) + Math.random() * RETRY_JITTER_MS
        tries += 1
        over(reason, wait)
      },
    }

    const ask = async (): Promise<void> => {
      asked += 1
      timer = setTimeout(() => over(deaf(), DEAF_RETRY_MS), isProven ? ECHO_MS : FIRST_ECHO_MS)
      const { rows } = await saying.query<{ usage: number }>(ECHO, [CHANNEL, `?${node} ${asked}`])
      backlog?.(rows[0]?.usage ?? 0)
    }
    const heardBack = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => void ask().catch(session.fail), ECHO_MS)
      timer.unref()
      if (isProven) return
      isProven = true
      found(session)
    }

    for (const client of [hearing, saying]) {
      client.on('error', session.fail)
      client.on('end', () => session.fail(new Error('Postgres ended the connection')))
    }
    hearing.on('notification', ({ payload = '' }) => {
      if (payload === `?${node} ${asked}`) heardBack()
      else if (!payload.startsWith('?')) hear(payload)
    })
    Promise.all([hearing.connect(), saying.connect()])
      .then(() => hearing.query(`LISTEN ${CHANNEL}`))
      .then(ask)
      .catch(session.fail)
    return session
  }

  /** As many as fit, encoded together. */
  const take = (): string[] => {
    const encoder = createEncoder()
    writeVarString(encoder, node)
    for (const [topic, payload] of payloadByTopic) {
      writeVarString(encoder, topic)
      writeVarUint8Array(encoder, payload)
      payloadByTopic.delete(topic)
      waiting -= payload.length + WEIGHT
      if (length(encoder) > BATCH_BYTES) break
    }
    return piecesOf(`${node}${batches++}`, Buffer.from(toUint8Array(encoder)).toString('base64'))
  }

  const flush = async (): Promise<void> => {
    isSending = true
    while (up !== undefined && payloadByTopic.size > 0) {
      const session = up
      await session.send(take()).catch(session.fail)
    }
    isSending = false
  }

  current = begin()

  return {
    carriesPresence: false,
    payloadBytes: BUS_PAYLOAD_BYTES,
    publish(topic, payload) {
      if (isClosed || payload.length > BUS_PAYLOAD_BYTES) return
      const before = payloadByTopic.get(topic)
      const weight = payload.length + (before === undefined ? WEIGHT : -before.length)
      if (up === undefined || waiting + weight > WAITING_BYTES) {
        dropped?.(1)
        return
      }
      waiting += weight
      payloadByTopic.set(topic, payload.slice())
      if (isSending) return
      isSending = true
      // With what else this turn publishes.
      setImmediate(() => void flush())
    },
    subscribe(topic, listener, missed) {
      return isClosed ? () => undefined : listeners.add(topic, listener, missed)
    },
    isUp: () => !isClosed && up !== undefined,
    async close() {
      if (isClosed) return
      isClosed = true
      clearTimeout(retry)
      listeners.clear()
      current?.fail(undefined)
      await Promise.all(ending)
    },
  }
}

function deaf(): Error {
  return new Error(
    'NOTIFY does not come back by LISTEN, as behind PgBouncer in transaction mode; the address has to be that of Postgres itself',
  )
}

function clientOf(url: string): Client {
  return new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    application_name: 'joinery bus',
  })
}

/** A server that stands still answers no goodbye. */
function endOf(client: Client): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, GOODBYE_MS)
    client
      .end()
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(timer)
        resolve()
      })
  })
}

function isAddress(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return /^postgres(ql)?:$/.test(protocol) && hostname !== ''
}

/** `name number of text`, each. Those of one transaction come one behind the other. */
function piecesOf(name: string, text: string): string[] {
  const count = Math.ceil(text.length / PIECE_BYTES)
  return Array.from({ length: count }, (_, at) => {
    const piece = text.slice(at * PIECE_BYTES, (at + 1) * PIECE_BYTES)
    return `${name} ${at} ${count} ${piece}`
  })
}

/** Puts pieces together again; what is not whole, or not ours, is passed over. */
function piecewise(heard: (batch: Uint8Array) => void): (piece: string) => void {
  let name = ''
  let pieces: string[] = []
  return text => {
    const [of = '', at = '', count = '', piece = ''] = text.split(' ')
    if (Number(at) === 0) {
      name = of
      pieces = []
    }
    if (of !== name || Number(at) !== pieces.length) return
    pieces.push(piece)
    if (pieces.length < Number(count)) return
    const batch = Buffer.from(pieces.join(''), 'base64')
    name = ''
    pieces = []
    try {
      heard(batch)
    } catch {
      // Whoever wrote it is no node of ours.
    }
  }
}
