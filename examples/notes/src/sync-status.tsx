/** How the syncing goes, in words a person uses. A tap syncs now. */
import type { Notes } from './notes.ts'
import { useLive } from './use-live.ts'
import { when } from './when.ts'

type Status = ReturnType<Notes['client']['status']['get']>

export function SyncStatus({ notes }: { readonly notes: Notes }) {
  const status = useLive(() => notes.client.status, 'status') ?? notes.client.status.get()
  const { mood, headline, detail } = say(status)
  return (
    <button className="sync" data-mood={mood} title="Sync now" onClick={() => void notes.client.syncNow()}>
      <i className="dot" />
      <div role="status">
        <strong>{headline}</strong>
        <span>{detail}</span>
      </div>
    </button>
  )
}

interface Words {
  readonly mood: 'good' | 'busy' | 'warn' | 'idle'
  readonly headline: string
  readonly detail: string
}

/** What a status means to the person. */
export function say(status: Status): Words {
  const waiting = status.pending === 1 ? '1 edit' : `${status.pending} edits`
  if (status.storage.degraded) {
    return { mood: 'warn', headline: 'Not kept on this device', detail: 'This browser does not let the app store notes.' }
  }
  if (status.shelf > 0) {
    return { mood: 'warn', headline: 'Some edits need you', detail: `${status.shelf} could not be saved to the server.` }
  }
  if (status.connection !== 'live') {
    const kept = status.pending === 0 ? 'Everything is on this device.' : `${waiting} safe on this device.`
    return status.connection === 'needs-auth'
      ? { mood: 'warn', headline: 'Signed out', detail: kept }
      : { mood: 'idle', headline: status.connection === 'connecting' ? 'Connecting …' : 'Offline', detail: kept }
  }
  if (status.pending > 0) return { mood: 'busy', headline: 'Saving …', detail: `${waiting} on the way.` }
  return {
    mood: 'good',
    headline: 'All saved',
    detail: status.lastSync === undefined ? 'On every device.' : `Last sync ${when(status.lastSync)}`,
  }
}
