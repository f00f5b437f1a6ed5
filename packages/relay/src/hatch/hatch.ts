/**
 * The way by which commands on the data folder reach the relay that has it open: a socket in that folder. Laws:
 * - Whoever may read and write the database may use it, and nobody else: it is open to its owner alone, and no page reaches it.
 * - It is there while the relay runs, and says nothing of tokens. A relay without it is a relay all the same.
 */
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { JoineryError } from '@joinery/core'
import { reasonOf, type Log } from '../log.ts'
import { CALLS, type RunningRelay } from './calls.ts'
import { hatchIn, reachable, type Reached } from './place.ts'
import { callOf, packed, unpacked, type Answer } from './wire.ts'

const ONLY_OWNER = 0o600
/** A call names some documents and a person, no more. */
const CALL_BYTES = 65_536
const FAILED = 'The relay could not do it: its log says why.'

export interface Hatch {
  close(): void
}

/** Only for who has the database in `data` open: a socket that is there is what another left. */
export function openHatch(options: {
  readonly data: string
  readonly relay: RunningRelay
  readonly log: Log
}): Promise<Hatch | undefined> {
  const { data, relay, log } = options
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    try {
      const { name, args } = callOf(unpacked(await bodyOf(request)))
      const known = CALLS.find(one => one === name)
      if (known === undefined) throw new JoineryError('NOT_FOUND', { call: name.slice(0, 64) })
      log.info('command', { call: known })
      return { ok: true, value: await (relay[known] as (...given: unknown[]) => Promise<unknown>)(...args) }
    } catch (error) {
      log.warn('command-failed', reasonOf(error))
      if (error instanceof JoineryError) return { ok: false, code: error.code, details: plainOf(error.details) }
      return { ok: false, code: 'UNAVAILABLE', details: { sentence: FAILED } }
    }
  }
  const server = createServer((request, response) => {
    void answer(request).then(told => response.end(packed(told)))
  })
  // A compaction, or a copy, takes as long as it takes.
  server.requestTimeout = 0

  return new Promise(resolve => {
    let at: Reached | undefined
    const without = (reason: unknown): void => {
      at?.reached()
      log.warn('no-hatch', reasonOf(reason))
      resolve(undefined)
    }
    const path = hatchIn(data)
    try {
      rmSync(path, { force: true })
      at = reachable(data)
    } catch (error) {
      without(error)
      return
    }
    server.once('error', without)
    server.listen(at.path, () => {
      server.off('error', without)
      at?.reached()
      chmodSync(path, ONLY_OWNER)
      resolve({
        close() {
          server.close()
          server.closeAllConnections()
          // Node removes what it listened by, which may have been a link.
          rmSync(path, { force: true })
        },
      })
    })
  })
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request) {
    const part = chunk as Uint8Array
    bytes += part.length
    if (bytes > CALL_BYTES) throw new JoineryError('TOO_LARGE')
    chunks.push(part)
  }
  return Buffer.concat(chunks)
}

/** What else an error knows is nobody's. */
function plainOf(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const plain = Object.entries(details).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
  return Object.fromEntries(plain)
}
