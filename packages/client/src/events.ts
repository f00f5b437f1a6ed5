/** What happened, for an app that shows or logs it. */
import type { Code } from '@joinery/core'
import type { SpaceReport } from './link/space-report.ts'
import type { NewsDesk } from './news.ts'
import { signal } from './signal.ts'

export type ClientEvent =
  /** A round of sync began, came to its end with everything in step, or was broken off. */
  | { readonly type: 'started' }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly code: Code | undefined }
  /** Nothing is kept: storage could not be opened (CL-02). Or: what was stored is gone, and is read anew (CL-04). */
  | { readonly type: 'storage'; readonly code: 'STORAGE_UNAVAILABLE' | 'STORAGE_LOST' }
  | SpaceReport
  | { readonly type: 'logged-out' }

export interface Events {
  /** Returns what stops it. What happened before the first listener came is told to it. */
  subscribe(listener: (event: ClientEvent) => void): () => void
}

export interface EventDesk extends Events {
  emit(event: ClientEvent): void
}

export function eventDesk(news: NewsDesk): EventDesk {
  const happened = signal<ClientEvent>()
  let early: ClientEvent[] | undefined = []
  let wasSyncing = false

  const emit = (event: ClientEvent): void => {
    early?.push(event)
    happened.emit(event)
  }

  news.listen({
    report: ({ report }) => emit(report),
    link({ report: { syncing, live, code } }) {
      if (!wasSyncing && syncing) emit({ type: 'started' })
      if (wasSyncing && !syncing) emit(live ? { type: 'done' } : { type: 'failed', code: code ?? undefined })
      wasSyncing = syncing
    },
  })

  return {
    emit,
    subscribe(listener) {
      const stop = happened.listen(listener)
      const missed = early ?? []
      early = undefined
      for (const event of missed) listener(event)
      return stop
    },
  }
}
