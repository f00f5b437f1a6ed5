/** What one can do with a note: format, undo, pin, file, throw away; and who else is here. */
import type { Editor } from '@tiptap/react'
import { Tools } from './editor-tools.tsx'
import type { Notes, OpenNote } from './notes.ts'
import { People } from './people-here.tsx'
import { go, type Place } from './place.ts'
import { useLive } from './use-live.ts'

interface Props {
  readonly notes: Notes
  readonly place: Place
  readonly note: OpenNote
  readonly editor: Editor | undefined
  readonly isHistoryOpen: boolean
  onHistory(): void
}

export function NoteBar({ notes, place, note, editor, isHistoryOpen, onHistory }: Props) {
  const discard = (): void => {
    note.delete()
    go({ list: place.list, note: undefined })
  }
  return (
    <div className="bar" role="toolbar" aria-label="Note">
      <button className="back" aria-label="Back to the list" onClick={() => go({ list: place.list, note: undefined })}>
        ‹
      </button>
      {note.view.$trash !== false ? null : (
        <>
          <Tools editor={editor} document={note} />
          <i className="after-tools" />
          <PinButton note={note} />
          <FolderChoice notes={notes} note={note} />
          <button title="History" aria-label="History" aria-pressed={isHistoryOpen} onClick={onHistory}>
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4M12 8v4.5l3 1.8" />
            </svg>
          </button>
          <button title="Move to the trash" aria-label="Move to the trash" onClick={discard}>
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5" />
            </svg>
          </button>
        </>
      )}
      <People document={note} />
    </div>
  )
}

function PinButton({ note }: { readonly note: OpenNote }) {
  const { pinned } = note.view
  return (
    <button
      title={pinned ? 'Unpin' : 'Pin'}
      aria-label="Pin"
      aria-pressed={pinned}
      onClick={() => note.change(draft => void (draft.pinned = !pinned))}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M9 4h6l-1 6 4 3v2H6v-2l4-3zM12 15v6" />
      </svg>
    </button>
  )
}

function FolderChoice({ notes, note }: { readonly notes: Notes; readonly note: OpenNote }) {
  const folders = useLive(() => notes.space.folder.where({}).orderBy('name').limit(100), 'folders')
  if (folders === undefined || folders.rows.length === 0) return null
  return (
    <select
      aria-label="Folder"
      value={note.view.folder ?? ''}
      onChange={event => {
        const folder = event.currentTarget.value === '' ? null : event.currentTarget.value
        note.change(draft => {
          draft.folder = folder
        })
      }}
    >
      <option value="">No folder</option>
      {folders.rows.map(folder => (
        <option key={folder.id} value={folder.id}>
          {folder.name}
        </option>
      ))}
    </select>
  )
}
