/**
 * Whether work should come here. Laws:
 * - Ready means that the store took a commit just now, or a second ago: one that answers reads may be full (DU-05).
 * - Whoever asks is answered in two seconds at most, and however many ask, the store is asked once (MN-11).
 * - Nobody is told that it is ready before it once was, nor from when it begins to stop.
 */
import { JoineryError, type Clock, type Store } from '@joinery/core'
import { reasonOf, type Log } from './log.ts'

/** `full`: there is no room to commit. `store`: it does not commit. `slow`: it has not said yet. */
export type Verdict = 'ready' | 'stopping' | 'full' | 'store' | 'slow'

export interface Readiness {
  look(): Promise<Verdict>
  /** From now on work should go elsewhere. */
  stop(): void
}

const FRESH_MS = 1_000
const PATIENCE_MS = 2_000

export function createReadiness(options: {
  readonly store: Pick<Store, 'probe'>
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'error'>
}): Readiness {
  const { store, clock, log } = options
  let isStopping = false
  let last: { readonly verdict: Verdict; readonly at: number } | undefined
  let looking: { readonly verdict: Promise<Verdict>; readonly at: number } | undefined

  const tell = (verdict: Verdict, error?: unknown): Verdict => {
    if (verdict !== last?.verdict) {
      if (verdict !== 'ready') log.error('not-ready', { ...reasonOf(error), reason: verdict })
      else if (last !== undefined) log.info('ready-again')
    }
    last = { verdict, at: clock.monotonic() }
    return verdict
  }

  const probe = async (): Promise<Verdict> => {
    try {
      await store.probe()
      return tell('ready')
    } catch (error) {
      return tell(error instanceof JoineryError && error.code === 'QUOTA' ? 'full' : 'store', error)
    } finally {
      looking = undefined
    }
  }

  /** A look that takes longer goes on, and the next who ask hear of it. */
  const within = (ms: number, verdict: Promise<Verdict>): Promise<Verdict> =>
    new Promise(resolve => {
      const cancel = clock.after(ms, () => resolve(tell('slow')))
      void verdict.then(found => {
        cancel()
        resolve(found)
      })
    })

  return {
    async look() {
      if (isStopping) return 'stopping'
      const now = clock.monotonic()
      if (looking === undefined && last !== undefined && now - last.at < FRESH_MS) return last.verdict
      looking ??= { verdict: probe(), at: now }
      const left = looking.at + PATIENCE_MS - now
      const verdict = left > 0 ? await within(left, looking.verdict) : 'slow'
      // It may have begun to stop meanwhile.
      return isStopping ? 'stopping' : verdict
    },
    stop() {
      isStopping = true
    },
  }
}
