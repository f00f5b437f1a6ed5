/** Daily reviews, the latest day first, and the one of today. */
import type { Notes } from './notes.ts'
import { go, type Place } from './place.ts'
import { dayOf, inWords, moodSign } from './days.ts'
import { useLive } from './use-live.ts'

export function ReviewList({ notes, place }: { readonly notes: Notes; readonly place: Place }) {
  const found = useLive(() => notes.space.review.where({}).orderBy('date', 'desc').limit(100), 'reviews')
  const today = dayOf(new Date())
  const openToday = (): void => {
    // The id follows from the day, so whoever makes it again, here or elsewhere, makes the same one.
    const id = found?.rows.find(({ date }) => date === today)?.id ?? notes.space.review.create({ date: today }).id
    go({ list: { shelf: 'reviews' }, note: id })
  }
  return (
    <section className="list" aria-label="Daily reviews">
      <header>
        <h2>Daily reviews</h2>
        <button className="do" onClick={openToday}>
          Today
        </button>
      </header>
      <div className="cards">
        {found?.rows.map(row => (
          <button
            key={row.id}
            className="card"
            aria-current={place.note === row.id}
            onClick={() => go({ list: place.list, note: row.id })}
          >
            <b>
              <span>{row.date === null ? 'A day' : inWords(row.date, today)}</span>
              <i>{moodSign(row.mood)}</i>
            </b>
            <p>{row.excerpt === '' ? 'Nothing written yet' : row.excerpt}</p>
          </button>
        ))}
        {found !== undefined && found.state !== 'loading' && found.rows.length === 0 ? (
          <p className="hint">No reviews yet. Begin with today.</p>
        ) : null}
      </div>
    </section>
  )
}
