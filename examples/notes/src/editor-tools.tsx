/** The tools of an editor: styles of the selected words, undo and redo. */
import { type Editor, useEditorState } from '@tiptap/react'
import type { Writable } from './body.tsx'

const STYLES = [
  { name: 'Bold', sign: 'B', on: 'bold', toggle: (editor: Editor) => editor.chain().focus().toggleBold().run() },
  { name: 'Italic', sign: 'I', on: 'italic', toggle: (editor: Editor) => editor.chain().focus().toggleItalic().run() },
  {
    name: 'Heading',
    sign: 'H',
    on: 'heading',
    toggle: (editor: Editor) => editor.chain().focus().toggleHeading({ level: 2 }).run(),
  },
  {
    name: 'List',
    sign: '•',
    on: 'bulletList',
    toggle: (editor: Editor) => editor.chain().focus().toggleBulletList().run(),
  },
  {
    name: 'Quote',
    sign: '“',
    on: 'blockquote',
    toggle: (editor: Editor) => editor.chain().focus().toggleBlockquote().run(),
  },
  {
    name: 'Code',
    sign: '‹›',
    on: 'codeBlock',
    toggle: (editor: Editor) => editor.chain().focus().toggleCodeBlock().run(),
  },
] as const

interface Props {
  readonly editor: Editor | undefined
  readonly document: Writable
}

export function Tools({ editor, document }: Props) {
  return (
    <div className="tools">
      <Styles editor={editor} />
      <i />
      <History document={document} />
    </div>
  )
}

function Styles({ editor }: { readonly editor: Editor | undefined }) {
  const active = useEditorState({
    editor: editor ?? null,
    selector: ({ editor: now }) => STYLES.map(style => now?.isActive(style.on) ?? false),
  })
  return (
    <>
      {STYLES.map((style, at) => (
        <button
          key={style.name}
          className={`style-${style.on}`}
          title={style.name}
          aria-label={style.name}
          aria-pressed={active?.[at] ?? false}
          disabled={editor?.isEditable !== true}
          // The selection stays where it is.
          onMouseDown={event => event.preventDefault()}
          onClick={() => editor !== undefined && style.toggle(editor)}
        >
          {style.sign}
        </button>
      ))}
    </>
  )
}

function History({ document }: { readonly document: Writable }) {
  return (
    <>
      <button
        title="Undo"
        aria-label="Undo"
        onMouseDown={event => event.preventDefault()}
        onClick={() => document.undo()}
      >
        ↶
      </button>
      <button
        title="Redo"
        aria-label="Redo"
        onMouseDown={event => event.preventDefault()}
        onClick={() => document.redo()}
      >
        ↷
      </button>
    </>
  )
}
