/**
 * The way by which commands on the data folder reach the relay that has it open: a socket in that folder. Laws:
 * - Whoever may read and write the database may use it, and nobody else: it is open to its owner alone, and no page reaches it.
 * - It is there while the relay runs, and says nothing of tokens. A relay without it is a relay all the same.
 */
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { JoineryError } from '@joinery/core'
import { reasonOf, type Log } from '../log.ts'
import { CALLS, type Counter } from './calls.ts'
import { callOf, packed, unpacked, type Answer } from './wire.ts'

const ONLY_OWNER = 0o600
/** A call names a document and a person, no more. */
const CALL_BYTES = 65_536
/** What a path of a socket may have at most, on the systems that have the least. */
const PATH_BYTES = 103

export interface Hatch {
  close(): void
}

/** Only for who has the database open: whatever is at `path` is what another left. */
export function openHatch(options: {
  readonly path: string
  readonly counter: Counter
  readonly log: Log
}): Promise<Hatch | undefined> {
  const { path, counter, log } = options
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    try {
      const { name, args } = callOf(unpacked(await bodyOf(request)))
      const known = CALLS.find(one => one === name)
      if (known === undefined) throw new JoineryError('NOT_FOUND', { call: name.slice(0, 64) })
      log.info('command', { call: known })
      return { ok: true, value: await (counter[known] as (...given: unknown[]) => Promise<unknown>)(...args) }
    } catch (error) {
      if (error instanceof JoineryError) return { ok: false, code: error.code, details: plainOf(error.details) }
      log.warn('command-failed', reasonOf(error))
      return { ok: false, code: 'UNAVAILABLE', details: {} }
    }
  }
  const server = createServer((request, response) => {
    void answer(request).then(told => response.end(packed(told)))
  })
  // A compaction takes as long as it takes.
  server.requestTimeout = 0

  return new Promise(resolve => {
    const without = (reason: unknown): void => {
      log.warn('no-hatch', reasonOf(reason))
      resolve(undefined)
    }
    if (Buffer.byteLength(path) > PATH_BYTES) {
      without(new Error('the path of the data folder is too long for a socket'))
      return
    }
    rmSync(path, { force: true })
    server.once('error', without)
    server.listen(path, () => {
      server.off('error', without)
      chmodSync(path, ONLY_OWNER)
      resolve({
        close() {
          server.close()
          server.closeAllConnections()
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
