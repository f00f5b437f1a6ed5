/** What is done about edits that the relay does not take as they are, and who is told what became of them. */
import type { Code } from '@joinery/core'
import { reissue, type Reissued } from '../replica/reissue.ts'
import { retire } from '../replica/retire.ts'
import type { SpaceContext } from './space-context.ts'

/** These left the outbox: acked, or with the code for which they did not arrive. With their documents' lives, if those ended. */
export function tellEnd(
  { replica, space, feedOut }: SpaceContext,
  documents: readonly string[],
  entries: readonly number[],
  code: Code | null,
): void {
  const { news } = replica
  feedOut({ type: 'dropped', entries })
  news.tell({ type: 'settled', space, entries, code })
  if (documents.length > 0) news.tell({ type: 'rebuilt', space, documents })
  if (code !== null) news.tell({ type: 'shelf' })
}

/** Its unacked edits go to the shelf, and with `wipe` all of it goes. */
export async function retireHere(
  context: SpaceContext,
  document: string,
  code: Code,
  how: 'shelve' | 'wipe',
): Promise<void> {
  const { replica, space } = context
  const { entries, others, gone } = await replica.write(tx => retire(tx, replica, { space, document }, code, how))
  const purge = others.some(({ type }) => type === 'tombstone')
  // A purge of what is gone has arrived.
  tellEnd(context, [document], entries, purge && how === 'wipe' ? null : code)
  if (gone !== undefined || how === 'wipe') replica.news.tell({ type: 'gone', space, documents: [document] })
  else context.background.note(space, [document], true)
  // A purge that was refused leaves nothing here of what the relay still has.
  if (purge && how === 'shelve') context.feedIn({ type: 'need', documents: [document], urgent: false })
}

/** Its clock ran ahead: what it wrote is stamped anew. */
export async function restamp(context: SpaceContext, document: string): Promise<void> {
  const { replica, space } = context
  replica.stamps.restart()
  tellReissued(context, [await replica.write(tx => reissue(tx, replica, { space, document }, 'STAMP_AHEAD'))])
}

export function tellReissued(context: SpaceContext, reissued: readonly Reissued[]): void {
  const { replica, space, background, feedOut } = context
  for (const { document, from, heads, code } of reissued) {
    if (code === null) replica.news.tell({ type: 'renamed', space, from, to: heads.map(({ n }) => n) })
    tellEnd(context, [document], from, code)
    feedOut({ type: 'found', entries: heads })
  }
  background.note(
    space,
    reissued.map(({ document }) => document),
    true,
  )
}
