/** Three panes on a desk, one at a time on a phone: places, a list, what is open. */
import { lazy, Suspense, useCallback, useState } from 'react'
import { BegunPage } from './begun-page.tsx'
import { useNewNotes } from './new-notes.ts'
import { NoteList } from './note-list.tsx'
import type { Notes } from './notes.ts'
import { go, usePlace } from './place.ts'
import { ReviewList } from './review-list.tsx'
import { ShelfList } from './shelf-list.tsx'
import { Sidebar } from './sidebar.tsx'

// The editor is most of the app: it comes while the list is shown already.
const sheets = import('./sheets.ts')
const NoteSheet = lazy(async () => ({ default: (await sheets).NoteSheet }))
const ReviewSheet = lazy(async () => ({ default: (await sheets).ReviewSheet }))

export function App({ notes }: { readonly notes: Notes }) {
  const place = usePlace()
  const { list, note } = place
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
        <Suspense fallback={<div className="bar" />}>
          {note === undefined ? (
            <Nothing reviews={list.shelf === 'reviews'} onCreate={create} />
          ) : list.shelf === 'reviews' ? (
            <ReviewSheet key={note} notes={notes} place={place} id={note} />
          ) : (
            <NoteSheet
              key={note}
              notes={notes}
              place={place}
              id={note}
              begun={begun && { ...begun, onTaken: () => hold({ ...begun, typed: undefined }) }}
            />
          )}
        </Suspense>
        {begun?.typed === undefined ? null : (
          <BegunPage key={note} typed={begun.typed} onType={(typed, isComposing) => hold({ typed, isComposing })} />
        )}
      </main>
    </div>
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
