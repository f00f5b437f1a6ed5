/** Who else has this note open. */
import { useEffect, useState } from 'react'
import { colourOf } from './people.ts'
import type { OpenNote } from './use-note.ts'

export function People({ note }: { readonly note: OpenNote }) {
  const [others, show] = useState(note.presence.others())
  useEffect(() => note.presence.subscribe(show), [note])
  return (
    <div className="people" aria-label={`${others.length} others here`}>
      {others.map(other => (
        <span key={other.session} title={other.subject} style={{ background: colourOf(other.subject) }}>
          {other.subject.slice(0, 2)}
        </span>
      ))}
    </div>
  )
}
