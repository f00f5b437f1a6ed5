/**
 * One space between storage and link: feeds the two machines, inflow and outflow, and performs what they say. Laws:
 * - The machines decide. What one says is performed in order, each step after the one before has been stored (I6).
 * - What comes in and what goes out wait for themselves only: a long page of bodies holds up no edit.
 * - Others are told after the commit, never before.
 */
import type { Cancel } from '@joinery/core'
import type { RelayMessage } from '@joinery/core/protocol'
import { inflow, outflow, type InflowEvent, type OutflowEvent, type ToldPage } from '@joinery/core/sync'
import { readMarked } from '../replica/body.ts'
import { headOf, keys, positionOf, type OutboxRecord } from '../replica/layout.ts'
import { perform } from './perform.ts'
import type { SpaceContext, SpaceHost } from './space-context.ts'
import type { SpaceState } from './space-state.ts'
import { turns } from './turns.ts'

/** Before what was refused for now is asked for again. */
const AGAIN_MS = 5_000

export interface SpaceSync extends SpaceContext {
  /** Asks what is new. */
  watch(): void
  /** The link is up, or down. */
  link(type: 'up' | 'down'): void
  hear(message: Extract<RelayMessage, { readonly type: 'changes' | 'bodies' | 'want' | 'ack' | 'refused' }>): void
  /** Reads the outbox: of some of it nobody may have told. */
  scan(): void
  state(): SpaceState
  stop(): void
}

/** The space as it stands in storage, not yet on any link. */
export async function spaceSync(host: SpaceHost): Promise<SpaceSync> {
  const { replica, space, background, changed } = host
  const { clock } = replica
  const [stored, heard] = await replica.read(tx => tx.getMany('meta', [keys.position(space), keys.heard(space)]))
  const position = positionOf(stored)
  const incoming = inflow(position, heard as number | undefined)
  const outgoing = outflow({
    chance: () => replica.random.number(),
    tellsGaps: engine => replica.engine(engine)?.can.tellsGaps ?? false,
  })
  const inTurns = turns(changed)
  const outTurns = turns(changed)
  const acked = new Map<number, number>()
  const told: (ToldPage | undefined)[] = []
  let timer: Cancel | undefined
  let again: Cancel | undefined
  let stopped = false
  /** Whether what was filled in shows in lists, too. */
  let shown = position.fill === undefined

  const feedIn = (event: InflowEvent): void => {
    for (const effect of incoming.handle(event)) {
      // Another log may hold something else there.
      if (effect.do === 'store' && effect.lost) acked.clear()
      inTurns.add(async () => stopped || perform(context, effect))
    }
    // Also when there is nothing to do: an answer may say that all is here.
    changed()
  }

  const feedOut = (event: OutflowEvent): void => {
    for (const effect of outgoing.handle(event, clock.monotonic())) {
      if (effect.do === 'distrust') {
        // About the link itself: not behind what waits for storage.
        host.wire.handle({ type: 'distrust' })
        continue
      }
      // Not behind what waits for storage either: the entry may come at once.
      if (effect.do === 'settle') for (const { n, seq } of effect.entries) acked.set(seq, n)
      const go = (): void => outTurns.add(async () => stopped || perform(context, effect))
      // By a clock that is still ahead it would be stamped as before, and refused, as often as there is time for.
      if (effect.do === 'restamp') void host.setRight().then(go)
      else go()
    }
    timer?.()
    const at = stopped ? undefined : outgoing.wakeAt()
    timer = at === undefined ? at : clock.after(at - clock.monotonic(), () => feedOut({ type: 'tick' }))
    changed()
  }

  const context: SpaceContext = { ...host, acked, told, feedIn, feedOut }

  const scan = async (): Promise<void> => {
    const rows = await replica.read(tx => tx.range('outbox', { prefix: [space] }))
    feedOut({ type: 'found', entries: rows.map(({ key, value }) => headOf(key[1] as number, value as OutboxRecord)) })
  }
  feedIn({ type: 'need', documents: await replica.read(tx => readMarked(tx, space, 'lacking')) })
  // Last: what is written from here on is told.
  await scan()

  const watch = (): void => {
    told.length = 0
    feedIn({ type: 'watching' })
    host.send({ type: 'watch', space, cursor: incoming.position().cursor })
  }

  return {
    ...context,
    scan: () => outTurns.add(scan),
    watch,
    link(type) {
      acked.clear()
      feedIn({ type })
      feedOut({ type })
    },
    hear(message) {
      if (message.type === 'ack') feedOut(message)
      if (message.type === 'refused') {
        const { n, document, code, retryAfter } = message
        if (n !== undefined) return feedOut(message as typeof message & { readonly n: number })
        if (!document) {
          // It may have been of any: what is still answered is not known to be a page.
          told.fill(undefined)
          replica.news.tellHere({ type: 'report', report: { type: 'space-refused', space, code } })
        }
        if (retryAfter) {
          // For now: the watch itself may be what was refused, and its answer makes up for all that was.
          again?.()
          again = clock.after(AGAIN_MS + retryAfter, watch)
        }
      }
      feedIn(message.type === 'want' ? { ...message, page: told.shift() } : message)
    },
    state() {
      const isReading = inTurns.busy()
      if (incoming.position().fill !== undefined) shown = false
      else if (!isReading && !background.busy()) shown = true
      return {
        space,
        live: incoming.live() && !isReading,
        filling: !shown,
        busy: isReading || outTurns.busy() || outgoing.waiting() > 0,
        heldBack: outgoing.heldBack(),
      }
    },
    stop() {
      stopped = true
      timer?.()
      again?.()
    },
  }
}
