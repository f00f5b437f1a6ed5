/** "Sync now": everything that is edited here is at the relay, and everything that is there is here. */
import type { OpenDocuments } from './documents/open-documents.ts'
import type { Replica } from './replica/replica.ts'

/** After this nobody is going to answer: the tab that leads sleeps. */
const GIVE_UP_MS = 60_000

export interface SyncDesk {
  /** False when the relay could not be reached: nothing is lost by that. */
  now(): Promise<boolean>
  close(): void
}

export function syncDesk(replica: Replica, documents: OpenDocuments): SyncDesk {
  const { news, clock } = replica
  const waiting = new Map<string, (synced: boolean) => void>()
  const stop = news.listen({ synced: ({ id, synced }) => waiting.get(id)?.(synced) })
  return {
    async now() {
      await documents.saved()
      const id = replica.newId()
      return new Promise(resolve => {
        const cancel = clock.after(GIVE_UP_MS, () => waiting.get(id)?.(false))
        waiting.set(id, synced => {
          waiting.delete(id)
          cancel()
          resolve(synced)
        })
        news.tell({ type: 'sync', id })
      })
    },
    close() {
      stop()
      for (const tell of waiting.values()) tell(false)
    },
  }
}
