/**
 * One space between storage and link: feeds the two machines, inflow and outflow, and performs what they say. Laws:
 * - The machines decide. What one says is performed in order, each step after the one before has been stored (I6).
 * - What comes in and what goes out wait for themselves only: a long page of bodies holds up no edit.
 * - Others are told after the commit, never before.
 */
import type { Cancel, Code } from '@joinery/core'
import type { ClientMessage, RelayMessage, Watch } from '@joinery/core/protocol'
import {
  inflow,
  outflow,
  type Inflow,
  type InflowEffect,
  type InflowEvent,
  type OutboxHead,
  type Outflow,
  type OutflowEffect,
  type OutflowEvent,
} from '@joinery/core/sync'
import { keys, positionOf, type OutboxRecord } from '../replica/layout.ts'
import type { Projector } from '../replica/projector.ts'
import type { Replica } from '../replica/replica.ts'
import { performInflow } from './perform-inflow.ts'
import { performOutflow } from './perform-outflow.ts'
import { turns } from './turns.ts'

/** Before what was refused for now is asked for again. */
const AGAIN_MS = 5_000

export interface SpaceContext {
  readonly replica: Replica
  readonly background: Projector
  /** The local name. */
  readonly space: string
  /** The name on the wire. */
  wireName(): string
  send(message: ClientMessage): void
  frameBytes(): number
  distrust(): void
  giveUp(code: Code): void
  /** The device's name is taken: everything unacked is written anew under another. */
  fork(): void
  report(what: SpaceReport): void
  /** Something that the status shows is another. */
  changed(): void
}

export type SpaceReport =
  | { readonly type: 'cursor-back' | 'reset' }
  | { readonly type: 'refused-update'; readonly document: string; readonly code: Code }
  | { readonly type: 'space-lost'; readonly code: Code }
  | { readonly type: 'space-refused'; readonly code: Code }

export interface SpaceSync {
  readonly space: string
  watch(): Watch
  up(): void
  down(): void
  hear(message: Extract<RelayMessage, { readonly space: string }>): void
  /** Entries that were put into the outbox. */
  found(heads: readonly OutboxHead[]): void
  /** Reads the outbox: of some of it nobody may have told. */
  scan(): void
  focus(document: string): void
  need(documents: readonly string[], urgent: boolean): void
  outflow(event: OutflowEvent): void
  /** Whether all that came and all that is to go has been dealt with. */
  state(): SpaceState
  stop(): void
}

export interface SpaceState {
  readonly live: boolean
  readonly filling: boolean
  readonly busy: boolean
  readonly waiting: number
  readonly heldBack: number
}

/** The space as it stands in storage, not yet on any link. */
export async function spaceSync(context: SpaceContext): Promise<SpaceSync> {
  const { replica, space } = context
  const { clock } = replica
  const [position, heads] = await replica.read(async tx => [
    positionOf(await tx.get('meta', keys.position(space))),
    (await tx.range('outbox', { prefix: keys.outboxOf(space) })).map(({ key, value }) => headOf(key[1] as number, value as OutboxRecord)),
  ])
  const incoming: Inflow = inflow(position)
  const outgoing: Outflow = outflow({
    chance: () => replica.random.number(),
    tellsGaps: engine => replica.engine(engine)?.can.tellsGaps ?? false,
  })
  const inTurns = turns(() => context.changed())
  const outTurns = turns(() => context.changed())
  let timer: Cancel | undefined
  let again: Cancel | undefined
  let stopped = false
  /** Whether what was filled in shows in lists, too. */
  let shown = position.fill === undefined

  const filling = (): boolean => {
    if (incoming.position().fill !== undefined) shown = false
    else if (!inTurns.busy() && !context.background.busy(space)) shown = true
    return !shown
  }

  const feedIn = (event: InflowEvent): void => {
    for (const effect of incoming.handle(event)) inTurns.add(() => doIn(effect))
  }

  const feedOut = (event: OutflowEvent): void => {
    const effects = outgoing.handle(event, clock.monotonic())
    for (const effect of effects) {
      // About the link itself: not behind what waits for storage.
      if (effect.do === 'distrust') context.distrust()
      else outTurns.add(() => doOut(effect))
    }
    timer?.()
    const at = stopped ? undefined : outgoing.wakeAt()
    timer = at === undefined ? undefined : clock.after(Math.max(0, at - clock.monotonic()), () => feedOut({ type: 'tick' }))
    if (effects.length > 0) context.changed()
  }

  const feeds = { feedIn, feedOut }
  const doIn = (effect: InflowEffect): Promise<void> => (stopped ? DONE : performInflow(context, feeds, effect))
  const doOut = (effect: Exclude<OutflowEffect, { do: 'distrust' }>): Promise<void> => (stopped ? DONE : performOutflow(context, feeds, effect))

  feedOut({ type: 'found', entries: heads })

  return {
    space,
    watch() {
      feedIn({ type: 'watching' })
      return { type: 'watch', space: context.wireName(), cursor: incoming.position().cursor }
    },
    up() {
      feedIn({ type: 'up' })
      feedOut({ type: 'up' })
    },
    down() {
      feedIn({ type: 'down' })
      feedOut({ type: 'down' })
    },
    hear(message) {
      switch (message.type) {
        case 'changes':
        case 'bodies':
        case 'want':
          return feedIn(message)
        case 'ack':
          return feedOut({ type: 'acked', entries: message.entries })
        case 'refused': {
          const { n, document, code, retryAfter } = message
          if (n !== undefined) return feedOut({ type: 'refused', n, code, retryAfter })
          if (document === undefined) context.report({ type: 'space-refused', code })
          again ??= clock.after(Math.max(AGAIN_MS, retryAfter), () => {
            again = undefined
            feedIn({ type: 'again' })
          })
          return feedIn({ type: 'refused', document, code })
        }
      }
    },
    found: entries => feedOut({ type: 'found', entries }),
    scan() {
      outTurns.add(async () => {
        const rows = await replica.read(tx => tx.range('outbox', { prefix: keys.outboxOf(space) }))
        feedOut({ type: 'found', entries: rows.map(({ key, value }) => headOf(key[1] as number, value as OutboxRecord)) })
      })
    },
    focus: document => feedOut({ type: 'focus', document }),
    need: (documents, urgent) => feedIn({ type: 'need', documents, urgent }),
    outflow: feedOut,
    state: () => ({
      live: incoming.live() && !inTurns.busy(),
      filling: filling(),
      busy: inTurns.busy() || outTurns.busy(),
      waiting: outgoing.waiting(),
      heldBack: outgoing.heldBack().length,
    }),
    stop() {
      stopped = true
      timer?.()
      again?.()
    },
  }
}

function headOf(n: number, { document, engine, size, resupply }: OutboxRecord): OutboxHead {
  return { n, document, engine, bytes: size, resupply: resupply !== null }
}

const DONE = Promise.resolve()
