/**
 * The tab that leads: it holds the device's one link, does the work behind all tabs, and tells them how it stands. Laws: at most one tab
 * leads (C3), and everything it needs is in storage, so that the next one goes on where it stopped (CL-05); a library that has known one
 * account takes nothing from another (WRONG_SUBJECT).
 */
import { PERSONAL_SPACE, type Clock, type Random, type Tabs, type Transport } from '@joinery/core'
import type { RelayMessage, Welcome } from '@joinery/core/protocol'
import type { ConnectionEvent } from '@joinery/core/sync'
import type { News } from '../news.ts'
import type { LinkOptions } from '../options.ts'
import { keys, record, type DeviceRecord } from '../replica/layout.ts'
import type { Place } from '../replica/append.ts'
import { evict } from '../replica/evict.ts'
import type { Projector } from '../replica/projector.ts'
import { reissueDocument, type Reissued } from '../replica/reissue.ts'
import type { Replica } from '../replica/replica.ts'
import { linkAddress } from './address.ts'
import { tellReissued } from './perform-outflow.ts'
import { presenceRelay } from './presence-relay.ts'
import { reportOf, type LinkReport } from './report.ts'
import { spaceSync, type SpaceReport, type SpaceSync } from './space-sync.ts'
import { wireLink } from './wire-link.ts'

/** Everything is looked at again, in case that news or hints were lost. */
const RECONCILE_MS = 5 * 60_000
const RETRY_MS = 500

export interface LinkParts {
  readonly replica: Replica
  readonly background: Projector
  readonly tabs: Tabs
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly allowInsecure: boolean
  /** Bytes of bodies above which some are left to the relay. */
  readonly evictAbove: number
  /** Whether a document is open in this tab. */
  open(place: Place): boolean
  /** Spaces to keep in step. */
  spaces(): readonly string[]
  report(space: string, report: SpaceReport): void
}

export interface Link {
  /** Begins to link, or links anew, once this tab leads. */
  link(options: LinkOptions): void
  /** The outside: online or not, awake, sync now. */
  tell(event: Extract<ConnectionEvent, { type: 'network' | 'wake' }>): void
  /** A space more. */
  join(space: string): void
  /** Looks again at how things stand. */
  refresh(): void
  stop(): void
}

