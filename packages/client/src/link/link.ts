/**
 * The tab that leads: it holds the device's one link, does the work behind all tabs, and tells them how it stands. Laws: at most one tab
 * leads (C3), and everything it needs is in storage, so that the next one goes on where it stopped (CL-05); a library that has known one
 * account takes nothing from another (WRONG_SUBJECT).
 */
import { PERSONAL_SPACE, type Cancel, type Tabs, type Transport } from '@joinery/core'
import type { Welcome } from '@joinery/core/protocol'
import type { ConnectionEvent } from '@joinery/core/sync'
import type { NewsHandlers } from '../news.ts'
import type { LinkOptions } from '../options.ts'
import type { PresenceDesk } from '../presence.ts'
import type { Place } from '../replica/body.ts'
import { evict } from '../replica/evict.ts'
import { keys, record, type DeviceRecord } from '../replica/layout.ts'
import type { Projector } from '../replica/projector.ts'
import { reissue, type Reissued } from '../replica/reissue.ts'
import type { Replica } from '../replica/replica.ts'
import { documentsWithUnacked } from '../replica/retire.ts'
import { linkAddress } from './address.ts'
import { tellReissued } from './mending.ts'
import { reportOf, type LinkReport } from './report.ts'
import type { SpaceReport } from './space-context.ts'
import { spaceSync, type SpaceSync } from './space-sync.ts'
import { wireLink } from './wire-link.ts'

/** Everything is looked at again, in case that news or hints were lost. */
const RECONCILE_MS = 5 * 60_000
const RETRY_MS = 500
const REPORT_MS = 30

export interface LinkParts {
  readonly replica: Replica
  readonly background: Projector
  readonly presence: PresenceDesk
  readonly tabs: Tabs
  readonly transport: Transport
  /** Bytes of bodies above which some are left to the relay. */
  readonly evictAbove: number
  /** Spaces to keep in step. */
  readonly spaces: ReadonlySet<string>
  /** Whether a document is open in this tab. */
  open(place: Place): boolean
  report(space: string, report: SpaceReport): void
}

export interface Link {
  /** Begins to link, or links anew, once this tab leads. */
  link(options: LinkOptions): void
  /** The outside: online or not, awake, sync now. */
  tell(event: Extract<ConnectionEvent, { type: 'network' | 'wake' }>): void
  /** Looks again at how things stand. */
  refresh(): void
  stop(): void
}

