/** Who else has this document open. */
import { useEffect, useState } from 'react'
import { colourOf } from './people.ts'

interface Other {
  readonly id: string
  readonly subject: string
}

interface Attended {
  readonly presence: {
    others(): readonly Other[]
    subscribe(listener: (others: readonly Other[]) => void): () => void
  }
}

export function People({ document }: { readonly document: Attended }) {
  const [others, show] = useState<readonly Other[]>(() => document.presence.others())
  useEffect(() => document.presence.subscribe(show), [document])
  return (
    <div
      className="people"
      role="group"
      aria-label={others.length === 1 ? '1 other here' : `${others.length} others here`}
    >
      {others.map(other => (
        <span key={other.id} title={nameOf(other)} style={{ background: colourOf(nameOf(other)) }}>
          {nameOf(other).slice(0, 2)}
        </span>
      ))}
    </div>
  )
}

/** Who it is; another tab of this browser has no name of its own. */
function nameOf({ subject }: Other): string {
  return subject === '' ? 'me' : subject
}
