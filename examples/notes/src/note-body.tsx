/** The body: Tiptap bound to the note's own Yjs fragment, with everyone's carets. */
import { awarenessOf } from '@joinery/adapters/editors/awareness'
import Collaboration from '@tiptap/extension-collaboration'
import CollaborationCaret from '@tiptap/extension-collaboration-caret'
import { type Editor, EditorContent, useEditor } from '@tiptap/react'
import StarterKit from '@tiptap/starter-kit'
import { useEffect, useMemo } from 'react'
import { colourOf } from './people.ts'
import type { Notes } from './notes.ts'
import type { OpenNote } from './use-note.ts'

/** The editor of a note, for as long as the note is open. */
export function useBodyEditor(notes: Notes, note: OpenNote): Editor | null {
  const awareness = useMemo(() => awarenessOf(note), [note, note.y])
  useEffect(() => () => awareness.destroy(), [awareness])
  return useEditor(
    {
      editable: note.view.$trash === false,
      editorProps: { attributes: { 'aria-label': 'Body', 'role': 'textbox' } },
      extensions: [
        // Undo is the note's own, so that it never takes back somebody else's words.
        StarterKit.configure({ undoRedo: false }),
        Collaboration.configure({ fragment: note.y.getXmlFragment('body') }),
        CollaborationCaret.configure({
          provider: { awareness },
          user: { name: notes.identity.user, color: colourOf(notes.identity.user) },
        }),
      ],
    },
    [note, note.y, note.view.$trash === false],
  )
}

export function NoteBody({ editor }: { readonly editor: Editor | null }) {
  return <EditorContent editor={editor} />
}
