/** Whether everything of a space is on this device, as far as it knows: what makes a list `complete`, or still `partial`. */
import { NO_LINK, type LinkReport } from './link/report.ts'
import { keys, positionOf } from './replica/layout.ts'
import type { Replica } from './replica/replica.ts'
import { signal } from './signal.ts'

export interface Completeness {
  of(space: string): boolean
  /** Whether the relay can be asked for what is not here. */
  reachable(): boolean
  listen(listener: () => void): () => void
}

export async function completeness(
  replica: Replica,
  spaces: ReadonlySet<string>,
  /** Whether there is a relay that may have more. */
  linked: () => boolean,
): Promise<Completeness> {
  const changed = signal<void>()
  let report: LinkReport = NO_LINK
  let filling = new Set<string>()

  await replica.read(async tx => {
    for (const space of spaces) {
      if (positionOf(await tx.get('meta', keys.position(space))).fill !== undefined) filling.add(space)
    }
  })

  replica.news.listen(item => {
    if (item.type !== 'link') return
    report = item.report
    if (report.reason !== 'no-relay') filling = new Set(report.filling)
    changed.emit()
  })

  return {
    of: space => !linked() || !filling.has(space),
    reachable: () => report.mode === 'realtime' || report.reason === 'connecting',
    listen: listener => changed.listen(listener),
  }
}
