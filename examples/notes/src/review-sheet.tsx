/** A daily review: how the day was, and what there is to say about it. */
import { Body, useBody } from './body.tsx'
import { Closed } from './closed.tsx'
import { dayOf, inWords, MOODS } from './days.ts'
import { Tools } from './editor-tools.tsx'
import type { Notes } from './notes.ts'
import { People } from './people-here.tsx'
import { go, type Place } from './place.ts'
import { useDocument } from './use-document.ts'

type OpenReview = Awaited<ReturnType<Notes['space']['review']['open']>>

interface Props {
  readonly notes: Notes
  readonly place: Place
  readonly id: string
}

export function ReviewSheet({ notes, place, id }: Props) {
  const opened = useDocument(() => notes.space.review.open(id), id)
  if (opened.at === 'opening') return null
  if (opened.at === 'closed') return <Closed place={place} opened={opened} />
  return <OpenReviewSheet notes={notes} place={place} review={opened.handle} />
}

function OpenReviewSheet(props: { readonly notes: Notes; readonly place: Place; readonly review: OpenReview }) {
  const { notes, place, review } = props
  const { date, mood } = review.view
  const editor = useBody({ document: review, field: 'content', name: notes.identity.user, editable: true })
  return (
    <>
      <div className="bar" role="toolbar" aria-label="Review">
        <button
          className="back"
          aria-label="Back to the list"
          onClick={() => go({ list: place.list, note: undefined })}
        >
          ‹
        </button>
        <Tools editor={editor} document={review} />
        <People document={review} />
      </div>
      <div className="page">
        <div>
          <h1 className="title">{date === undefined ? 'A day' : inWords(date, dayOf(new Date()))}</h1>
          <div className="moods" role="group" aria-label="How was it?">
            {MOODS.map(one => (
              <button
                key={one.mood}
                aria-label={one.mood}
                title={one.mood}
                aria-pressed={mood === one.mood}
                onClick={() => review.change(draft => void (draft.mood = one.mood))}
              >
                {one.sign}
              </button>
            ))}
          </div>
          <Body editor={editor} />
        </div>
      </div>
    </>
  )
}
