/** What one can do with a note: format, undo, pin, file, throw away; and who else is here. */
import type { Editor } from '@tiptap/react'
import { useEditorState } from '@tiptap/react'
import type { Notes } from './notes.ts'
import { People } from './people-here.tsx'
import { go, type Place } from './place.ts'
import { useLive } from './use-live.ts'
import type { OpenNote } from './use-note.ts'

interface Props {
  readonly notes: Notes
  readonly place: Place
  readonly note: OpenNote
  readonly editor: Editor | null
}

const STYLES = [
  { name: 'Bold', sign: 'B', on: 'bold', toggle: (editor: Editor) => editor.chain().focus().toggleBold().run() },
  { name: 'Italic', sign: 'I', on: 'italic', toggle: (editor: Editor) => editor.chain().focus().toggleItalic().run() },
  {
    name: 'Heading',
    sign: 'H',
    on: 'heading',
    toggle: (editor: Editor) => editor.chain().focus().toggleHeading({ level: 2 }).run(),
  },
  { name: 'List', sign: '•', on: 'bulletList', toggle: (editor: Editor) => editor.chain().focus().toggleBulletList().run() },
  { name: 'Quote', sign: '“', on: 'blockquote', toggle: (editor: Editor) => editor.chain().focus().toggleBlockquote().run() },
  { name: 'Code', sign: '‹›', on: 'codeBlock', toggle: (editor: Editor) => editor.chain().focus().toggleCodeBlock().run() },
] as const

export function NoteBar({ notes, place, note, editor }: Props) {
  const active = useEditorState({
    editor,
    selector: ({ editor: now }) => STYLES.map(style => now?.isActive(style.on) ?? false),
  })
  const discard = (): void => {
    note.delete()
    go({ list: place.list, note: undefined })
  }
  return (
    <div className="bar" role="toolbar" aria-label="Note">
      <button className="back" aria-label="Back to the list" onClick={() => go({ list: place.list, note: undefined })}>
        ‹
      </button>
      {STYLES.map((style, at) => (
        <button
          key={style.name}
          title={style.name}
          aria-label={style.name}
          aria-pressed={active?.[at] ?? false}
          onClick={() => editor !== null && style.toggle(editor)}
        >
          {style.sign}
        </button>
      ))}
      <i />
      <button title="Undo" aria-label="Undo" onClick={() => note.undo()}>
        ↶
      </button>
      <button title="Redo" aria-label="Redo" onClick={() => note.redo()}>
        ↷
      </button>
      <i />
      <button
        title={note.view.pinned ? 'Unpin' : 'Pin'}
        aria-label="Pin"
        aria-pressed={note.view.pinned}
        onClick={() => {
          const pinned = !note.view.pinned
          note.change(draft => {
            draft.pinned = pinned
          })
        }}
      >
        ◆
      </button>
      <FolderChoice notes={notes} note={note} />
      {note.view.$trash !== false ? null : (
        <button title="Move to the trash" aria-label="Move to the trash" onClick={discard}>
          ✕
        </button>
      )}
      <People note={note} />
    </div>
  )
}

function FolderChoice({ notes, note }: { readonly notes: Notes; readonly note: OpenNote }) {
  const folders = useLive(() => notes.space.folder.where({}).orderBy('name').limit(100), 'folders')
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
      {folders?.rows.map(folder => (
        <option key={folder.id} value={folder.id}>
          {folder.name}
        </option>
      ))}
    </select>
  )
}
