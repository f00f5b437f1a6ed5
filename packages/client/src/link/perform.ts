/** What is done about what the machines of a space say: incoming, outgoing, and what the relay does not take as it is. */
import type { InflowEffect, OutflowEffect } from '@joinery/core/sync'
import { arrive } from '../replica/arrive.ts'
import { keys } from '../replica/layout.ts'
import { reissue } from '../replica/reissue.ts'
import { retire, wipeSpace } from '../replica/retire.ts'
import { settle } from '../replica/settle.ts'
import { resupply, tell } from './holdings.ts'
import { push } from './push.ts'
import type { SpaceContext } from './space-context.ts'

/** Documents told in one `have`. */
const PAGE = 64

export async function perform(
  context: SpaceContext,
  effect: InflowEffect | Exclude<OutflowEffect, { do: 'distrust' }>,
): Promise<unknown> {
  const { replica, space, wire, acked } = context
  const { news } = replica
  switch (effect.do) {
    case 'store':
      if (await replica.write(tx => arrive(tx, replica, space, effect, acked))) context.fork()
      // The relay tells its readers before or after it acks.
      for (const seq of acked.keys()) if (seq <= (effect.position.cursor?.seq ?? 0)) acked.delete(seq)
      return
    case 'fetch':
      return context.send({ type: 'fetch', space, document: effect.document, before: effect.before })
    case 'absent':
      return news.tell({ type: 'absent', space, document: effect.document, code: effect.code })
    case 'tell': {
      const { after } = effect
      const isSent = await tell(context, { prefix: [space], after: [space, after], limit: PAGE })
      return isSent || context.feedIn({ type: 'want', documents: [], page: { after, upTo: undefined } })
    }
    case 'have':
      return tell(context, { prefix: [space, effect.document] })
    case 'resupply':
      return resupply(context, effect)
    case 'report':
      news.tellHere({ type: 'report', report: { type: effect.what, space } })
      // The relay is to judge the cursor that it seems to have forgotten.
      if (effect.what === 'cursor-back') wire.handle({ type: 'distrust' })
      return
    case 'push':
      return push(context, effect.entries)
    case 'settle':
      return replica.write(async tx => {
        tx.put('meta', keys.lastSync, replica.clock.now())
        await settle(tx, space, effect.entries)
      })
    case 'restamp':
      // Its clock ran ahead: what it wrote is stamped anew.
      replica.stamps.restart()
      return replica.write(tx => reissue(tx, replica, { space, document: effect.document }, 'STAMP_AHEAD'))
    case 'shelve':
      return replica.write(tx => retire(tx, replica, { space, document: effect.document }, effect.code, 'shelve'))
    case 'wipe-document':
      return replica.write(tx => retire(tx, replica, { space, document: effect.document }, 'GONE', 'wipe'))
    case 'wipe-space':
      return replica.write(tx => wipeSpace(tx, replica, space, effect.code))
    case 'fork':
      return context.fork()
    case 'give-up':
      return wire.handle({ type: 'give-up', code: effect.code })
  }
}
