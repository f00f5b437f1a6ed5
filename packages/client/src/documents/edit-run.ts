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

export interface EditRun {
  /** Takes an update that the document made. */
  add(update: Uint8Array): void
  /** Before something from elsewhere is applied. */
  interrupt(): void
  /** After it was. */
  resume(): void
  empty(): boolean
  /** The stub of the edit that is being made, or was last made. */
  stub(): Stub
  /** All that waits, and the stub for it. What is added from now on waits anew. */
  take(): { readonly updates: readonly Uint8Array[]; readonly stub: Stub } | undefined
}

export function editRun(doc: EngineDocument): EditRun {
  let done: Uint8Array[] = []
  let run: Uint8Array[] = []
  let since = doc.version()
  let current = stub()

  const close = (): void => {
    const bytes = run.reduce((sum, update) => sum + update.length, 0)
    const whole = run.length >= MANY ? doc.encode(since) : undefined
    if (whole !== undefined && whole.length < bytes) done.push(whole)
    else done.push(...run)
    run = []
  }

  return {
    add: update => void run.push(update),
    interrupt: close,
    resume() {
      since = doc.version()
    },
    empty: () => done.length === 0 && run.length === 0,
    stub: () => current,
    take() {
      close()
      since = doc.version()
      if (done.length === 0) return undefined
      const taken = { updates: done, stub: current }
      done = []
      current = stub()
      return taken
    },
  }
}
