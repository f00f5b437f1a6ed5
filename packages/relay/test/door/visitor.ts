/** Someone at the door who says what he likes, frame by frame, on virtual time. */
import { createDecoder, readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import type { Rig } from '../rig.ts'

export type Heard =
  | { readonly type: 'step1'; readonly bytes: Uint8Array }
  | { readonly type: 'step2'; readonly bytes: Uint8Array }
  | { readonly type: 'update'; readonly bytes: Uint8Array }
  | { readonly type: 'awareness'; readonly states: ReadonlyMap<number, { clock: number; state: unknown }> }
  | { readonly type: 'denied'; readonly reason: string }

export interface Visitor {
  readonly heard: Heard[]
  readonly frames: Uint8Array[]
  /** What was sent as it is stored, behind a few bytes before it. */
  readonly stored: Uint8Array[]
  readonly closed: { code: number; reason: string }[]
  frame(bytes: Uint8Array): void
  step1(stateVector?: Uint8Array): void
  step2(update: Uint8Array): void
  update(update: Uint8Array): void
  awareness(...states: readonly (readonly [client: number, clock: number, state: unknown])[]): void
  of<T extends Heard['type']>(type: T): Extract<Heard, { type: T }>[]
  forget(): void
  /** The network takes nothing any more; with `true` everything again. */
  reads(isReading: boolean): void
  breaks(): void
}

export function visitor(rig: Rig, path: string, name = 'ann', from = ''): Visitor {
  const [space = '', document = ''] = path.split('/')
  const heard: Heard[] = []
  const frames: Uint8Array[] = []
  const stored: Uint8Array[] = []
  const closed: Visitor['closed'] = []
  let buffered = 0
  let isReading = true
  const send = (bytes: Uint8Array): void => {
    if (closed.length > 0) throw new Error('sent after the end')
    frames.push(bytes)
    heard.push(readFrame(bytes))
    if (!isReading) buffered += bytes.length
  }
  const events = rig.relay.acceptAtDoor(
    {
      send,
      sendPieces([head = new Uint8Array(), body = new Uint8Array()]) {
        stored.push(body)
        send(Uint8Array.of(...head, ...body))
      },
      close: (code, reason) => void closed.push({ code, reason }),
      buffered: () => buffered,
    },
    { space, document, token: `dev:${name}`, from },
  )
  const sync =
    (step: number) =>
    (bytes: Uint8Array): void =>
      events.frame(
        framed(encoder => {
          writeVarUint(encoder, 0)
          writeVarUint(encoder, step)
          writeVarUint8Array(encoder, bytes)
        }),
      )
  return {
    heard,
    frames,
    stored,
    closed,
    frame: bytes => events.frame(bytes),
    step1: (stateVector = Uint8Array.of(0)) => sync(0)(stateVector),
    step2: sync(1),
    update: sync(2),
    awareness(...states) {
      const said = framed(encoder => {
        writeVarUint(encoder, states.length)
        for (const [client, clock, state] of states) {
          writeVarUint(encoder, client)
          writeVarUint(encoder, clock)
          writeVarString(encoder, JSON.stringify(state))
        }
      })
      events.frame(
        framed(encoder => {
          writeVarUint(encoder, 1)
          writeVarUint8Array(encoder, said)
        }),
      )
    },
    of: <T extends Heard['type']>(type: T) =>
      heard.filter((one): one is Extract<Heard, { type: T }> => one.type === type),
    forget: () => void heard.splice(0),
    reads(reading) {
      isReading = reading
      if (reading) buffered = 0
    },
    breaks: () => events.closed(),
  }
}

function framed(write: (encoder: ReturnType<typeof createEncoder>) => void): Uint8Array {
  const encoder = createEncoder()
  write(encoder)
  return toUint8Array(encoder)
}

export function readFrame(bytes: Uint8Array): Heard {
  const decoder = createDecoder(bytes)
  const type = readVarUint(decoder)
  if (type === 0) {
    const step = (['step1', 'step2', 'update'] as const)[readVarUint(decoder)]
    if (step !== undefined) return { type: step, bytes: readVarUint8Array(decoder) }
  }
  if (type === 1) {
    const inner = createDecoder(readVarUint8Array(decoder))
    const states = new Map<number, { clock: number; state: unknown }>()
    for (let left = readVarUint(inner); left > 0; left--) {
      states.set(readVarUint(inner), { clock: readVarUint(inner), state: JSON.parse(readVarString(inner)) as unknown })
    }
    return { type: 'awareness', states }
  }
  if (type === 2 && readVarUint(decoder) === 0) return { type: 'denied', reason: readVarString(decoder) }
  throw new Error('what a stock client does not know')
}
