/** An open note: its bar, its title, its body; in the trash, the way back. */
import type { Editor } from '@tiptap/react'
import { useEffect, useMemo, useState, type ReactNode } from 'react'
import type { Begun } from './begun-page.tsx'
import { Body, useBody } from './body.tsx'
import { Closed } from './closed.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { pastOf, useNews } from './history.ts'
import { NoteBar } from './note-bar.tsx'
import { NoteTitle } from './note-title.tsx'
import type { Notes, OpenNote } from './notes.ts'
import { OldVersion } from './old-version.tsx'
import { go, type Place } from './place.ts'
import { useBegun } from './use-begun.ts'
import { useDocument } from './use-document.ts'
import { useVersions } from './version-list.ts'
import { when } from './when.ts'

interface Props {
  readonly notes: Notes
  readonly place: Place
  readonly id: string
  readonly begun: Begun | undefined
}

export function NoteSheet({ notes, place, id, begun }: Props) {
  const opened = useDocument(() => notes.space.note.open(id), id)
  if (opened.at === 'opening') return <div className="bar" />
  if (opened.at === 'closed') return <Closed place={place} opened={opened} />
  return <OpenSheet notes={notes} place={place} note={opened.handle} begun={begun} />
}

interface OpenProps {
  readonly notes: Notes
  readonly place: Place
  readonly note: OpenNote
  readonly begun: Begun | undefined
}

function OpenSheet({ notes, place, note, begun }: OpenProps) {
  const trashed = note.view.$trash !== false
  const editor = useBody({ document: note, field: 'body', name: notes.identity.user, editable: !trashed })
  const isWaiting = useBegun(begun, note, editor)
  const created = note.view.$created
  const [isHistoryOpen, openHistory] = useState(false)
  const page = isWaiting ? null : (
    <div className="page">
      <div>
        {trashed ? <InTrash notes={notes} note={note} /> : null}
        <NoteTitle note={note} isNew={begun !== undefined} onEnter={() => editor && enter(editor)} />
        <p className="meta">
          {created === undefined ? null : <span>Begun {when(created.at)}</span>}
          <AlsoEdited note={note} />
        </p>
        <Body editor={editor} />
      </div>
    </div>
  )
  return (
    <>
      <NoteBar
        notes={notes}
        place={place}
        note={note}
        editor={editor}
        isHistoryOpen={isHistoryOpen}
        onHistory={() => openHistory(!isHistoryOpen)}
      />
      {isHistoryOpen && !trashed ? (
        <WithHistory notes={notes} note={note} onClose={() => openHistory(false)}>
          {page}
        </WithHistory>
      ) : (
        page
      )}
    </>
  )
}

const SAID_MS = 6_000

interface WithHistoryProps {
  readonly notes: Notes
  readonly note: OpenNote
  /** The note as it is. */
  readonly children: ReactNode
  onClose(): void
}

/** The note, or an old version of it, and the list of them beside it. */
function WithHistory({ notes, note, children, onClose }: WithHistoryProps) {
  const past = useMemo(() => pastOf(notes, note), [notes, note])
  const news = useNews(notes, note)
  const list = useVersions(past, news)
  const [chosen, choose] = useState<number | undefined>(undefined)
  const [said, say] = useState('')
  const versions = list.shown.at === 'there' ? list.shown.versions : []
  const version = versions.find(({ seq }) => seq === chosen)
  useEffect(() => {
    const timer = setTimeout(() => say(''), SAID_MS)
    return () => clearTimeout(timer)
  }, [said])
  const restored = (): void => {
    choose(undefined)
    say('Restored. Undo takes it back.')
  }
  return (
    <div className="with-history">
      {version === undefined ? (
        children
      ) : (
        <OldVersion past={past} note={note} version={version} news={news} onRestored={restored} onNamed={list.again} />
      )}
      <HistoryPanel
        list={list}
        chosen={version?.seq}
        onChoose={seq => {
          say('')
          choose(seq)
        }}
        onClose={onClose}
      />
      {said === '' ? null : (
        <p className="said" role="status">
          {said}
        </p>
      )}
    </div>
  )
}

/** At once: Tiptap's own `focus` waits for a frame, in which letters would still go into the title. */
function enter(editor: Editor): void {
  editor.commands.setTextSelection(0)
  editor.view.focus()
}

function InTrash({ notes, note }: { readonly notes: Notes; readonly note: OpenNote }) {
  const purge = (): void => {
    if (!confirm('Delete this note for good, on all devices?')) return
    go({ list: { shelf: 'trash' }, note: undefined })
    void notes.space.trash.purge(note.id)
  }
  return (
    <div className="trash-note">
      <span>This note is in the trash.</span>
      <button onClick={() => void notes.space.trash.restore(note.id)}>Put back</button>
      <button className="danger" onClick={purge}>
        Delete for good
      </button>
    </div>
  )
}

/** What a title lost when two devices changed it at once: one tap brings it back. */
function AlsoEdited({ note }: { readonly note: OpenNote }) {
  const [lost] = note.losers('title')
  if (lost === undefined || lost.value === '' || lost.value === note.view.title) return null
  return (
    <span className="also">
      Also called “{lost.value}” elsewhere
      <button onClick={() => note.change(draft => void (draft.title = lost.value))}>Use that</button>
    </span>
  )
}
