/**
 * A rich text: Tiptap bound to the document's own Yjs fragment, with everyone's carets. Laws: undo is the document's own, by button and by
 * key, so that it never takes back somebody else's words; the editor is bound anew when the document is another one (`Handle.y`).
 */
import { awarenessOf, type Shared } from '@joinery/adapters/editors/awareness'
import Collaboration from '@tiptap/extension-collaboration'
import CollaborationCaret from '@tiptap/extension-collaboration-caret'
import { type CommandProps, type Editor, EditorContent, useEditor, useEditorState } from '@tiptap/react'
import StarterKit from '@tiptap/starter-kit'
import { ySyncPlugin } from '@tiptap/y-tiptap'
import { useEffect, useState } from 'react'
import { colourOf } from './people.ts'

/** What is asked of an opened document. */
export interface Writable extends Shared {
  undo(): boolean
  redo(): boolean
}

type Awareness = ReturnType<typeof awarenessOf>

interface Binding {
  readonly document: Writable
  /** The name of the rich text in it. */
  readonly field: string
  /** Whose caret this is. */
  readonly name: string
  readonly editable: boolean
}

/** The editor, undefined until it is bound. */
export function useBody({ document, field, name, editable }: Binding): Editor | undefined {
  const { y } = document
  const [shown, show] = useState<{ readonly y: Writable['y']; readonly awareness: Awareness } | undefined>(undefined)
  useEffect(() => {
    const fresh = awarenessOf(document)
    show({ y, awareness: fresh })
    return () => fresh.destroy()
  }, [document, y])
  const awareness = shown?.y === y ? shown.awareness : undefined
  const editor = useEditor(
    {
      editable,
      editorProps: { attributes: { 'aria-label': 'Body', 'role': 'textbox', 'aria-multiline': 'true' } },
      extensions: [
        StarterKit.configure({ undoRedo: false, link: { openOnClick: false } }),
        bound(document, field),
        ...(awareness === undefined
          ? []
          : [CollaborationCaret.configure({ provider: { awareness }, user: { name, color: colourOf(name) } })]),
      ],
    },
    [document, y, field, editable, awareness],
  )
  return awareness === undefined ? undefined : editor
}

export function Body({ editor }: { readonly editor: Editor | undefined }) {
  const invites = useEditorState({
    editor: editor ?? null,
    selector: ({ editor: now }) => now !== null && now.isEditable && now.isEmpty,
  })
  return editor === undefined ? (
    <div className="tiptap" />
  ) : (
    <EditorContent editor={editor} data-invites={invites === true} />
  )
}

/** Tiptap's collaboration without its second history: that one would not know what was edited beside the text. */
function bound(document: Writable, field: string) {
  return Collaboration.extend({
    addCommands: () => ({
      undo: () => step(() => document.undo()),
      redo: () => step(() => document.redo()),
    }),
    addProseMirrorPlugins: () => [ySyncPlugin(document.y.getXmlFragment(field))],
  })
}

/** A command that edits the document itself: the editor hears of it as of any other edit, and its own transaction is left alone. */
function step(take: () => boolean) {
  return ({ tr, dispatch }: CommandProps): boolean => {
    tr.setMeta('preventDispatch', true)
    return dispatch === undefined || take()
  }
}
