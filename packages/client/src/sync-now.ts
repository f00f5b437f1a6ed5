/** "Sync now": everything that is edited here is at the relay, and everything that is there is here. */
import type { OpenDocuments } from './documents/open-documents.ts'
import { later } from './later.ts'
import type { Replica } from './replica/replica.ts'

/** After this nobody is going to answer: the tab that leads sleeps. */
const GIVE_UP_MS = 60_000

/** False when the relay could not be reached: nothing is lost by that. */
export async function syncNow({ news, clock, newId }: Replica, documents: OpenDocuments): Promise<boolean> {
  await documents.saved()
  const id = newId()
  const { promise, resolve } = later<boolean>()
  const cancel = clock.after(GIVE_UP_MS, () => resolve(false))
  const stop = news.listen({
    synced: item => {
      if (item.id === id) resolve(item.synced)
    },
    closed: () => resolve(false),
  })
  news.tell({ type: 'sync', id })
  const synced = await promise
  stop()
  cancel()
  return synced
}
