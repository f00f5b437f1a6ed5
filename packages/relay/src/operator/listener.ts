/**
 * Does what the operator of a running relay asks for, one thing at a time: for now a copy of the store, which nobody else can make while the
 * relay has it open. Laws:
 * - It listens on this machine alone, on any port, and answers who brings the key; others learn nothing, not what it is either.
 * - What is asked for never holds up who is served.
 */
import { hex, JoineryError, sentenceOf, type Random } from '@joinery/core'
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { isAbsolute } from 'node:path'
import { listen } from '../http/listen.ts'
import { reasonOf, type Log } from '../log.ts'
import { removeKey, writeKey } from './key-file.ts'

const KEY_BYTES = 32
const MAX_REQUEST_BYTES = 16_384
const HOST = '127.0.0.1'

export interface Operator {
  stop(): Promise<void>
}

export interface OperatorRequest {
  /** Where the copy is to be put: a whole path, of a file that is not there. */
  readonly copyTo: string
}

export async function listenForOperator(options: {
  readonly data: string
  readonly random: Random
  readonly log: Log
  readonly copyTo: (file: string) => Promise<void>
}): Promise<Operator> {
  const { data, random, log } = options
  const key = hex(random.bytes(KEY_BYTES))
  let isBusy = false

  const perform = async (request: IncomingMessage): Promise<void> => {
    const { copyTo } = JSON.parse(await bodyOf(request)) as Partial<OperatorRequest>
    if (typeof copyTo !== 'string' || !isAbsolute(copyTo)) throw new JoineryError('BAD_INPUT', { what: 'copyTo' })
    if (isBusy)
      throw new JoineryError('UNAVAILABLE', {
        sentence: 'The relay is making a copy for somebody else: try again later.',
      })
    isBusy = true
    try {
      log.info('copying', { to: copyTo })
      await options.copyTo(copyTo)
      log.info('copied', { to: copyTo })
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
