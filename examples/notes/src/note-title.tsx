/** The title: one field, the last writer wins, and what it lost stays reachable. */
import type { OpenNote } from './use-note.ts'

export function NoteTitle({ note, onEnter }: { readonly note: OpenNote; onEnter(): void }) {
  return (
    <input
      className="title"
      aria-label="Title"
      placeholder="Untitled"
      value={note.view.title}
      autoFocus={note.view.title === ''}
      onChange={event => {
        const title = event.currentTarget.value
        note.change(draft => {
          draft.title = title
        })
      }}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          event.preventDefault()
          onEnter()
        }
      }}
    />
  )
}
