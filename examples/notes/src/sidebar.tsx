/** Where notes are: all, pinned, folders, trash; and how the syncing goes. */
import type { Notes } from './notes.ts'
import { go, type Place, type Shelf } from './place.ts'
import { SyncStatus } from './sync-status.tsx'
import { useLive } from './use-live.ts'

export function Sidebar({ notes, place }: { readonly notes: Notes; readonly place: Place }) {
  const folders = useLive(() => notes.space.folder.where({}).orderBy('name').limit(100), 'folders')
  const addFolder = (): void => {
    const name = prompt('Name of the folder')?.trim()
    if (name === undefined || name === '') return
    const { id } = notes.space.folder.create({ name })
    go({ list: { shelf: 'folder', folder: id }, note: undefined })
  }
  return (
    <nav className="side" aria-label="Places">
      <h1>
        <img src="/icon.svg" alt="" />
        <span>{notes.identity.space === undefined ? 'Notes' : `Notes · ${notes.identity.space}`}</span>
      </h1>
      <PlaceLink place={place} to={{ shelf: 'all' }} name="All notes" />
      <PlaceLink place={place} to={{ shelf: 'pinned' }} name="Pinned" />
      <h2>
        Folders
        <button aria-label="New folder" onClick={addFolder}>
          +
        </button>
      </h2>
      {folders?.rows.map(folder => (
        <PlaceLink key={folder.id} place={place} to={{ shelf: 'folder', folder: folder.id }} name={folder.name} />
      ))}
      <div className="spring" />
      <PlaceLink place={place} to={{ shelf: 'trash' }} name="Trash" />
      <SyncStatus notes={notes} />
      <SignOut notes={notes} />
    </nav>
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
    <button className="who" title="Removes all notes from this browser" aria-label="Sign out" onClick={() => void leave()}>
      {notes.identity.user} · sign out
    </button>
  )
}
