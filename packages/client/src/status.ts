/**
 * How the replica stands, in terms a screen can show. Law C4: counted from what is stored each time, never kept beside it.
 */
import type { Code, StorageEstimate } from '@joinery/core'
import { NO_LINK, type LinkReason, type LinkReport, type Mode } from './link/report.ts'
import type { NewsDesk } from './news.ts'
import { keys } from './replica/layout.ts'
import type { Replica } from './replica/replica.ts'
import { signal } from './signal.ts'

export interface Status {
  /** `realtime` while a relay is connected. */
  readonly mode: Mode
  readonly connection: LinkReason
  /** Why, where there is a code for it. */
  readonly code: Code | undefined
  /** Whether something is on its way, either way. */
  readonly syncing: boolean
  /** When everything was last known to be in step, in ms since 1970. */
  readonly lastSync: number | undefined
  /** Edits that the relay has not acked. */
  readonly pending: number
  /** Those of them that it cannot take yet. */
  readonly failed: number
  /** Edits that it refused for good, to be looked at. */
  readonly shelf: number
  /** `partial` while documents are still being filled in. */
  readonly replica: 'partial' | 'complete'
  readonly storage: StorageStatus
  /** Whether the app can be closed now without losing an edit. */
  readonly safeToClose: boolean
}

export interface StorageStatus extends StorageEstimate {
  /** Nothing is kept when the app closes: the device lets nothing be stored. */
  readonly degraded: boolean
  /** Why edits cannot be written at the moment. */
  readonly failing: Code | undefined
}

export interface StatusDesk {
  get(): Status
  /** Calls at once, and whenever it changes. Returns what stops it. */
  subscribe(listener: (status: Status) => void): () => void
}

export interface StatusSource {
  readonly replica: Replica
  readonly spaces: () => readonly string[]
  readonly degraded: boolean
  readonly unsaved: () => boolean
  readonly complete: (space: string) => boolean
}

export function statusDesk(news: NewsDesk, source: StatusSource): StatusDesk & { refresh(): void; close(): void } {
  const { replica, spaces } = source
  const changed = signal<Status>()
  let link: LinkReport = NO_LINK
  let counted = { pending: 0, shelf: 0, lastSync: undefined as number | undefined }
  let estimate: StorageEstimate = { usage: undefined, quota: undefined, persisted: false }
  let current = compose()
  let counting = false
  let again = false
  let closed = false

  function compose(): Status {
    const failing = replica.writer.failing()
    const unsaved = source.unsaved()
    return {
      mode: link.mode,
      connection: link.reason,
      code: link.code ?? undefined,
      syncing: link.syncing,
      lastSync: counted.lastSync,
      pending: counted.pending,
      failed: link.heldBack,
      shelf: counted.shelf,
      replica: spaces().every(space => source.complete(space)) ? 'complete' : 'partial',
      storage: { ...estimate, degraded: source.degraded, failing },
      safeToClose: !unsaved && (!source.degraded || counted.pending === 0),
    }
  }

  const tell = (): void => {
    const next = compose()
    if (JSON.stringify(next) === JSON.stringify(current)) return
    current = next
    changed.emit(current)
  }

  const count = async (): Promise<void> => {
    again = true
    if (counting) return
    counting = true
    while (again && !closed) {
      again = false
      try {
        counted = await replica.read(async tx => {
          const counts = await Promise.all(spaces().map(space => tx.count('outbox', { prefix: keys.outboxOf(space) })))
          const lastSync = (await tx.get('meta', keys.lastSync)) as number | undefined
          return { pending: counts.reduce((a, b) => a + b, 0), shelf: await tx.count('shelf', {}), lastSync }
        })
        estimate = await replica.storage.estimate()
      } catch {
        // It says so itself, in `failing`.
      }
      tell()
    }
    counting = false
  }

  const stop = news.listen(item => {
    if (item.type === 'link') {
      link = item.report
      tell()
    }
    if (item.type === 'outbox' || item.type === 'settled' || item.type === 'shelf' || item.type === 'link') void count()
    // An edit has been made and is not written yet, or cannot be.
    if (item.type === 'rows' || item.type === 'storage') tell()
  })
  void count()

  return {
    get: () => {
      tell()
      return current
    },
    subscribe(listener) {
      listener(current)
      return changed.listen(listener)
    },
    refresh: () => void count(),
    close() {
      closed = true
      stop()
    },
  }
}
