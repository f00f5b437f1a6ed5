/**
 * Answers `have` with `want`: what this log lacks of what a device holds (R4). Laws:
 * - Every page is answered by one `want`, empty when nothing is lacking. A document whose rows are damaged is not asked for, and takes no other
 *   with it: whoever repairs it begins a new life, in which it is told of again (T4).
 * - A version is read here while others wait, so one that is longer than can be read in no time is not: all is asked for.
 * - A device that was asked may bring others' edits for a while, across reconnects; no other may.
 * - What is asked for was acked once, by this log or another: it is said in the log which documents were not whole (MN-09).
 */
import { JoineryError, type Clock, type Store } from '@joinery/core'
import type { HeldDocument, RelayMessage, WantedDocument } from '@joinery/core/protocol'
import { boundedMap } from './bounded-map.ts'
import { EVERYTHING, type EngineGate } from './gate/gate.ts'
import type { Counters, Log } from './log.ts'
import type { States } from './state/states.ts'

const GRANT_MS = 10 * 60_000
const GRANTS = 10_000
/** Documents looked up before others have their turn. */
const STRIDE = 64
/** Of versions, read before others have their turn. */
const STRIDE_BYTES = 256 * 1_024
/** One that is longer is not read. */
const VERSION_BYTES = 512 * 1_024
/** Documents that one line of the log names. */
const NAMED = 20

export interface Wants {
  answer(space: string, subject: string, device: string, documents: readonly HeldDocument[]): Promise<RelayMessage[]>
  /** The device's cursor did not fit: it may be asked for anything. */
  grant(space: string, subject: string, device: string): void
  /** Whether a device was asked for what this space lacks. */
  granted(space: string, subject: string, device: string): boolean
}

export function createWants(options: {
  readonly store: Pick<Store, 'document' | 'authors'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly gates: ReadonlyMap<string, EngineGate>
  readonly states: Pick<States, 'at'>
  readonly turn: () => Promise<void>
  readonly log: Log
  readonly counters: Pick<Counters, 'add'>
}): Wants {
  const { store, clock, gates, states, turn, log, counters } = options
  const untilByDevice = boundedMap<number>(GRANTS)

  /** What to ask for, or why never again. */
  const lacking = async (space: string, held: HeldDocument): Promise<Uint8Array | 'gone' | undefined> => {
    const head = await store.document(space, held.document)
    if (head === undefined) return EVERYTHING.version
    if (head.state === 'gone') return 'gone'
    // Entries of it were lost in the middle, which its heads do not tell.
    if (head.quarantined === 'GAP') return EVERYTHING.version
    if (head.engine !== held.engine) return undefined
    if (held.version.length > VERSION_BYTES) return EVERYTHING.version
    const wanted = gates.get(held.engine)?.wants(held.version, await store.authors(space, held.document))
    if (wanted?.unless !== undefined && (await isStored(space, held.document, wanted.unless))) return undefined
    return wanted?.version
  }

  /** What cannot be looked through is asked for. */
  const isStored = async (space: string, document: string, update: Uint8Array): Promise<boolean> => {
    try {
      const state = await states.at(space, document)
      return (await state.lackingOf(update)) === undefined
    } catch {
      return false
    }
  }

  const grant = (space: string, subject: string, device: string): void =>
    untilByDevice.set(grantOf(space, subject, device), clock.monotonic() + GRANT_MS)

  return {
    grant,
    async answer(space, subject, device, documents) {
      const wanted: WantedDocument[] = []
      const gone: RelayMessage[] = []
      let read = 0
      for (const [at, held] of documents.entries()) {
        read += held.version.length
        if (at % STRIDE === STRIDE - 1 || read > STRIDE_BYTES) {
          await turn()
          read = 0
        }
        const version = await lacking(space, held).catch(passOver)
        const { document } = held
        if (version === 'gone') {
          gone.push({ type: 'refused', space, document, n: undefined, code: 'GONE', retryAfter: 0 })
        } else if (version !== undefined) wanted.push({ document, version })
      }
      if (wanted.length > 0) {
        counters.add('lacking', undefined, wanted.length)
        const named = wanted.slice(0, NAMED).map(({ document }) => document)
        log.warn('lacking', { space, subject, device, count: wanted.length, documents: named.join(' ') })
      }
      // Also when nothing is lacking any more: what was asked for before a restart is still being brought, and has to be let in to be
      // found known. It gives nobody more than a cursor that does not fit.
      grant(space, subject, device)
      return [...gone, { type: 'want', space, documents: wanted }]
    },
    granted: (space, subject, device) => clock.monotonic() < (untilByDevice.get(grantOf(space, subject, device)) ?? 0),
  }
}

/** What nobody can write to now. */
function passOver(error: unknown): undefined {
  if (!(error instanceof JoineryError) || error.code !== 'QUARANTINED') throw error
}

function grantOf(space: string, subject: string, device: string): string {
  return `${space} ${device} ${subject}`
}
