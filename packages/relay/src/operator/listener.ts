/**
 * Does what the operator of a running relay asks for, one thing at a time: a copy of the store, which nobody else can make while the relay
 * has it open, and a look at documents that may be damaged. Laws:
 * - It listens on this machine alone, on any port, and answers who brings the key; others learn nothing, not what it is either.
 * - What is asked for never holds up who is served.
 */
import { checkId, hex, JoineryError, sentenceOf, type DocumentPlace, type Random } from '@joinery/core'
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { isAbsolute } from 'node:path'
import { listen } from '../http/listen.ts'
import { reasonOf, type Log } from '../log.ts'
import { removeKey, writeKey } from './key-file.ts'

const KEY_BYTES = 32
const MAX_REQUEST_BYTES = 16_384
const HOST = '127.0.0.1'
const BUSY = 'The relay is doing something for somebody else: try again later.'

export interface Operator {
  stop(): Promise<void>
}

export type OperatorRequest =
  /** Where the copy is to be put: a whole path, of a file that is not there. */
  | { readonly copyTo: string }
  /** Documents to quarantine, if they cannot be read. */
  | { readonly suspect: readonly DocumentPlace[] }

export async function listenForOperator(options: {
  readonly data: string
  readonly random: Random
  readonly log: Log
  readonly copyTo: (file: string) => Promise<void>
  readonly suspect: (place: DocumentPlace) => Promise<void>
}): Promise<Operator> {
  const { data, random, log } = options
  const key = hex(random.bytes(KEY_BYTES))
  let isBusy = false

  const copy = async (to: string): Promise<void> => {
    log.info('copying', { to })
    await options.copyTo(to)
    log.info('copied', { to })
  }

  const perform = async (request: IncomingMessage): Promise<void> => {
    const asked = JSON.parse(await bodyOf(request)) as { readonly [What in 'copyTo' | 'suspect']?: unknown }
    if (isBusy) throw new JoineryError('UNAVAILABLE', { sentence: BUSY })
    isBusy = true
    try {
      if (typeof asked.copyTo === 'string' && isAbsolute(asked.copyTo)) await copy(asked.copyTo)
      else if (Array.isArray(asked.suspect)) for (const place of asked.suspect) await options.suspect(placeOf(place))
      else throw new JoineryError('BAD_INPUT', { what: 'request' })
    } finally {
      isBusy = false
    }
  }

  const server: Server = createServer((request, response) => {
    if (!isKey(request.headers.authorization, key) || request.method !== 'POST') {
      response.writeHead(404).end()
      return
    }
    perform(request).then(
      () => response.writeHead(200).end('{}'),
      (error: unknown) => {
        log.warn('operator-refused', reasonOf(error))
        const own = error instanceof JoineryError ? error.details['sentence'] : undefined
        const sentence = typeof own === 'string' ? own : (sentenceOf(error) ?? 'It failed; its log says why.')
        response.writeHead(500).end(JSON.stringify({ sentence }))
      },
    )
  })
  const port = await listen(server, HOST, 0)
  await writeKey(data, { port, key })
  return {
    async stop() {
      await removeKey(data)
      server.close()
      server.closeAllConnections()
    },
  }
}

function placeOf(value: unknown): DocumentPlace {
  const { space, document } = Object(value) as { readonly [Name in 'space' | 'document']?: unknown }
  return { space: checkId('space', String(space)), document: checkId('document', String(document)) }
}

function isKey(authorization: string | undefined, key: string): boolean {
  const [given, right] = [authorization ?? '', `Bearer ${key}`].map(text => Buffer.from(text))
  return given !== undefined && right !== undefined && given.length === right.length && timingSafeEqual(given, right)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > MAX_REQUEST_BYTES) throw new JoineryError('TOO_LARGE')
  }
  return text
}
