/** Three panes on a desk, one at a time on a phone: places, the list, the note. */
import { useCallback, useState } from 'react'
import { NoteList } from './note-list.tsx'
import { NoteSheet } from './note-sheet.tsx'
import type { Notes } from './notes.ts'
import { go, usePlace } from './place.ts'
import { Sidebar } from './sidebar.tsx'

export function App({ notes }: { readonly notes: Notes }) {
  const place = usePlace()
  const [search, setSearch] = useState('')
  const create = useCallback(() => {
    const folder = place.list.shelf === 'folder' ? { folder: place.list.folder } : {}
    const { id } = notes.space.note.create({ ...folder, pinned: place.list.shelf === 'pinned' })
    setSearch('')
    go({ list: place.list.shelf === 'trash' ? { shelf: 'all' } : place.list, note: id })
  }, [notes, place])

  return (
    <div className="app" data-open={place.note !== undefined}>
      <Sidebar notes={notes} place={place} />
      <NoteList notes={notes} place={place} search={search} onSearch={setSearch} onCreate={create} />
      <main className="sheet">
        {place.note === undefined ? (
          <p className="hint">
            Choose a note, or <button onClick={create}>write a new one</button>.
          </p>
        ) : (
          <NoteSheet key={place.note} notes={notes} place={place} id={place.note} />
        )}
      </main>
    </div>
  )
}
