/**
 * The y-websocket door, `/y/<space>/<document>?token=…`: any stock y-websocket client, in the same log as everybody. Laws:
 * - Whoever is no member, and a space that is not there, are the same answer (A4). The token is looked at first, and never logged.
 * - A document has a channel while somebody is in it, and nothing of it is held: 1,000 open documents cost what their sockets do (T1).
 * - What others write into the space, through this node or another, arrives as its own clients' edits do (R5).
 */
import { hex, isId, JoineryError, type Clock, type Entry, type Random, type Role, type Store } from '@joinery/core'
import type { Presence } from '@joinery/core/protocol'
import type { Spaces } from '../access/spaces.ts'
import type { Verify } from '../access/tokens.ts'
import type { CommitLanes } from '../commit-lanes.ts'
import type { Scanned } from '../gate/gate.ts'
import type { Heads } from '../heads.ts'
import type { Followed, Hub } from '../hub.ts'
import { inTurns } from '../in-turns.ts'
import type { RelayLimits } from '../limits.ts'
import { reasonOf, type Counters, type Log } from '../log.ts'
import type { Socket, SocketEvents } from '../socket.ts'
import type { Soon } from '../soon.ts'
import type { States } from '../state/states.ts'
import type { Asked } from './address.ts'
import { createChannel, type Channel } from './channel.ts'
import { closeOf, DOOR_CLOSE } from './close.ts'
import { createConnection, type ConnectionOptions, type DoorConnection } from './connection.ts'

/** As it stands in the address. */
export interface DoorAddress extends Asked {
  /** Where it comes from, as limits count it. */
  readonly from?: string
}

export interface Door {
  accept(socket: Socket, address: DoorAddress): SocketEvents
  /** Takes nobody and reads nothing more. Resolves when what was taken is committed and shown. */
  hold(): Promise<void>
  /** Ends every connection, and those to come; their clients come back by themselves. */
  restart(): void
  /** Takes connections again. */
  open(): void
  /** Connections now. */
  count(): number
  /** Documents that somebody is in. */
  documents(): number
  /** Connections that are behind others. */
  lagging(): number
  close(): void
}

export interface DoorOptions {
  readonly store: Pick<Store, 'body'>
  readonly clock: Clock
  readonly random: Random
  readonly limits: RelayLimits
  readonly verify: Verify
  readonly spaces: Spaces
  readonly committers: Pick<CommitLanes, 'of'>
  readonly heads: Pick<Heads, 'load'>
  readonly hub: Pick<Hub, 'follow' | 'tell'>
  readonly states: States
  /** What an update is, before anything else reads it. */
  readonly scan: (bytes: Uint8Array) => Promise<Scanned>
  /** Lets others have their turn. */
  readonly turn: () => Promise<void>
  readonly log: Log
  readonly counters: Counters
}

const NAME_BYTES = 12
const TICK_MS = 1_000
/** As many roles are read without a pause. */
const ROLES_AT_ONCE = 64

/** A space with documents that stock clients are in. */
interface Room {
  readonly channelsByDocument: Map<string, Channel>
  readonly followed: Followed
}

