/** A device that speaks the protocol by hand over a real socket. */
import { decodeMessage, encodeMessage, joinParts, splitFrame, VERSION } from '@joinery/core/protocol'
import type { ClientMessage, Pieces, PushedEntry, RelayMessage } from '@joinery/core/protocol'
import { WebSocket, type ClientOptions } from 'ws'

type Heard<T> = Extract<RelayMessage, { type: T }>

export interface Dialled {
  readonly socket: WebSocket
  readonly heard: RelayMessage[]
  say(message: ClientMessage): void
  /** The next message of a type that was not waited for yet, and fits. Rejects when the socket closes first. */
  next<T extends RelayMessage['type']>(type: T, fits?: (message: Heard<T>) => boolean): Promise<Heard<T>>
  /** The answer to an entry: its seq, or the code of its refusal. */
  answer(n: number): Promise<number | string>
  push(space: string, ...entries: PushedEntry[]): void
  closed(): Promise<{ code: number; reason: string }>
}

/** A bare socket to the relay, open. */
export function open(port: number, options: ClientOptions = {}, path = '/v1/sync'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false, ...options })
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}

export function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise(resolve => {
    socket.on('error', () => undefined)
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
}

/** The status that the relay answers an upgrade with. */
export function upgradeStatus(url: string, options: ClientOptions = {}): Promise<number> {
  const socket = new WebSocket(url, options)
  return new Promise(resolve => {
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      socket.terminate()
    })
    socket.once('open', () => {
      resolve(101)
      socket.terminate()
    })
    socket.on('error', () => undefined)
  })
}

export async function dial(port: number, name: string, device: string, options: ClientOptions = {}): Promise<Dialled> {
  const dialled = speak(await open(port, options))
  dialled.say({ type: 'hello', version: VERSION, device, token: `dev:${name}` })
  const { frameBytes } = await dialled.next('welcome')
  return {
    ...dialled,
    say: message => splitFrame(encodeMessage(message), frameBytes).forEach(part => dialled.socket.send(part)),
  }
}

export function speak(socket: WebSocket): Dialled {
  const heard: RelayMessage[] = []
  const taken = new Set<RelayMessage>()
  let pieces: Pieces = []
  let waiters: (() => void)[] = []
  let close: { code: number; reason: string } | undefined
  const wake = (): void => {
    const woken = waiters
    waiters = []
    for (const waiter of woken) waiter()
  }
  const take = (bytes: Uint8Array): void => {
    const message = decodeMessage(bytes)
    if (message?.type === 'part') {
      const joined = joinParts(pieces, message, 100_000_000)
      pieces = joined.pieces
      if (joined.frame !== undefined) take(joined.frame)
    } else if (message !== undefined) heard.push(message as RelayMessage)
  }
  socket.on('message', (data: Uint8Array) => {
    take(data)
    wake()
  })
  const closed = closeOf(socket)
  void closed.then(how => {
    close = how
    wake()
  })

  const until = async <R>(look: () => R | undefined): Promise<R> => {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (close !== undefined) throw new Error(`closed with ${close.code} ${close.reason}`)
      await new Promise<void>(resolve => waiters.push(resolve))
    }
  }

  const dialled: Dialled = {
    socket,
    heard,
    say: message => socket.send(encodeMessage(message)),
    next<T extends RelayMessage['type']>(type: T, fits: (message: Heard<T>) => boolean = () => true) {
      return until(() => {
        const message = heard.find(
          (one): one is Heard<T> => one.type === type && !taken.has(one) && fits(one as Heard<T>),
        )
        if (message !== undefined) taken.add(message)
        return message
      })
    },
    answer: n =>
      until<number | string>(() => {
        for (const message of heard) {
          if (message.type === 'refused' && message.n === n) return message.code
          const ack = message.type === 'ack' ? message.entries.find(entry => entry.n === n) : undefined
          if (ack !== undefined) return ack.seq
        }
        return undefined
      }),
    push(space, ...entries) {
      this.say({ type: 'push', space, entries })
    },
    closed: () => closed,
  }
  return dialled
}
