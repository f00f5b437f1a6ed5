/**
 * The y-websocket door, `/y/<space>/<document>?token=…`: any stock y-websocket client, in the same log as everybody. Laws:
 * - Whoever is no member, and a space that is not there, are the same answer (A4). The token is looked at first, and never logged.
 * - A document has a channel while somebody is in it, and nothing of it is held: 1,000 open documents cost what their sockets do (T1).
 * - What others write into the space, through this node or another, arrives as its own clients' edits do (R5).
 */
import { hex, isId, JoineryError, type Clock, type Entry, type Random, type Role, type Store } from '@joinery/core'
import type { Spaces } from '../access/spaces.ts'
import type { Verify } from '../access/tokens.ts'
import type { Committer } from '../committer.ts'
import type { Scanned } from '../gate/gate.ts'
import type { Heads } from '../heads.ts'
import type { Followed, Hub } from '../hub.ts'
import { inTurns } from '../in-turns.ts'
import type { RelayLimits } from '../limits.ts'
import { reasonOf, type Counters, type Log } from '../log.ts'
import type { Socket, SocketEvents } from '../socket.ts'
import type { States } from '../state/states.ts'
import { createChannel, type Channel } from './channel.ts'
import { closeOf, DOOR_CLOSE } from './close.ts'
import { createConnection, type DoorConnection } from './connection.ts'
import { answerFrames } from './frames.ts'

/** As it stands in the address. */
export interface DoorAddress {
  /** As its clients call it: `me` is a personal one. */
  readonly space: string
  readonly document: string
  readonly token: string
}

export interface Door {
  accept(socket: Socket, address: DoorAddress): SocketEvents
  /** Takes nobody and reads nothing more. Resolves when what was taken is committed and shown. */
  hold(): Promise<void>
  /** Ends every connection; its client comes back by itself. */
  restart(): void
  /** Connections now. */
  count(): number
  close(): void
}

export interface DoorOptions {
  readonly store: Pick<Store, 'body'>
  readonly clock: Clock
  readonly random: Random
  readonly limits: RelayLimits
  readonly verify: Verify
  readonly spaces: Spaces
  readonly committer: Pick<Committer, 'take'>
  readonly heads: Pick<Heads, 'load'>
  readonly hub: Pick<Hub, 'follow'>
  readonly states: States
  /** What an update is, before anything else reads it. */
  readonly scan: (bytes: Uint8Array) => Promise<Scanned>
  readonly log: Log
  readonly counters: Counters
}

const NAME_BYTES = 12
const TICK_MS = 1_000

/** A space with documents that stock clients are in. */
interface Room {
  readonly channelsByDocument: Map<string, Channel>
  readonly followed: Followed
}

export function createDoor(options: DoorOptions): Door {
  const { clock, limits, hub, heads, spaces, log, counters } = options
  const connections = new Set<DoorConnection>()
  const roomsBySpace = new Map<string, Room>()
  const reading = inTurns(limits.reads)
  const shared = answerFrames()
  let isOpen = true
  let stopTick = (): void => undefined
  let sweptAt = 0

  const enter = (space: string, document: string): { readonly room: Room; readonly channel: Channel } => {
    const room = roomsBySpace.get(space) ?? openRoom(space)
    const channel = room.channelsByDocument.get(document) ?? createChannel({ clock, tickMs: limits.presenceTickMs })
    room.channelsByDocument.set(document, channel)
    return { room, channel }
  }

  const openRoom = (space: string): Room => {
    const channelsByDocument = new Map<string, Channel>()
    const followed = hub.follow(space, {
      entries(_seq, entries) {
        for (const [document, ofDocument] of byDocument(entries)) channelsByDocument.get(document)?.entries(ofDocument)
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

  /** Who it is, whether it may, and what of. */
  const admit = async (connection: DoorConnection, address: DoorAddress, entered: Entered): Promise<void> => {
    const { document } = address
    if (!isId(address.space) || !isId(document)) throw new JoineryError('BAD_INPUT')
    const { subject, left } = await options.verify(address.token)
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
  }

  const tick = (): void => {
    const now = clock.monotonic()
    for (const connection of connections) connection.tick(now)
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
    const roles = new Map<string, Promise<Role | undefined>>()
    for (const connection of connections) {
      const who = connection.who()
      if (who === undefined) continue
      const key = `${who.space} ${who.subject}`
      const asked = roles.get(key) ?? spaces.roleOf(who.space, who.subject)
      roles.set(key, asked)
      try {
        connection.heardRole(await asked)
      } catch (error) {
        log.warn('role-failed', { space: who.space, ...reasonOf(error) })
      }
    }
  }

  return {
    accept(socket, address) {
      const entered: Entered = { leave: undefined }
      const connection = createConnection({
        ...options,
        id: `y-${hex(options.random.bytes(NAME_BYTES))}`,
        socket,
        reading,
        shared,
        gone(one) {
          connections.delete(one)
          entered.leave?.()
        },
      })
      connections.add(connection)
      counters.add('door-accepted')
      if (connections.size === 1) tickLater()
      if (!isOpen) connection.end(DOOR_CLOSE.RESTART, 'UNAVAILABLE')
      admit(connection, address, entered).catch((error: unknown) => {
        const code = error instanceof JoineryError ? error.code : 'UNAVAILABLE'
        log.info('not-admitted', { session: connection.id, ...reasonOf(error) })
        connection.end(code === 'BAD_INPUT' ? DOOR_CLOSE.BAD_FRAME : closeOf(code), code)
      })
      return { frame: connection.frame, closed: connection.closed }
    },
    async hold() {
      isOpen = false
      for (const connection of connections) connection.hold()
      await Promise.all([...connections].map(connection => connection.idle()))
    },
    restart() {
      isOpen = false
      for (const connection of [...connections]) connection.end(DOOR_CLOSE.RESTART, 'UNAVAILABLE')
    },
    count: () => connections.size,
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