export function link(parts: LinkParts): Link {
  const { replica, background, presence, tabs } = parts
  const { news, clock } = replica
  const syncs = new Map<string, SpaceSync>()
  let leading = false
  /** Leads, and has its spaces open. */
  let ready = false
  let stopped = false
  let wanted: LinkOptions | undefined
  let personal: string | undefined
  let last: LinkReport | undefined
  let offset = 0
  let stopReconcile = (): void => undefined
  let stopReport: Cancel | undefined
  let forking = false
  const asked: string[] = []

  const wireName = (space: string): string => (space === PERSONAL_SPACE ? (personal ?? space) : space)
  const localName = (space: string): string => (space === personal ? PERSONAL_SPACE : space)

  const wire = wireLink(replica, parts.transport, {
    greet: () => [...syncs.values()].map(sync => sync.watch()),
    up: welcome => up(welcome),
    down() {
      for (const sync of syncs.values()) {
        sync.feedIn({ type: 'down' })
        sync.feedOut({ type: 'down' })
      }
      presence.unlink()
      stopReconcile()
    },
    cloned: () => void quietly(fork()),
    heard(message) {
      if (message.type === 'presence') presence.hear({ ...message, space: localName(message.space) })
      else if ('space' in message) syncs.get(localName(message.space))?.hear(message)
    },
    relayTime(wall, rtt) {
      offset = Math.round(wall + rtt / 2 - clock.now())
      replica.stamps.correct(offset)
    },
    changed() {
      const state = wire.state()
      if (state.at === 'waiting' && state.code === 'REPLACED') reread()
      report()
    },
  })

  /** Somebody else goes by this device's name: what he wrote under a number that had its ack here was taken for this device's own edit. */
  const reread = (): void => {
    for (const sync of syncs.values()) sync.feedIn({ type: 'reread' })
  }

  const up = (welcome: Welcome): void => {
    if (personal !== undefined && personal !== welcome.personal)
      return wire.handle({ type: 'give-up', code: 'WRONG_SUBJECT' })
    const { personal: mine, subject } = welcome
    // In the order of writing it comes before anything that this link brings.
    if (personal === undefined) void quietly(changeDevice({ personal: mine, subject }))
    personal = mine
    for (const sync of syncs.values()) {
      sync.feedIn({ type: 'up' })
      sync.feedOut({ type: 'up' })
    }
    presence.link(message => wire.send({ ...message, space: wireName(message.space) }))
    reconcileLater()
  }

  const changeDevice = (change: Partial<DeviceRecord>): Promise<void> =>
    replica.write(async tx => {
      const stored = record<DeviceRecord>(await tx.get('meta', keys.device))
      if (stored !== undefined) tx.put('meta', keys.device, { ...stored, ...change })
    })

  const reconcileLater = (): void => {
    stopReconcile()
    stopReconcile = clock.after(RECONCILE_MS, () => {
      lookAgain()
      void quietly(evict(replica, syncs.keys(), parts.evictAbove, parts.open))
      reconcileLater()
    })
  }

  const lookAgain = (): void => {
    for (const sync of syncs.values()) {
      wire.send(sync.watch())
      sync.scan()
    }
  }

  /** What is over in a moment is not worth telling: each key that somebody presses would be. */
  const reportSoon = (): void => {
    stopReport ??= clock.after(REPORT_MS, report)
  }

  const report = (): void => {
    stopReport?.()
    stopReport = undefined
    if (!ready) return
    const spaces = [...syncs].map(([space, sync]) => ({ ...sync.state(), space }))
    const next = reportOf(wire.state(), wanted !== undefined, spaces, offset)
    if (JSON.stringify(next) !== JSON.stringify(last)) {
      last = next
      news.tell({ type: 'link', report: next })
    }
    // Whoever asked to sync now is told once it is done, or cannot be done now.
    const synced = next.live && !next.syncing
    if (!synced && (next.reason === 'live' || next.reason === 'connecting')) return
    for (const id of asked.splice(0)) news.tell({ type: 'synced', id, synced })
  }

  const openSpace = async (space: string): Promise<void> => {
    if (syncs.has(space)) return
    const sync = await spaceSync({
      replica,
      background,
      space,
      wireName: () => wireName(space),
      send: wire.send,
      frameBytes: wire.frameBytes,
      distrust: () => wire.handle({ type: 'distrust' }),
      giveUp: code => wire.handle({ type: 'give-up', code }),
      fork: () => void quietly(fork()),
      report: what => parts.report(space, what),
      changed: reportSoon,
    })
    if (!leading || syncs.has(space)) return sync.stop()
    syncs.set(space, sync)
    if (wire.state().at === 'live') {
      wire.send(sync.watch())
      sync.feedIn({ type: 'up' })
      sync.feedOut({ type: 'up' })
    }
    await quietly(background.recover(space))
  }

  /** Another device goes by this one's name: all that is unacked is written anew under a name of its own. */
  const fork = async (): Promise<void> => {
    if (forking) return
    forking = true
    wire.handle({ type: 'distrust' })
    const device = replica.newId()
    replica.rename(device)
    reread()
    const reissuedBySpace = new Map<string, Reissued[]>()
    // Asked for together, written together.
    const renamed = changeDevice({ device })
    await replica.write(async tx => {
      for (const space of syncs.keys()) {
        const reissued: Reissued[] = []
        for (const document of await documentsWithUnacked(tx, space)) {
          reissued.push(await reissue(tx, replica, { space, document }, 'DEVICE_FORKED'))
        }
        reissuedBySpace.set(space, reissued)
      }
    })
    await renamed
    for (const [space, sync] of syncs) {
      tellReissued(sync, reissuedBySpace.get(space) ?? [])
      sync.feedOut({ type: 'forked' })
    }
    news.tell({ type: 'renamed-device', device })
    forking = false
  }

  /** Storage that fails for now is asked again: without it there is nothing to lead with. */
  const lead = async (): Promise<void> => {
    leading = true
    for (;;) {
      try {
        return await begun()
      } catch {
        await new Promise<void>(resolve => void clock.after(RETRY_MS, resolve))
        if (!leading) return
      }
    }
  }

  const begun = async (): Promise<void> => {
    const stored = record<DeviceRecord>(await replica.read(tx => tx.get('meta', keys.device)))
    personal = stored?.personal ?? undefined
    for (const space of parts.spaces) await openSpace(space)
    if (!leading) return
    ready = true
    news.tell({ type: 'ask', leads: true })
    begin()
    last = undefined
    report()
  }

  const begin = (): void => {
    if (ready && wanted !== undefined) wire.start(linkAddress(wanted.url), wanted.token)
  }

  const follow = (): void => {
    leading = ready = false
    wire.handle({ type: 'stop' })
    for (const sync of syncs.values()) sync.stop()
    syncs.clear()
    role.leave()
  }

  /** What is heard counts only for whoever leads. */
  const heard: NewsHandlers = {
    'outbox': ({ space, heads }) => syncs.get(space)?.feedOut({ type: 'found', entries: heads }),
    'settled': ({ space, entries }) => syncs.get(space)?.feedOut({ type: 'dropped', entries }),
    'wanted': ({ space, documents }) => syncs.get(space)?.feedIn({ type: 'need', documents, urgent: true }),
    'focus': item => syncs.get(item.space)?.feedOut(item),
    'joined': ({ space }) => {
      if (ready) void quietly(openSpace(space))
    },
    'sync': ({ id }) => {
      if (!ready) return
      asked.push(id)
      if (wire.state().at === 'live') lookAgain()
      wire.handle({ type: 'wake' })
      report()
    },
    'make-way': () => {
      // Behind whoever asked.
      if (!leading || wanted !== undefined) return
      follow()
      role = tabs.lead(() => void lead())
    },
    'ask': () => {
      if (ready && last !== undefined) news.tell({ type: 'link', report: last })
    },
  }

  const stopNews = news.listen(heard)
  let role = tabs.lead(() => void lead())

  return {
    link(options) {
      wanted = options
      begin()
      // A tab that leads and knows of no relay makes way for one that does.
      if (!leading) news.tell({ type: 'make-way' })
    },
    tell: event => wire.handle(event),
    refresh: reportSoon,
    stop() {
      if (stopped) return
      stopped = true
      stopNews()
      stopReconcile()
      stopReport?.()
      follow()
    },
  }
}

/** What fails here fails because the client is being closed, or storage is gone: the status says so. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined)
}
