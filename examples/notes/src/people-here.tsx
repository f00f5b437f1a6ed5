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
        <span key={other.id} title={nameOf(other)} style={{ background: colourOf(nameOf(other)) }}>
          {nameOf(other).slice(0, 2)}
        </span>
      ))}
    </div>
  )
}

/** Who it is; another tab of this browser has no name of its own. */
function nameOf({ subject }: { readonly subject: string }): string {
  return subject === '' ? 'me' : subject
}
