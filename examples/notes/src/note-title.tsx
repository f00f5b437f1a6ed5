/** The title: one field, the last writer wins, and what it lost stays reachable. It grows with a long one. */
import { useLayoutEffect, useReducer, useRef } from 'react'
import { TITLE_MAX } from './new-notes.ts'
import type { OpenNote } from './notes.ts'

interface Props {
  readonly note: OpenNote
  /** Begun just now: it waits for its title. */
  readonly isNew: boolean
  onEnter(): void
}

export function NoteTitle({ note, isNew, onEnter }: Props) {
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    // Behind what was typed before it was here.
    if (isNew) field.current?.setSelectionRange(note.view.title.length, note.view.title.length)
  }, [])
  return (
    <textarea
      ref={field}
      className="title"
      rows={1}
      aria-label="Title"
      placeholder="Untitled"
      maxLength={TITLE_MAX}
      readOnly={note.view.$trash !== false}
      value={note.view.title}
      autoFocus={isNew}
      onChange={event => {
        const title = event.currentTarget.value.replace(/\s*\n\s*/g, ' ')
        note.change(draft => {
          draft.title = title
        })
        // At once, so that the place one types at does not jump.
        redraw()
      }}
      onKeyDown={event => {
        // Enter that ends a composed word is not the end of the title.
        if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
        event.preventDefault()
        onEnter()
      }}
    />
  )
}
