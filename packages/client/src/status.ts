/**
 * How the replica stands, in terms a screen can show. Law C4: counted from what is stored each time, never kept beside it.
 */
import type { Code, StorageEstimate } from '@joinery/core'
import { NO_LINK, type LinkReason, type LinkReport, type Mode } from './link/report.ts'
import { keys, positionOf, type OutboxRecord } from './replica/layout.ts'
import { repeated } from './repeated.ts'
import type { Replica } from './replica/replica.ts'
import { signal } from './signal.ts'

export interface Status {
  /** `realtime` while a relay is connected, `polling` where that is possible over HTTP only. */
  readonly mode: Mode
  readonly connection: LinkReason
  /** Why, where there is a code for it. */
  readonly code: Code | undefined
  /** Whether something is on its way, either way. */
  readonly syncing: boolean
  /** When the relay was last heard or answered, in ms since 1970. */
  readonly lastSync: number | undefined
  /** Edits that the relay has not acked. */
  readonly pending: number
  /** When the oldest of them was made, in ms since 1970: what a device alone holds for weeks is worth a warning (CL-03). */
  readonly pendingSince: number | undefined
  /** Documents of which it cannot take the edits yet. */
  readonly failed: number
  /** Edits that it refused for good, to be looked at: how many documents. */
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

export interface Standing extends StatusDesk {
  /** Whether everything of a space is on this device, as far as it knows: what makes a list `complete`, or still `partial`. */
  complete(space: string): boolean
  /** Whether the relay can be asked for what is not here. */
  reachable(): boolean
  refresh(): Promise<void>
}

export interface StandingParts {
  readonly replica: Replica
  readonly spaces: ReadonlySet<string>
  readonly degraded: boolean
  /** Whether there is a relay that may have more. */
  linked(): boolean
  unsaved(): boolean
}

export function standing({ replica, spaces, degraded, linked, unsaved }: StandingParts): Standing {
  const changed = signal<Status>()
  let link: LinkReport = NO_LINK
  /** Spaces that are still being filled in, by what is stored. */
  let partial: readonly string[] = [...spaces]
  let counted: Pick<Status, 'pending' | 'pendingSince' | 'shelf' | 'lastSync'> = {
    pending: 0,
    pendingSince: undefined,
    shelf: 0,
    lastSync: undefined,
  }
  let estimate: StorageEstimate = { usage: undefined, quota: undefined, persisted: false }

  // Whoever leads knows better: rows follow their bodies.
  const complete = (space: string): boolean =>
    !linked() || !(link.reason === 'no-relay' ? partial : link.filling).includes(space)

  const compose = (): Status => ({
    mode: link.mode,
    connection: link.reason,
    code: link.code ?? undefined,
    syncing: link.syncing,
    ...counted,
    failed: link.heldBack,
    replica: [...spaces].every(complete) ? 'complete' : 'partial',
    storage: { ...estimate, degraded, failing: replica.writer.failing() },
    safeToClose: !unsaved() && (!degraded || counted.pending === 0),
  })
  let current = compose()

  const tell = (): void => {
    const next = compose()
    if (JSON.stringify(next) === JSON.stringify(current)) return
    current = next
    changed.emit(current)
  }

  const refresh = repeated(async () => {
    try {
      await replica.read(async tx => {
        let pending = 0
        let pendingSince: number | undefined
        const filling: string[] = []
        for (const space of spaces) {
          pending += await tx.count('outbox', { prefix: [space] })
          for (const { value } of await tx.range('outbox', { prefix: [space], limit: 1 })) {
            const { edited } = value as OutboxRecord
            pendingSince = Math.min(pendingSince ?? edited, edited)
          }
          if (positionOf(await tx.get('meta', keys.position(space))).fill !== undefined) filling.push(space)
        }
        const lastSync = (await tx.get('meta', keys.lastSync)) as number | undefined
        counted = { pending, pendingSince, shelf: await tx.count('shelf', {}), lastSync }
        partial = filling
      })
      estimate = await replica.storage.estimate()
    } finally {
      tell()
    }
  })

  replica.news.listen({
    link({ report }) {
      link = report
      tell()
      void refresh()
    },
    outbox: refresh,
    settled: refresh,
    shelf: refresh,
    // An edit has been made and is not written yet, or has just been: it is counted before anything says that nothing is pending.
    rows: () => (unsaved() ? tell() : refresh()),
    storage: tell,
  })

  return {
    get() {
      tell()
      return current
    },
    subscribe(listener) {
      listener(current)
      return changed.listen(listener)
    },
    complete,
    reachable: () => link.mode !== 'offline' || link.reason === 'connecting',
    refresh,
  }
}