export function link(parts: LinkParts): Link {
  const { replica, background, tabs, clock } = parts
  const { news } = replica
  const syncs = new Map<string, SpaceSync>()
  let leading = false
  let stopped = false
  let wanted: LinkOptions | undefined
  let personal: string | undefined
  let last: LinkReport | undefined
  let stopReconcile = (): void => undefined
  let forking = false
  const asked: string[] = []

  const wireName = (space: string): string => (space === PERSONAL_SPACE ? (personal ?? space) : space)
  const localName = (space: string): string => (space === personal ? PERSONAL_SPACE : space)

  const wire = wireLink(parts, {
    greet: () => [...syncs.values()].map(sync => sync.watch()),
    device: () => replica.device(),
    up: welcome => void up(welcome),
    down() {
      for (const sync of syncs.values()) sync.down()
      presence.down()
      stopReconcile()
    },
    cloned: () => void quietly(fork()),
    heard: message => hear(message),
    relayTime(wall, rtt) {
      const offset = wall + rtt / 2 - clock.now()
      replica.stamps.correct(offset)
      report(Math.round(offset))
    },
    changed: () => report(),
  })
  const presence = presenceRelay(news, message => wire.send({ ...message, space: wireName(message.space) }))

  const up = (welcome: Welcome): void => {
    if (personal !== undefined && personal !== welcome.personal) return wire.handle({ type: 'give-up', code: 'WRONG_SUBJECT' })
    if (personal === undefined) {
      personal = welcome.personal
      // In the order of writing it comes before anything that this link brings.
      void replica.write(async tx => {
        const stored = record<DeviceRecord>(await tx.get('meta', keys.device))
        if (stored === undefined) return
        await tx.put('meta', keys.device, { ...stored, personal: welcome.personal, subject: welcome.subject })
      })
    }
    for (const sync of syncs.values()) sync.up()
    presence.up()
    reconcileLater()
  }

  const reconcileLater = (): void => {
    stopReconcile()
    stopReconcile = clock.after(RECONCILE_MS, () => {
      lookAgain()
      tidy()
      reconcileLater()
    })
  }

  /** What nobody does at once: at the end of every few minutes. */
  const tidy = (): void => void quietly(evict(replica, [...syncs.keys()], parts.evictAbove, parts.open))

  const lookAgain = (): void => {
    for (const sync of syncs.values()) {
      wire.send(sync.watch())
      sync.scan()
    }
  }

  const hear = (message: RelayMessage): void => {
    if (message.type === 'presence') return presence.hear({ ...message, space: localName(message.space) })
    if ('space' in message) syncs.get(localName(message.space))?.hear(message)
  }

  const report = (offset?: number): void => {
    const next = reportOf(
      wire.state(),
      wanted !== undefined,
      [...syncs.values()].map(one => ({ space: one.space, ...one.state() })),
      offset ?? last?.offset ?? 0,
    )
    if (JSON.stringify(next) !== JSON.stringify(last)) {
      last = next
      if (leading) news.tell({ type: 'link', report: next })
    }
    answerAsked(next)
  }

  /** Whoever asked to sync now is told once it is done, or cannot be done now. */
  const answerAsked = ({ live, syncing, reason }: LinkReport): void => {
    const done = live && !syncing
    if (!leading || (!done && (reason === 'live' || reason === 'connecting'))) return
    for (const id of asked.splice(0)) news.tell({ type: 'synced', id, synced: done })
  }

  const openSpace = async (space: string): Promise<void> => {
    if (syncs.has(space)) return
    const sync = await spaceSync({
      replica,
      background,
      space,
      wireName: () => wireName(space),
      send: message => wire.send(message),
      frameBytes: () => wire.frameBytes(),
      distrust: () => wire.handle({ type: 'distrust' }),
      giveUp: code => wire.handle({ type: 'give-up', code }),
      fork: () => void quietly(fork()),
      report: what => parts.report(space, what),
      changed: () => report(),
    })
    if (stopped || !leading || syncs.has(space)) return sync.stop()
    syncs.set(space, sync)
    if (wire.state().at === 'live') {
      wire.send(sync.watch())
      sync.up()
    }
    await quietly(background.recover(space))
  }

  /** Another device goes by this one's name: all that is unacked is written anew under a name of its own. */
  const fork = async (): Promise<void> => {
    if (forking) return
    forking = true
    wire.handle({ type: 'distrust' })
    const device = replica.newId()
    const now = Math.round(replica.stamps.now())
    replica.rename(device)
    const reissuedBySpace = await replica.write(async tx => {
      const stored = record<DeviceRecord>(await tx.get('meta', keys.device))
      if (stored !== undefined) await tx.put('meta', keys.device, { ...stored, device })
      const found = new Map<string, Reissued[]>()
      for (const space of syncs.keys()) {
        const entries = await tx.range('index', { prefix: keys.unackedOf(space) })
        const reissued: Reissued[] = []
        for (const document of new Set(entries.map(({ key }) => key[2] as string))) {
          const one = await reissueDocument(tx, replica, { space, document }, 'DEVICE_FORKED', now)
          if (one !== undefined) reissued.push(one)
        }
        found.set(space, reissued)
        await tx.delete('meta', keys.orphans(space))
      }
      return found
    })
    for (const [space, reissued] of reissuedBySpace) {
      const sync = syncs.get(space)
      sync?.outflow({ type: 'dropped', entries: reissued.flatMap(({ from }) => from) })
      sync?.outflow({ type: 'forked' })
      tellReissued({ replica, space, background }, reissued)
      sync?.found(reissued.flatMap(({ heads }) => heads))
    }
    news.tell({ type: 'renamed-device', device })
    forking = false
  }

  /** Storage that fails for now is asked again: without it there is nothing to lead with. */
  const lead = async (): Promise<void> => {
    for (;;) {
      try {
        return await begun()
      } catch {
        await new Promise<void>(resolve => void clock.after(RETRY_MS, resolve))
        if (stopped || !leading) return
      }
    }
  }

  const begun = async (): Promise<void> => {
    leading = true
    const stored = record<DeviceRecord>(await replica.read(tx => tx.get('meta', keys.device)))
    personal = stored?.personal ?? undefined
    for (const space of parts.spaces()) await openSpace(space)
    if (stopped || !leading) return
    news.tell({ type: 'ask' })
    if (wanted !== undefined) begin()
    report()
    if (last !== undefined) news.tell({ type: 'link', report: last })
  }

  const begin = (): void => {
    if (wanted === undefined) return
    wire.start(linkAddress(wanted.url), wanted.token, parts.allowInsecure)
  }

  const heard = (item: News): void => {
    if (!leading) return
    switch (item.type) {
      case 'outbox':
        return syncs.get(item.space)?.found(item.heads)
      case 'settled':
        return syncs.get(item.space)?.outflow({ type: 'dropped', entries: item.entries })
      case 'wanted':
        return syncs.get(item.space)?.need(item.documents, true)
      case 'focus':
        return syncs.get(item.space)?.focus(item.document)
      case 'wake':
        return wire.handle({ type: 'wake' })
      case 'sync':
        asked.push(item.id)
        wire.handle({ type: 'wake' })
        if (wire.state().at === 'live') lookAgain()
        return report()
      case 'make-way':
        if (wanted === undefined) makeWay()
        return
      case 'joined':
        return void quietly(openSpace(item.space))
      case 'ask':
        if (last !== undefined) news.tell({ type: 'link', report: last })
    }
  }

  /** Stops leading and waits for its turn again, behind whoever asked. */
  const makeWay = (): void => {
    role.leave()
    leading = false
    for (const sync of syncs.values()) sync.stop()
    syncs.clear()
    role = tabs.lead(() => void lead())
  }

  const stopNews = news.listen(heard)
  let role = tabs.lead(() => void lead())

  return {
    link(options) {
      wanted = options
      if (leading) begin()
      // A tab that leads and knows of no relay makes way for one that does.
      else news.tell({ type: 'make-way' })
    },
    tell: event => wire.handle(event),
    join: space => news.tell({ type: 'joined', space }),
    refresh: () => report(),
    stop() {
      stopped = true
      stopNews()
      stopReconcile()
      presence.close()
      wire.handle({ type: 'stop' })
      for (const sync of syncs.values()) sync.stop()
      role.leave()
      leading = false
      syncs.clear()
    },
  }
}

/** What fails here fails because the client is being closed, or storage is gone: the status says so. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined)
}