export function createDoor(options: DoorOptions): Door {
  const { clock, limits, hub, heads, spaces, log, counters } = options
  const connections = new Set<DoorConnection>()
  const roomsBySpace = new Map<string, Room>()
  const forAll: ConnectionOptions = {
    ...options,
    unsplit: { ...limits, frameBytes: Number.MAX_SAFE_INTEGER },
    reading: inTurns(limits.reads),
  }
  /** Of a subject at an address. */
  const countByVisitor = new Map<string, number>()
  let isOpen = true
  let stopTick = (): void => undefined
  let sweptAt = 0

  const enter = (space: string, document: string): { readonly room: Room; readonly channel: Channel } => {
    const room = roomsBySpace.get(space) ?? openRoom(space)
    const known = room.channelsByDocument.get(document)
    if (known !== undefined) return { room, channel: known }
    const tell = (presences: () => readonly Presence[]): void => hub.tell(space, presences)
    const channel = createChannel({ space, document, clock, tickMs: limits.presenceTickMs, tell })
    room.channelsByDocument.set(document, channel)
    for (const presence of room.followed.near(document)) channel.near(presence)
    return { room, channel }
  }

  const openRoom = (space: string): Room => {
    const channelsByDocument = new Map<string, Channel>()
    const followed = hub.follow(space, {
      entries(entries) {
        for (const [document, ofDocument] of byDocument(entries)) channelsByDocument.get(document)?.entries(ofDocument)
      },
      near(presences) {
        for (const presence of presences) channelsByDocument.get(presence.document)?.near(presence)
      },
      *present() {
        for (const channel of channelsByDocument.values()) yield* channel.present()
      },
      lost() {
        for (const channel of channelsByDocument.values()) channel.end(DOOR_CLOSE.TRY_LATER, 'UNAVAILABLE')
      },
    })
    const room = { channelsByDocument, followed }
    roomsBySpace.set(space, room)
    return room
  }

  const leave = (space: string, document: string, connection: DoorConnection): void => {
    const room = roomsBySpace.get(space)
    const channel = room?.channelsByDocument.get(document)
    channel?.leave(connection)
    if (room === undefined || channel === undefined || !channel.isEmpty()) return
    room.channelsByDocument.delete(document)
    if (room.channelsByDocument.size > 0) return
    roomsBySpace.delete(space)
    room.followed.stop()
  }

  /** Stock clients open a connection for each document, so there may be many, and one more than that is told to come back (WS-13). */
  const count = (visitor: string, entered: Entered): void => {
    const others = countByVisitor.get(visitor) ?? 0
    if (others >= limits.doorSocketsPerSubject) throw new JoineryError('RATE_LIMITED')
    countByVisitor.set(visitor, others + 1)
    entered.uncount = () => {
      const left = (countByVisitor.get(visitor) ?? 0) - 1
      if (left > 0) countByVisitor.set(visitor, left)
      else countByVisitor.delete(visitor)
    }
  }

  /** Who it is, whether it may, and what of. */
  const admit = async (
    connection: DoorConnection,
    address: DoorAddress,
    entered: Entered,
    socket: Socket,
  ): Promise<void> => {
    const { document } = address
    if (!isId(address.space) || !isId(document)) throw new JoineryError('BAD_INPUT')
    const { subject, left } = await options.verify(address.token)
    if (!connections.has(connection)) return
    socket.known?.()
    count(`${address.from ?? ''} ${subject}`, entered)
    const access = await spaces.open(subject, address.space)
    if (access === undefined) throw new JoineryError('NOT_FOUND')
    if (!connections.has(connection)) return
    const { space, role } = access
    const { room, channel } = enter(space, document)
    channel.enter(connection)
    entered.leave = () => leave(space, document, connection)
    await room.followed.ready
    const { head } = await heads.load(space, document)
    if (head?.state === 'gone') throw new JoineryError('GONE')
    if (head !== undefined && head.engine !== 'yjs') throw new JoineryError('KIND_MISMATCH')
    connection.admitted({
      space,
      document,
      subject,
      role,
      kind: head?.kind,
      until: clock.monotonic() + left,
      channel,
    })
    log.info('entered', { session: connection.id, subject, space, document, address: address.from })
  }

  const tick = (): void => {
    const now = clock.monotonic()
    for (const connection of connections) connection.tick(now)
    for (const { channelsByDocument } of roomsBySpace.values()) {
      for (const channel of channelsByDocument.values()) channel.tick(now)
    }
    if (now - sweptAt >= limits.roleMs) {
      sweptAt = now
      void sweep()
    }
    tickLater()
  }
  const tickLater = (): void => {
    stopTick()
    if (isOpen && connections.size > 0) stopTick = clock.after(TICK_MS, tick)
  }

  /** Roles may have changed (A2). */
  const sweep = async (): Promise<void> => {
    const roles = new Map<string, Soon<Role | undefined>>()
    let asked = 0
    for (const connection of connections) {
      const who = connection.who()
      if (who === undefined) continue
      const key = `${who.space} ${who.subject}`
      if (++asked % ROLES_AT_ONCE === 0) await options.turn()
      const role = roles.get(key) ?? spaces.roleOf(who.space, who.subject)
      roles.set(key, role)
      try {
        connection.heardRole(await role)
      } catch (error) {
        log.warn('role-failed', { space: who.space, ...reasonOf(error) })
      }
    }
  }

  return {
    accept(socket, address) {
      const entered: Entered = { leave: undefined, uncount: undefined }
      const connection = createConnection(forAll, {
        id: `y-${hex(options.random.bytes(NAME_BYTES))}`,
        socket,
        gone(one) {
          connections.delete(one)
          entered.leave?.()
          entered.uncount?.()
        },
      })
      connections.add(connection)
      counters.add('door-accepted')
      if (connections.size === 1) tickLater()
      if (!isOpen) connection.end(DOOR_CLOSE.RESTART, 'UNAVAILABLE')
      admit(connection, address, entered, socket).catch((error: unknown) => {
        const code = error instanceof JoineryError ? error.code : 'UNAVAILABLE'
        log.info('not-admitted', { session: connection.id, ...reasonOf(error) })
        connection.end(code === 'BAD_INPUT' ? DOOR_CLOSE.BAD_FRAME : closeOf(code), code)
      })
      return { id: connection.id, frame: connection.frame, closed: connection.closed }
    },
    async hold() {
      isOpen = false
      for (const connection of connections) connection.hold()
      await Promise.all([...connections].map(connection => connection.idle()))
    },
    open() {
      isOpen = true
    },
    restart() {
      isOpen = false
      for (const connection of [...connections]) connection.end(DOOR_CLOSE.RESTART, 'UNAVAILABLE')
    },
    count: () => connections.size,
    documents: () =>
      [...roomsBySpace.values()].reduce((sum, { channelsByDocument }) => sum + channelsByDocument.size, 0),
    lagging: () => [...connections].filter(connection => connection.isLagging()).length,
    close() {
      isOpen = false
      stopTick()
      for (const connection of [...connections]) connection.closed()
    },
  }
}

/** What was entered has to be left, however far the connection came. */
interface Entered {
  leave: (() => void) | undefined
  uncount: (() => void) | undefined
}

function byDocument(entries: readonly Entry[]): Map<string, Entry[]> {
  const entriesByDocument = new Map<string, Entry[]>()
  for (const entry of entries) {
    const others = entriesByDocument.get(entry.document)
    if (others === undefined) entriesByDocument.set(entry.document, [entry])
    else others.push(entry)
  }
  return entriesByDocument
}
