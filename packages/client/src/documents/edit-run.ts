/**
 * Edits of one document that wait to be written. Laws:
 * - What waits together is written together, and every edit's receipt is exact: it is settled by the transaction that holds the edit.
 * - A long run of small edits is written as one, when that is smaller; only edits made here, one after the other, with nothing from
 *   elsewhere in between, so that nobody's authorship is taken (A3).
 */
import type { EngineDocument } from '@joinery/core'
import { stub, type Stub } from './receipts.ts'

/** Fewer are not worth encoding again. */
const MANY = 4

export interface Waiting {
  readonly updates: readonly Uint8Array[]
  readonly stub: Stub
}

export interface EditRun {
  /** Before an edit may be made. Until then nobody pays for knowing what the document held: most are opened to be read. */
  begin(): void
  /** Takes an update that the document made. */
  add(update: Uint8Array): void
  /** Applies something from elsewhere: what was made before and what is made after are two runs, also when that throws. */
  apart(apply: () => void): void
  empty(): boolean
  /** The stub of the edit that is being made, or was last made. */
  stub(): Stub
  /** All that waits, and the stub for it. What is added from now on waits anew. */
  take(): Waiting
  /** The document is another from now on. Gives what waits, and it waits still. */
  rest(): readonly Uint8Array[]
}

export function editRun(doc: () => EngineDocument): EditRun {
  let done: Uint8Array[] = []
  let run: Uint8Array[] = []
  /** What the document held before the run. */
  let since: Uint8Array | undefined
  let current = stub()

  const rest = (): readonly Uint8Array[] => {
    done.push(...run)
    run = []
    since = undefined
    return done
  }

  const apart = (apply?: () => void): void => {
    const before = since
    if (before && run.length >= MANY) {
      const whole = doc().encode(before)
      if (whole && whole.length < run.reduce((sum, update) => sum + update.length, 0)) run = [whole]
    }
    rest()
    apply?.()
    rest()
    since = before && doc().version()
  }

  return {
    begin() {
      if (since) return
      rest()
      since = doc().version()
    },
    add: update => void run.push(update),
    apart,
    empty: () => done.length === 0 && run.length === 0,
    stub: () => current,
    take() {
      apart()
      const taken = { updates: done, stub: current }
      done = []
      current = stub()
      return taken
    },
    rest,
  }
}
