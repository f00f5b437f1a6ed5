/** What was typed while a note was opened, given to it as soon as it has an editor. */
import type { Editor } from '@tiptap/react'
import { useLayoutEffect, useRef } from 'react'
import type { Begun } from './begun-page.tsx'
import { parted } from './new-notes.ts'
import type { OpenNote } from './notes.ts'

/** Whether the note still waits to be given it. */
export function useBegun(begun: Begun | undefined, note: OpenNote, editor: Editor | undefined): boolean {
  const typed = begun?.typed
  const body = useRef<readonly string[]>([])
  useLayoutEffect(() => {
    if (begun === undefined || editor === undefined || begun.isComposing) return
    if (typed !== undefined) {
      const { title, body: lines } = parted(typed)
      body.current = lines
      if (title !== '') note.change(draft => void (draft.title = title))
      begun.onTaken()
    } else if (body.current.length > 0) {
      // The editor is on the page by now.
      const paragraphs = body.current.map(text => ({
        type: 'paragraph',
        content: text === '' ? [] : [{ type: 'text', text }],
      }))
      body.current = []
      editor.commands.insertContent(paragraphs)
      editor.view.focus()
    }
  }, [typed, editor, begun?.isComposing])
  return typed !== undefined
}
