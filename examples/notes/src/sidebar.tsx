/** Where notes are: all, pinned, folders, trash; and how the syncing goes. */
import { useRef, useState } from 'react'
import type { Notes } from './notes.ts'
import { go, type Place, type Shelf } from './place.ts'
import { SyncStatus } from './sync-status.tsx'
import { useLive } from './use-live.ts'

interface Props {
  readonly notes: Notes
  readonly place: Place
  /** Something that was typed is in no note yet. */
  readonly isHolding: boolean
}

export function Sidebar({ notes, place, isHolding }: Props) {
  const folders = useLive(() => notes.space.folder.where({}).orderBy('name').limit(100), 'folders')
  const status = useLive(() => notes.client.status, 'status')
  const [naming, name] = useState(false)
  return (
    <nav className="side" aria-label="Places">
      <h1>
        <img src="/icon.svg" alt="" />
        <span>{notes.identity.space === undefined ? 'Notes' : `Notes · ${notes.identity.space}`}</span>
      </h1>
      <PlaceLink place={place} to={{ shelf: 'all' }} name="All notes" />
      <PlaceLink place={place} to={{ shelf: 'pinned' }} name="Pinned" />
      <PlaceLink place={place} to={{ shelf: 'reviews' }} name="Daily reviews" />
      <h2>
        Folders
        <button aria-label="New folder" title="New folder" onClick={() => name(true)}>
          +
        </button>
      </h2>
      {folders?.rows.map(folder => (
        <PlaceLink key={folder.id} place={place} to={{ shelf: 'folder', folder: folder.id }} name={folder.name} />
      ))}
      {naming ? <NewFolder notes={notes} onEnd={() => name(false)} /> : null}
      <div className="spring" />
      {status !== undefined && status.shelf > 0 ? (
        <PlaceLink place={place} to={{ shelf: 'needs-you' }} name={`Edits that need you (${status.shelf})`} />
      ) : null}
      <PlaceLink place={place} to={{ shelf: 'trash' }} name="Trash" />
      <SyncStatus notes={notes} isHolding={isHolding} />
      <SignOut notes={notes} />
    </nav>
  )
}

function NewFolder({ notes, onEnd }: { readonly notes: Notes; onEnd(): void }) {
  const [name, type] = useState('')
  // The field also loses the focus when it goes.
  const ended = useRef(false)
  const make = (): void => {
    if (ended.current) return
    ended.current = true
    onEnd()
    if (name.trim() === '') return
    const { id } = notes.space.folder.create({ name: name.trim() })
    go({ list: { shelf: 'folder', folder: id }, note: undefined })
  }
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        make()
      }}
    >
      <input
        className="naming"
        aria-label="Name of the folder"
        placeholder="Name, then Enter"
        maxLength={200}
        autoFocus
        value={name}
        onChange={event => type(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key !== 'Escape') return
          ended.current = true
          onEnd()
        }}
        onBlur={make}
      />
    </form>
  )
}

function PlaceLink(props: { readonly place: Place; readonly to: Shelf; readonly name: string }) {
  const { list } = props.place
  const here =
    list.shelf === props.to.shelf &&
    (list.shelf !== 'folder' || props.to.shelf !== 'folder' || list.folder === props.to.folder)
  return (
    <button className="place" aria-current={here} onClick={() => go({ list: props.to, note: undefined })}>
      {props.name}
    </button>
  )
}

function SignOut({ notes }: { readonly notes: Notes }) {
  const leave = async (): Promise<void> => {
    const { pending } = notes.client.status.get()
    if (pending > 0 && !confirm(`${pending} edits are only on this device and would be lost. Sign out?`)) return
    await notes.signOut()
  }
  return (
    <button
      className="who"
      title="Removes all notes from this browser"
      aria-label="Sign out"
      onClick={() => void leave()}
    >
      {notes.identity.user} · sign out
    </button>
  )
}
