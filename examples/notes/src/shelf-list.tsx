/** Edits that the server refused for good: what they were, why, and what the person may do with them. Nothing is dropped unseen. */
import { sentenceOf } from '@joinery/core'
import { useState } from 'react'
import type { Notes } from './notes.ts'
import { useLive } from './use-live.ts'
import { ago } from './when.ts'

type Shelved = Awaited<ReturnType<Notes['client']['shelf']['list']>>[number]

export function ShelfList({ notes }: { readonly notes: Notes }) {
  const shelved = useLive(() => notes.client.shelf, 'shelf')
  return (
    <section className="list" aria-label="Edits that need you">
      <header>
        <h2>Edits that need you</h2>
      </header>
      <div className="cards">
        {shelved?.map(edits => (
          <ShelfCard key={edits.id} notes={notes} edits={edits} />
        ))}
        {shelved?.length === 0 ? <p className="hint">Every edit found its place.</p> : null}
      </div>
    </section>
  )
}

function ShelfCard({ notes, edits }: { readonly notes: Notes; readonly edits: Shelved }) {
  const [trouble, say] = useState('')
  const { shelf } = notes.client
  const attempt = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => say(sentenceOf(error) ?? String(error)))
  }
  return (
    <article className="shelved">
      <b>
        {edits.edits === 1 ? 'One edit' : `${edits.edits} edits`} of a {edits.kind}
        <time dateTime={new Date(edits.shelved).toISOString()}>{ago(edits.shelved)}</time>
      </b>
      <p>{sentenceOf(edits.code)}</p>
      {trouble === '' ? null : <p role="alert">{trouble}</p>}
      <button className="do" onClick={() => attempt(shelf.applyAgain(edits.id))}>
        Apply again
      </button>
      <button onClick={() => attempt(shelf.discard(edits.id))}>Discard</button>
    </article>
  )
}
