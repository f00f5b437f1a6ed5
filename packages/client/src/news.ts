/**
 * What the tabs of a device tell each other, and the parts of one tab too. Laws: storage is the truth and news only say where to look;
 * they are told after the commit that they tell of. Lost news cost time and nothing else.
 */
import type { Code, Tabs } from '@joinery/core'
import type { Presence } from '@joinery/core/protocol'
import type { OutboxHead } from '@joinery/core/sync'
import type { LinkReport } from './link/report.ts'
import type { SpaceReport } from './link/space-report.ts'
import type { RowValue } from './replica/row.ts'
import { signal } from './signal.ts'

export type News =
  /** The log of these documents grew, up to `tail`. */
  | { readonly type: 'grown'; readonly space: string; readonly documents: readonly Grown[] }
  /** These documents began another life: whoever has one open reads it anew. */
  | { readonly type: 'rebuilt'; readonly space: string; readonly documents: readonly string[] }
  /** These are purged, or gone at the relay. */
  | { readonly type: 'gone'; readonly space: string; readonly documents: readonly string[] }
  | { readonly type: 'rows'; readonly space: string; readonly kind: string; readonly rows: readonly RowNews[] }
  /** Documents of this kind are found by other words than before. */
  | { readonly type: 'words'; readonly space: string; readonly kind: string }
  | { readonly type: 'outbox'; readonly space: string; readonly heads: readonly OutboxHead[] }
  /** These left the outbox: acked, or with the code for which they did not arrive. */
  | {
      readonly type: 'settled'
      readonly space: string
      readonly entries: readonly number[]
      readonly code: Code | null
    }
  /** Edits went on under another n. */
  | {
      readonly type: 'renamed'
      readonly space: string
      readonly from: readonly number[]
      readonly to: readonly number[]
    }
  /** Newer ones, told before, say what these said, and they left the outbox. */
  | { readonly type: 'replaced'; readonly space: string; readonly entries: readonly number[] }
  | { readonly type: 'shelf' }
  /** Row and words of this document are behind its log. `soon`: somebody may be looking at them. */
  | { readonly type: 'stale'; readonly space: string; readonly document: string; readonly soon: boolean }
  /** Storage begins to fail, or works again. */
  | { readonly type: 'storage' }
  /** The bodies of these documents are wanted here. `urgent`: somebody waits. */
  | { readonly type: 'wanted'; readonly space: string; readonly documents: Iterable<string>; readonly urgent?: boolean }
  /** A wanted body is not to be had. */
  | { readonly type: 'absent'; readonly space: string; readonly document: string; readonly code: Code }
  /** The person works on this document. */
  | { readonly type: 'focus'; readonly space: string; readonly document: string }
  /** The link, as the tab that holds it sees it; `ask` asks that tab to tell, `wake` to try at once. */
  | { readonly type: 'link'; readonly report: LinkReport }
  | { readonly type: 'ask'; readonly leads: boolean }
  | { readonly type: 'wake' }
  | { readonly type: 'report'; readonly report: SpaceReport }
  /** Sync now, and say whether it went. */
  | { readonly type: 'sync'; readonly id: string }
  | { readonly type: 'synced'; readonly id: string; readonly synced: boolean }
  /** What others show, as the link told; and a tab of this device, under its own name and nobody's. */
  | Presence
  /** The device goes by another name now. */
  | { readonly type: 'renamed-device'; readonly device: string }
  /** One more space is kept on this device. */
  | { readonly type: 'joined'; readonly space: string }
  /** A tab that knows a relay wants to lead. */
  | { readonly type: 'make-way' }
  /** The library is being deleted from this device. */
  | { readonly type: 'logout' }
  /** This tab is at its end; the last it hears. */
  | { readonly type: 'closed' }

export interface Grown {
  readonly document: string
  readonly tail: number
}

export interface RowNews {
  readonly document: string
  readonly row: RowValue | null
}

/** What is done about news, by its type. */
export type NewsHandlers = { readonly [T in News['type']]?: (news: Extract<News, { type: T }>) => void }

export interface NewsDesk {
  /** To all tabs, this one included. */
  tell(news: News): void
  /** To this tab alone: of what is not stored yet. */
  tellHere(news: News): void
  listen(handlers: NewsHandlers): () => void
  /** Tells this tab that it is `closed`, and nobody anything after. */
  close(): void
}

export function newsDesk(tabs: Tabs): NewsDesk {
  const heard = signal<News>()
  // Only tabs of this app and user hear each other, and they run this file; another version of it may say what this one does not know.
  const stop = tabs.listen(news => heard.emit(news as News))
  return {
    tell(news) {
      heard.emit(news)
      tabs.send(news)
    },
    tellHere: heard.emit,
    listen: handlers =>
      heard.listen(news => {
        const handle: ((news: never) => void) | undefined = handlers[news.type]
        handle?.(news as never)
      }),
    close() {
      heard.emit({ type: 'closed' })
      stop()
      heard.clear()
    },
  }
}
