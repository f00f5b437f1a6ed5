/** Three panes on a desk, one at a time on a phone: places, a list, what is open. */
import { useCallback, useState } from 'react'
import { BegunPage, type Begun } from './begun-page.tsx'
import { Closed } from './closed.tsx'
import { useNewNotes } from './new-notes.ts'
import { NoteList } from './note-list.tsx'
import type { Notes } from './notes.ts'
import { go, type Place, usePlace } from './place.ts'
import { ReviewList } from './review-list.tsx'
import { ShelfList } from './shelf-list.tsx'
import { Sidebar } from './sidebar.tsx'
import { useSheets } from './use-sheets.ts'

export function App({ notes }: { readonly notes: Notes }) {
  const place = usePlace()
  const { list, note } = place
  const sheets = useSheets()
  const [search, setSearch] = useState('')
  const { begun, isHolding, begin, hold } = useNewNotes(notes, note)
  const create = useCallback(() => {
    const folder = list.shelf === 'folder' ? { folder: list.folder } : {}
    const { id } = notes.space.note.create({ ...folder, pinned: list.shelf === 'pinned' })
    setSearch('')
    begin(id)
    go({ list: list.shelf === 'pinned' || list.shelf === 'folder' ? list : { shelf: 'all' }, note: id })
  }, [notes, list])

  return (
    <div className="app" data-open={note !== undefined}>
      <Sidebar notes={notes} place={place} isHolding={isHolding} />
      {list.shelf === 'needs-you' ? (
        <ShelfList notes={notes} />
      ) : list.shelf === 'reviews' ? (
        <ReviewList notes={notes} place={place} />
      ) : (
        <NoteList notes={notes} list={list} open={note} search={search} onSearch={setSearch} onCreate={create} />
      )}
      <main className="sheet">
        {note === undefined ? (
          <Nothing reviews={list.shelf === 'reviews'} onCreate={create} />
        ) : (
          <Sheet
            key={note}
            sheets={sheets}
            notes={notes}
            place={place}
            id={note}
            begun={begun && { ...begun, onTaken: () => hold({ ...begun, typed: undefined }) }}
          />
        )}
        {begun?.typed === undefined ? null : (
          <BegunPage
            key={`${note}, begun`}
            typed={begun.typed}
            onType={(typed, isComposing) => hold({ typed, isComposing })}
          />
        )}
      </main>
    </div>
  )
}

interface SheetProps {
  readonly sheets: ReturnType<typeof useSheets>
  readonly notes: Notes
  readonly place: Place
  readonly id: string
  readonly begun: Begun | undefined
}

/** What is open, once there is an editor for it. */
function Sheet({ sheets, notes, place, id, begun }: SheetProps) {
  if (sheets === 'loading') return <div className="bar" />
  if (sheets === 'failed') {
    const why = 'The editor could not be loaded. It comes over the network the first time.'
    return <Closed place={place} opened={{ at: 'closed', why, again: () => location.reload() }} />
  }
  return place.list.shelf === 'reviews' ? (
    <sheets.ReviewSheet notes={notes} place={place} id={id} />
  ) : (
    <sheets.NoteSheet notes={notes} place={place} id={id} begun={begun} />
  )
}

function Nothing({ reviews, onCreate }: { readonly reviews: boolean; onCreate(): void }) {
  return (
    <div className="hint">
      <img src="/icon.svg" alt="" />
      {reviews ? (
        <p>Look back on a day: choose one, or begin today’s.</p>
      ) : (
        <p>
          Choose a note, or <button onClick={onCreate}>write a new one</button>.
        </p>
      )}
    </div>
  )
}
