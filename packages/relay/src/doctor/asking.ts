/** Questions to a relay from where its clients are. Law: a question leaves nothing behind, and gives up after ten seconds. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { WebSocket } from 'ws'

const PATIENCE_MS = 10_000
const MOST_BYTES = 100_000

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Undefined when nobody answers. */
export function ask(
  url: URL,
  { method = 'GET', body, headers = {} }: { method?: string; body?: Uint8Array; headers?: Record<string, string> } = {},
): Promise<Answer | undefined> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise(resolve => {
    const failed = (): void => resolve(undefined)
    const asked = send(url, { method, headers, signal: AbortSignal.timeout(PATIENCE_MS), agent: false }, response => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('error', failed)
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length <= MOST_BYTES) chunks.push(chunk)
        else response.destroy()
      })
      response.on('close', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    asked.on('error', failed)
    asked.end(body)
  })
}

/** How a WebSocket there begins: by being open, and then perhaps by a close; or by an answer that is none. */
export type Upgrade =
  | { readonly upgrade: 'open'; readonly closed: number | undefined }
  | { readonly upgrade: 'refused'; readonly status: number }
  | { readonly upgrade: 'failed' }

/** With `untilClosed` it waits for the other side to close. */
export function upgrade(url: URL, { untilClosed }: { readonly untilClosed: boolean }): Promise<Upgrade> {
  const socket = new WebSocket(url, { handshakeTimeout: PATIENCE_MS, perMessageDeflate: false })
  const patience = AbortSignal.timeout(PATIENCE_MS)
  patience.addEventListener('abort', () => socket.terminate())
  let isOpen = false
  return new Promise(resolve => {
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (_request, response) => {
      resolve({ upgrade: 'refused', status: response.statusCode ?? 0 })
      response.destroy()
    })
    socket.on('open', () => {
      isOpen = true
      if (untilClosed) return
      socket.close()
      resolve({ upgrade: 'open', closed: undefined })
    })
    socket.on('close', code => resolve(isOpen ? { upgrade: 'open', closed: code } : { upgrade: 'failed' }))
  })
}

/** The same place, another path; and `ws` for `http`. */
export function at(base: URL, path: string, scheme: 'http' | 'ws' = 'http'): URL {
  const url = new URL(path, base)
  if (scheme === 'ws') url.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:'
  return url
}
