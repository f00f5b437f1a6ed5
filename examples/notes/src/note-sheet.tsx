/** An open note: its bar, its title, its body; in the trash, the way back. */
import { NoteBar } from './note-bar.tsx'
import { NoteBody, useBodyEditor } from './note-body.tsx'
import { NoteTitle } from './note-title.tsx'
import type { Notes } from './notes.ts'
import { go, type Place } from './place.ts'
import { type OpenNote, useNote } from './use-note.ts'
import { when } from './when.ts'

interface Props {
  readonly notes: Notes
  readonly place: Place
  readonly id: string
}

export function NoteSheet({ notes, place, id }: Props) {
  const note = useNote(notes, id)
  return note === undefined ? <p className="hint">Opening …</p> : <OpenSheet notes={notes} place={place} note={note} />
}

function OpenSheet({ notes, place, note }: { readonly notes: Notes; readonly place: Place; readonly note: OpenNote }) {
  const editor = useBodyEditor(notes, note)
  const created = note.view.$created
  return (
    <>
      <NoteBar notes={notes} place={place} note={note} editor={editor} />
      <div className="page">
        <div>
          {note.view.$trash !== false ? <InTrash notes={notes} note={note} /> : null}
          <NoteTitle note={note} onEnter={() => editor?.commands.focus('start')} />
          <p className="meta">
            {created === undefined ? null : <span>Begun {when(created.at)}</span>}
            <AlsoEdited note={note} />
          </p>
          <NoteBody editor={editor} />
        </div>
      </div>
    </>
  )
}

function InTrash({ notes, note }: { readonly notes: Notes; readonly note: OpenNote }) {
  const purge = (): void => {
    if (!confirm('Delete this note for good, on all devices?')) return
    void notes.space.trash.purge(note.id)
    go({ list: { shelf: 'trash' }, note: undefined })
  }
  return (
    <div className="trash-note">
      This note is in the trash.
      <button onClick={() => void notes.space.trash.restore(note.id)}>Put back</button>
      <button onClick={purge}>Delete for good</button>
    </div>
  )
}

/** What a title lost when two devices changed it at once: one tap brings it back. */
function AlsoEdited({ note }: { readonly note: OpenNote }) {
  const [lost] = note.losers('title')
  if (lost === undefined || lost.value === note.view.title) return null
  return (
    <span className="also">
      Also called “{lost.value}” elsewhere
      <button onClick={() => note.change(draft => void (draft.title = lost.value))}>Use that</button>
    </span>
  )
}
