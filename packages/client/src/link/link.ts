/**
 * The tab that leads: it holds the device's one link, does the work behind all tabs, and tells them how it stands. Laws: at most one tab
 * leads (C3), and everything it needs is in storage, so that the next one goes on where it stopped (CL-05); a library that has known one
 * account takes nothing from another (WRONG_SUBJECT).
 */
import { PERSONAL_SPACE, type Cancel, type Tabs, type Transport } from '@joinery/core'
import type { ClientMessage } from '@joinery/core/protocol'
import type { ConnectionEvent } from '@joinery/core/sync'
import type { NewsHandlers } from '../news.ts'
import type { LinkOptions } from '../options.ts'
import type { PresenceDesk } from '../presence.ts'
import { readMarked, type Place } from '../replica/body.ts'
import { evict } from '../replica/evict.ts'
import { keys, type DeviceRecord } from '../replica/layout.ts'
import type { Projector } from '../replica/projector.ts'
import { reissue } from '../replica/reissue.ts'
import type { Replica } from '../replica/replica.ts'
import type { Tx } from '../replica/tx.ts'
import { linkAddress } from './address.ts'
import { reportOf, type LinkReport } from './report.ts'
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
  let wanted: LinkOptions | undefined
  let personal: string | undefined
  let last: LinkReport | undefined
  let offset = 0
  let stopReconcile = (): void => undefined
  let stopReport: Cancel | undefined
  let forking = false
  const asked: string[] = []
  /** Who waits for the relay's time. */
  const untimed: (() => void)[] = []

  const wire = wireLink(replica, parts.transport, {
    'greet'() {
      for (const sync of syncs.values()) sync.watch()
    },
    'up'({ welcome }) {
      if (personal && personal !== welcome.personal) return wire.handle({ type: 'give-up', code: 'WRONG_SUBJECT' })
      // In the order of writing it comes before anything that this link brings.
      if (!personal) void quietly(replica.write(tx => changeDevice(tx, { personal: welcome.personal })))
      ;({ personal } = welcome)
      for (const sync of syncs.values()) sync.link('up')
      presence.link(send)
      reconcileLater()
    },
    'down'() {
      for (const sync of syncs.values()) sync.link('down')
      presence.link(undefined)
      stopReconcile()
      timed()
    },
    'cloned': () => fork(),
    'heard'(message) {
      if (!('space' in message)) return
      const space = message.space === personal ? PERSONAL_SPACE : message.space
      if (message.type === 'presence') presence.hear({ ...message, space })
      else syncs.get(space)?.hear(message)
    },
    'relay-time'({ wall, rtt }) {
      offset = Math.round(wall + rtt / 2 - clock.now())
      replica.stamps.correct(offset)
      if (offset !== last?.offset) reportSoon()
      timed()
    },
    'changed': () => report(),
  })

  /** The personal space has another name on the wire. */
  const send = (message: ClientMessage): void => {
    const isPersonal = 'space' in message && message.space === PERSONAL_SPACE
    wire.send(isPersonal ? { ...message, space: personal ?? PERSONAL_SPACE } : message)
  }

  const timed = (): void => {
    for (const then of untimed.splice(0)) then()
  }

  const setRight = (): Promise<void> => {
    if (wire.state().at !== 'live') return Promise.resolve()
    wire.handle({ type: 'wake' })
    return new Promise(resolve => untimed.push(resolve))
  }

  const changeDevice = async (tx: Tx, change: Partial<DeviceRecord>): Promise<void> => {
    const stored = (await tx.get('meta', keys.device)) as DeviceRecord | undefined
    if (stored) tx.put('meta', keys.device, { ...stored, ...change })
  }

  const reconcileLater = (): void => {
    stopReconcile()
    stopReconcile = clock.after(RECONCILE_MS, () => {
      lookAgain()
      void quietly(evict(replica, parts.evictAbove, parts.open))
      reconcileLater()
    })
  }

  const lookAgain = (): void => {
    for (const sync of syncs.values()) {
      sync.watch()
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
    const spaces = [...syncs.values()].map(sync => sync.state())
    const next = reportOf(wire.state(), wire.polls(), !!wanted, spaces, offset)
    if (JSON.stringify(next) !== JSON.stringify(last)) {
      last = next
      news.tell({ type: 'link', report: next })
    }
    // Whoever asked to sync now is told once it is done, or cannot be done now.
    const synced = next.live && !next.syncing
    if (!synced && (next.mode !== 'offline' || next.reason === 'connecting')) return
    for (const id of asked.splice(0)) news.tell({ type: 'synced', id, synced })
  }

  const openSpace = async (space: string): Promise<void> => {
    if (syncs.has(space)) return
    const sync = await spaceSync({
      replica,
      background,
      space,
      wire,
      send,
      fork,
      setRight,
      changed: reportSoon,
    })
    if (!leading || syncs.has(space)) return sync.stop()
    syncs.set(space, sync)
    if (wire.state().at === 'live') {
      sync.watch()
      sync.link('up')
    }
    await quietly(background.recover(space))
  }

  /** Another device goes by this one's name: all that is unacked is written anew under a name of its own. */
  const fork = (): void => {
    if (forking) return
    forking = true
    wire.handle({ type: 'distrust' })
    const device = replica.newId()
    replica.rename(device)
    const renamed = replica.write(async tx => {
      await changeDevice(tx, { device })
      for (const space of syncs.keys()) {
        for (const document of await readMarked(tx, space, 'unacked')) {
          await reissue(tx, replica, { space, document }, 'DEVICE_FORKED')
        }
      }
      tx.tell({ type: 'renamed-device', device })
    })
    const goOn = (): void => {
      for (const sync of syncs.values()) sync.feedOut({ type: 'forked' })
      forking = false
    }
    void quietly(renamed.then(goOn))
  }

  const lead = async (): Promise<void> => {
    leading = true
    try {
      const stored = (await replica.read(tx => tx.get('meta', keys.device))) as DeviceRecord | undefined
      personal = stored?.personal ?? undefined
      for (const space of parts.spaces) await openSpace(space)
    } catch {
      // Storage that fails for now is asked again: without it there is nothing to lead with.
      clock.after(RETRY_MS, () => {
        if (leading) void lead()
      })
      return
    }
    if (!leading) return
    ready = true
    begin()
    news.tell({ type: 'ask', leads: true })
  }

  const begin = (): void => {
    if (ready && wanted) wire.start(linkAddress(wanted.url), wanted.token)
  }

  const follow = (): void => {
    leading = ready = false
    wire.handle({ type: 'stop' })
    for (const sync of syncs.values()) sync.stop()
    syncs.clear()
    role.leave()
  }

  /** But for the relay's clock, what is heard counts only for whoever leads. */
  const heard: NewsHandlers = {
    'outbox': ({ space, heads }) => syncs.get(space)?.feedOut({ type: 'found', entries: heads }),
    'settled': ({ space, entries }) => syncs.get(space)?.feedOut({ type: 'dropped', entries }),
    'replaced': ({ space, entries }) => syncs.get(space)?.feedOut({ type: 'replaced', entries }),
    'wanted': ({ space, documents, urgent }) => syncs.get(space)?.feedIn({ type: 'need', documents, urgent }),
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
      if (!leading || wanted) return
      follow()
      role = tabs.lead(() => void lead())
    },
    // Every tab stamps by the relay's clock, and whoever leads next begins with it.
    'link': ({ report: { offset: known } }) => {
      offset = known
      replica.stamps.correct(known)
    },
    'ask': () => {
      last = undefined
      report()
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
      stopNews()
      stopReconcile()
      stopReport?.()
      follow()
    },
  }
}

/** What fails here fails because the client is being closed, or storage is gone: the status says so. */
function quietly(work: Promise<unknown>): Promise<unknown> {
  return work.catch(() => undefined)
}
