/** What somebody may say on `/v1/sync`: messages of the protocol that are nearly right, and what is none. The sender is welcome already. */
import { encodeMessage, type ClientMessage, type RelayMessage } from '@joinery/core/protocol'
import { uint } from '../craft.ts'
import { mutated } from './mutated.ts'
import type { RandomSource } from '../random.ts'

const IDS = ['garden', 'other', 'me', 'raw', 'raw2', 'x'.repeat(128)]
const HUGE = [0, 1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]

/** Any frame; the updates in it come from `update`. */
export function hostileFrame(random: RandomSource, update: () => Uint8Array): Uint8Array {
  const kind = random.below(100)
  const frame = encodeMessage(message(random, update))
  if (kind < 50) return frame
  if (kind < 85) return mutated(random, frame)
  if (kind < 88) return Uint8Array.from([...frame, ...frame])
  if (kind < 90) return frame.slice(0, random.below(frame.length))
  if (kind < 94) return Uint8Array.from([random.below(256), ...uint(random.pick(HUGE)), ...frame.slice(1)])
  if (kind < 96) return encodeMessage({ type: 'part', last: random.chance(0.5), bytes: frame })
  return Uint8Array.from({ length: random.below(64) }, () => random.below(256))
}

function message(random: RandomSource, update: () => Uint8Array): ClientMessage | RelayMessage {
  const id = (): string => random.pick(IDS)
  const number = (): number => (random.chance(0.5) ? random.below(9) : random.pick(HUGE))
  const cursor = (): { epoch: string; seq: number; mark: Uint8Array } => ({
    epoch: id(),
    seq: number(),
    mark: new Uint8Array(16).fill(random.below(256)),
  })
  switch (random.below(12)) {
    case 0:
      return { type: 'watch', space: id(), cursor: random.chance(0.5) ? undefined : cursor() }
    case 1:
    case 2:
    case 3:
      return {
        type: 'push',
        space: id(),
        entries: Array.from({ length: random.below(9) }, () => ({
          n: 1 + number(),
          type: random.pick(['update', 'update', 'update', 'tombstone'] as const),
          resupply: random.chance(0.3),
          document: id(),
          kind: random.pick(['note', 'raw', id()]),
          engine: random.pick(['yjs', 'yjs', 'automerge', 'register', id()]),
          at: number(),
          bytes: update(),
        })).filter(({ n }) => Number.isSafeInteger(n)),
      }
    case 4:
      return { type: 'fetch', space: id(), document: random.chance(0.5) ? undefined : id(), before: number() }
    case 5:
      return {
        type: 'have',
        space: id(),
        documents: Array.from({ length: random.below(40) }, () => ({
          document: id(),
          engine: random.pick(['yjs', 'automerge', 'register', 'none']),
          version: update(),
        })),
      }
    case 6:
      return {
        type: 'presence',
        space: id(),
        document: id(),
        session: random.chance(0.2) ? id() : '',
        subject: random.chance(0.2) ? 'ann' : '',
        clock: number(),
        state: random.pick([undefined, '{}', '{', 'x'.repeat(4_096)]),
      }
    case 7:
      return { type: 'time', id: number() }
    case 8:
      return { type: 'auth', token: random.pick(['dev:raw', 'dev:ann', '', 'x'.repeat(3_900)]) }
    case 9:
      return { type: 'hello', version: 1 + random.below(3), device: id(), token: 'dev:raw' }
    case 10:
      return { type: 'part', last: random.chance(0.3), bytes: update() }
    default:
      return random.pick<RelayMessage>([
        { type: 'bye', code: 'UNAVAILABLE', retryAfter: number() },
        { type: 'ack', space: id(), entries: [{ n: 1, seq: 1 }] },
        { type: 'want', space: id(), documents: [{ document: id(), version: update() }] },
      ])
  }
}
