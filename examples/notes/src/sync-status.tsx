/** How the syncing goes, in words a person uses. A tap syncs now. */
import { useEffect, useReducer } from 'react'
import type { Notes } from './notes.ts'
import { useLive } from './use-live.ts'
import { ago } from './when.ts'

type Status = ReturnType<Notes['client']['status']['get']>

/** “5 minutes ago” is looked at again this often, in ms. */
const LOOK_AGAIN = 30_000

interface Props {
  readonly notes: Notes
  /** Something that was typed is in no note yet. */
  readonly isHolding: boolean
}

export function SyncStatus({ notes, isHolding }: Props) {
  const status = useLive(() => notes.client.status, 'status') ?? notes.client.status.get()
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    const timer = setInterval(redraw, LOOK_AGAIN)
    return () => clearInterval(timer)
  }, [])
  const safeToClose = status.safeToClose && !isHolding
  useEffect(() => (safeToClose ? undefined : askBeforeLeaving()), [safeToClose])
  const { mood, headline, detail } = say({ ...status, safeToClose })
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

/** The browser asks whoever closes the page whether he means it. */
function askBeforeLeaving(): () => void {
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
  addEventListener('beforeunload', ask)
  return () => removeEventListener('beforeunload', ask)
}

interface Words {
  readonly mood: 'good' | 'busy' | 'warn' | 'idle'
  readonly headline: string
  readonly detail: string
}

/** What to say while the relay is not reached, for each reason; undefined while it is. */
const AWAY: { readonly [R in Status['connection']]: Omit<Words, 'detail'> | undefined } = {
  'live': undefined,
  'polling': undefined,
  'no-relay': { mood: 'idle', headline: 'On this device' },
  'offline': { mood: 'idle', headline: 'Offline' },
  'waiting': { mood: 'idle', headline: 'Offline' },
  'stopped': { mood: 'idle', headline: 'Offline' },
  'connecting': { mood: 'idle', headline: 'Connecting …' },
  'needs-auth': { mood: 'warn', headline: 'Signed out' },
  'wrong-account': { mood: 'warn', headline: 'Another account' },
  'insecure-url': { mood: 'warn', headline: 'Not a safe address' },
  'too-old': { mood: 'warn', headline: 'Reload to update' },
}

/** What a status means to the person. */
function say(status: Status): Words {
  const waiting = status.pending === 1 ? '1 edit' : `${status.pending} edits`
  if (status.storage.degraded) {
    return {
      mood: 'warn',
      headline: 'Not kept on this device',
      detail: 'This browser does not let the app store notes.',
    }
  }
  if (status.storage.failing !== undefined) {
    return {
      mood: 'warn',
      headline: 'Cannot save',
      detail: 'This device has no room for your last edits. Keep this page open.',
    }
  }
  const away = AWAY[status.connection]
  if (away !== undefined) {
    if (!status.safeToClose) return { ...away, detail: 'Keeping what you wrote …' }
    return {
      ...away,
      detail: status.pending === 0 ? 'Everything is on this device.' : `${waiting} safe on this device.`,
    }
  }
  if (status.pending > 0) return { mood: 'busy', headline: 'Saving …', detail: `${waiting} on the way.` }
  if (!status.safeToClose) return { mood: 'busy', headline: 'Saving …', detail: 'Keeping what you wrote.' }
  return {
    mood: 'good',
    headline: 'All saved',
    detail: status.lastSync === undefined ? 'On all your devices.' : `In step ${ago(status.lastSync)}.`,
  }
}
