/**
 * Hints over Redis, or what speaks as it does: PUBLISH and SUBSCRIBE, one channel a topic. Laws, beside the port's:
 * - Redis may be away when this begins, and for as long as it likes: it is tried again for ever, at most 2.2 s apart, and then hears all that
 *   it heard before. A server that answers nothing is left after a few seconds.
 * - What waits for its way out is bounded, and dropped when the connection goes: a hint is not worth sending late.
 * - Redis shares channels between its databases; here, a database hears its own.
 */
import { JoineryError, type Bus, type BusEvents } from '@joinery/core'
import { Redis, type RedisOptions } from 'ioredis'
import { topicListeners } from '../topic-listeners.ts'

export interface RedisBusOptions extends BusEvents {
  /** `redis://user:password@host:port/database`, and `rediss://` with TLS. Only a host is needed. */
  readonly url: string
  /** Certificates (PEM) of who signed the server's, when it is none that this machine trusts. */
  readonly ca?: string
}

const PORT = 6_379
const PAYLOAD_BYTES = 131_072
/** What may wait for its way out, and a hint's weight besides its payload. */
const WAITING_BYTES = 4_194_304
const WEIGHT = 200
const TOPICS_AT_ONCE = 1_000
const RETRY_MS = 2_000
const RETRY_JITTER_MS = 200
const FIRST_RETRY_MS = 50
const CONNECT_MS = 5_000
/** Asked as often, and given up when it has not answered for as long. */
const PING_MS = 5_000
const SILENT_MS = 5_000
const GOODBYE_MS = 500

/**
 * One node's bus. BAD_INPUT for an address that cannot be one.
 *
 * @example
 * ```ts no-run
 * import { redisBus } from '@joinery/adapters/bus/redis'
 *
 * const bus = redisBus({ url: 'redis://127.0.0.1:6379', reached: isUp => console.log(isUp ? 'up' : 'down') })
 * bus.subscribe('log/garden', hint => console.log(hint))
 * bus.publish('log/garden', new Uint8Array([7]))
 * await bus.close()
 * ```
 */
export function redisBus({ url, ca, reached, dropped }: RedisBusOptions): Bus {
  const { prefix, isSecure, ...server } = serverOf(url)
  const options = {
    ...server,
    ...(isSecure ? { tls: ca === undefined ? {} : { ca } } : {}),
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    disconnectTimeout: GOODBYE_MS,
    retryStrategy: (tries: number): number =>
      Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 10), RETRY_MS) + Math.random() * RETRY_JITTER_MS,
    // Whatever is under way when a connection goes has failed, and nothing waits for the next one.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // All topics are asked for again by us: what was asked for while there was no connection too.
    autoResubscribe: false,
    disableClientInfo: true,
  } satisfies RedisOptions
  let isClosed = false
  let wasUp: boolean | undefined
  /** Redis did not let us subscribe: as when it is still reading its data. */
  let isRefused = false
  let waiting = 0
  let lastError: unknown

  const channelOf = (topic: string): string => prefix + topic
  const isReady = (client: Redis): boolean => client.status === 'ready'

  const listeners = topicListeners({
    first(topic) {
      if (isReady(hearing)) void hold([topic])
    },
    last(topic) {
      if (isReady(hearing)) hearing.unsubscribe(channelOf(topic)).catch(ignore)
    },
  })

  const hold = async (topics: readonly string[]): Promise<void> => {
    try {
      await hearing.subscribe(...topics.map(channelOf))
      listeners.hold(topics)
    } catch (error) {
      // Failed with its connection, the next one asks for everything.
      if (!isReady(hearing)) return
      isRefused = true
      lost(error)
    }
  }
  const holdAll = (): void => {
    isRefused = false
    const topics = listeners.topics()
    for (let at = 0; at < topics.length; at += TOPICS_AT_ONCE) void hold(topics.slice(at, at + TOPICS_AT_ONCE))
  }

  const isUp = (): boolean => !isClosed && !isRefused && isReady(saying) && isReady(hearing)
  const found = (): void => {
    if (wasUp === true || !isUp()) return
    wasUp = true
    reached?.(true)
  }
  const lost = (reason: unknown): void => {
    lastError = reason
    if (isClosed || wasUp === false || isUp()) return
    wasUp = false
    reached?.(false, reason)
  }

  const connect = (ready: () => void): Redis => {
    const client = new Redis(options)
    client.on('error', lost)
    client.on('close', () => lost(lastError))
    client.on('ready', () => {
      ready()
      found()
    })
    return client
  }

  const saying = connect(() => undefined)
  const hearing = connect(holdAll)
  hearing.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
    const topic = channel.toString().slice(prefix.length)
    // Whoever else publishes there is no node of ours.
    if (payload.length <= PAYLOAD_BYTES) listeners.hear(topic, payload)
  })
  const pinging = setInterval(() => {
    for (const client of [saying, hearing]) if (isReady(client)) client.ping().catch(ignore)
    if (isRefused && isReady(hearing)) {
      holdAll()
      found()
    }
  }, PING_MS)
  pinging.unref()

  return {
    carriesPresence: true,
    payloadBytes: PAYLOAD_BYTES,
    publish(topic, payload) {
      if (isClosed || payload.length > PAYLOAD_BYTES) return
      if (!isReady(saying) || waiting > WAITING_BYTES) {
        dropped?.(1)
        return
      }
      const weight = payload.length + WEIGHT
      waiting += weight
      saying
        .publish(channelOf(topic), Buffer.from(payload))
        .catch(() => dropped?.(1))
        .then(() => void (waiting -= weight), ignore)
    },
    subscribe: (topic, listener, missed) => (isClosed ? () => undefined : listeners.add(topic, listener, missed)),
    isUp,
    async close() {
      if (isClosed) return
      isClosed = true
      clearInterval(pinging)
      listeners.clear()
      await Promise.all([saying, hearing].map(ended))
    },
  }
}

function ignore(): void {}

function ended(client: Redis): Promise<void> {
  return new Promise(resolve => {
    // Between two tries nothing is there that could end.
    const isIdle = client.status === 'end' || client.status === 'reconnecting'
    client.once('end', () => resolve())
    client.disconnect()
    if (isIdle) resolve()
  })
}

interface Server {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly isSecure: boolean
  readonly prefix: string
}

function serverOf(text: string): Server {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const server = url && /^rediss?:$/.test(url.protocol) && url.hostname !== '' ? partsOf(url) : undefined
  if (server !== undefined) return server
  throw new JoineryError('BAD_INPUT', {
    what: 'bus',
    rule: 'redis://user:password@host:6379/0, or rediss:// with TLS, and no more',
  })
}

/** A query would set options of the driver, so there is none. */
function partsOf({ protocol, hostname, port, username, password, pathname, search, hash }: URL): Server | undefined {
  const database = /^\/?(\d{0,5})$/.exec(pathname)?.[1]
  if (database === undefined || search !== '' || hash !== '') return undefined
  try {
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? PORT : Number(port),
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      isSecure: protocol === 'rediss:',
      prefix: `joinery/${Number(database)}/`,
    }
  } catch {
    return undefined
  }
}
