/** What is asked of a relay about a document's past, over HTTP. Law: what fails is a JoineryError; without a network, or a relay, UNAVAILABLE. */
import { isCode, JoineryError, type Entry } from '@joinery/core'
import type { Version } from '@joinery/core/history'
import { decodeMessage } from '@joinery/core/protocol'
import type { TokenSource } from '../options.ts'

export interface Asking {
  versions(page: { readonly before?: number | undefined; readonly limit?: number | undefined }): Promise<VersionPage>
  read(seq: number): Promise<Uint8Array>
  changes(since: number, until: number): Promise<readonly Entry[]>
  name(seq: number, name: string): Promise<void>
}

/** A version as the relay tells it. */
export interface DocumentVersion extends Omit<Version, 'name'> {
  readonly name: { readonly name: string; readonly by: string; readonly at: number } | null
}

export interface VersionPage {
  /** Newest first. */
  readonly versions: readonly DocumentVersion[]
  /** The `before` of the next page, or null. */
  readonly next: number | null
  /** How long the relay keeps versions, in ms; what nobody edited since may be older. */
  readonly keptMs: number
}

export type Fetch = (address: string, init: RequestInit) => Promise<Response>

export function asking(options: {
  /** Of the document's history. */
  readonly address: string
  readonly token: TokenSource
  readonly fetch: Fetch
}): Asking {
  const { address, token } = options

  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const shown = await token()
    if (shown === undefined) throw new JoineryError('UNAUTHENTICATED')
    const headers = { Authorization: `Bearer ${shown}`, ...(init.body === undefined ? {} : JSON_BODY) }
    const answer = await options.fetch(`${address}${path}`, { ...init, headers }).catch((cause: unknown) => {
      throw new JoineryError('UNAVAILABLE', { what: 'relay' }, { cause })
    })
    if (!answer.ok) throw await refusalOf(answer)
    return answer
  }

  return {
    async versions({ before, limit }) {
      const asked = Object.entries({ before, limit }).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`)) // prettier-ignore
      const answer = await ask(asked.length === 0 ? '' : `?${asked.join('&')}`)
      const { data, meta } = (await answer.json()) as {
        readonly data: readonly DocumentVersion[]
        readonly meta: Omit<VersionPage, 'versions'>
      }
      return { versions: data, next: meta.next, keptMs: meta.keptMs }
    },
    async read(seq) {
      return bytesOf(await ask(`/${seq}`))
    },
    async changes(since, until) {
      const message = decodeMessage(await bytesOf(await ask(`/${until}/changes?since=${since}`)))
      if (message?.type !== 'bodies') throw new JoineryError('UNAVAILABLE', { what: 'changes' })
      return message.entries
    },
    async name(seq, name) {
      await ask(`/${seq}/name`, { method: 'PUT', body: JSON.stringify({ name }) })
    },
  }
}

const JSON_BODY = { 'Content-Type': 'application/json' }

async function bytesOf(answer: Response): Promise<Uint8Array> {
  return new Uint8Array(await answer.arrayBuffer())
}

/** What is no answer of a relay is one that cannot be had now. */
async function refusalOf(answer: Response): Promise<JoineryError> {
  const body = (await answer.json().catch(() => undefined)) as
    | { readonly error?: { readonly code?: string; readonly details?: Readonly<Record<string, unknown>> } }
    | undefined
  const { code = '', details = {} } = body?.error ?? {}
  return isCode(code) ? new JoineryError(code, details) : new JoineryError('UNAVAILABLE', { status: answer.status })
}
