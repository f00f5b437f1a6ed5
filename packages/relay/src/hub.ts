/**
 * Who watches what. Laws:
 * - What a commit brought to a space is encoded once, whoever watches it, its author included, and those at other nodes.
 * - R5: a hint of another node, or a poll, finds what this node did not commit itself; the log is the truth. What a hint brings is shown only
 *   where it follows what is known here; else the log is read, once for all who watch.
 * - Who is there by other nodes is shown as who is there by this one (`elsewhere.ts`).
 * - A space nobody watches costs nothing.
 */
import type { Bus, Clock, Code, CommittedSpace, Cursor, Entry, Store, TraceContext } from '@joinery/core'
import { encodeMessage, type Presence } from '@joinery/core/protocol'
import { createElsewhereTelling, type ElsewhereTelling } from './elsewhere-telling.ts'
import { createElsewhere, type Elsewhere } from './elsewhere.ts'
import { decodeHint, encodeHint, encodeTelling, HINT_BYTES, type Hint } from './hint.ts'
import { inTurns } from './in-turns.ts'
import type { RelayLimits } from './limits.ts'
import { reasonOf, type Log } from './log.ts'
import { newsIn, newsOf, type News } from './news.ts'
import { createPresences, frameOf, type Neighbours, type Presences, type ToldPresence } from './presences.ts'
import { subscribe, type Known, type PumpOptions, type Reader, type Subscription } from './pump.ts'
import { createTail, type Tail } from './tail.ts'
import type { Tracing } from './tracing/tracing.ts'

/** Whoever needs entries and not frames. Called in order. */
export interface Follower {
  /** What the log holds behind what was told before. */
  entries(entries: readonly Entry[]): void
  /** The log is another one now (R4): what was told is worth nothing. */
  lost(): void
}

/** What a watch leads to besides news. */
export interface Told {
  /** It is under way; whether the cursor had to be reset. */
  begun(reset: boolean): void
  /** An entry of this document is missing from what the reader got. */
  damaged(document: string): void
  failed(code: Code): void
}

export interface Hub {
  watch(reader: Reader, space: string, cursor: Cursor | undefined, told: Told): void
  leave(reader: Reader, space: string): void
  /**
   * Resolves once this reader has been sent all that the log of a space holds now; at once when it does not watch it. Before that, a page of
   * bodies could be the last to miss a document: one that moved past the page, in an edit that the reader is not told of yet (R2).
   */
  inStep(reader: Reader, space: string): Promise<void>
  /** The connection ended. */
  gone(reader: Reader): void
  /** Tells of every entry that is committed after `ready`, until `stop`. */
  follow(space: string, follower: Follower & Neighbours): Followed
  /** What people of a follower show, told to those who watch, here and elsewhere. Made only when there may be somebody. */
  tell(space: string, presences: () => readonly Presence[]): void
  /** `commit`: what brought them, when it is traced. Returns what a commit costs other nodes, in ms. */
  published(committed: CommittedSpace, entries: readonly Entry[], commit?: TraceContext): number
  /** The log of a space may have moved without this node knowing. */
  unsure(space: string): void
  /** False when it is stale or one too many. */
  present(
    reader: Reader,
    subject: string,
    space: string,
    document: string,
    clock: number,
    state: string | undefined,
  ): boolean
  /** Watches now, and those whose reader has as much to read as he may. */
  watches(): { readonly count: number; readonly lagging: number }
  close(): void
}

export interface Followed {
  /** Rejects when the log cannot be read now. */
  readonly ready: Promise<unknown>
  /** What those show in a document who watch, or are there by other nodes. */
  near(document: string): Presence[]
  stop(): void
}

export interface HubOptions extends Omit<PumpOptions, 'limits' | 'reading'> {
  readonly store: Pick<Store, 'head' | 'markAt' | 'read'>
  readonly bus: Bus
  readonly clock: Clock
  readonly limits: Pick<
    RelayLimits,
    'pageBytes' | 'pollMs' | 'presenceTickMs' | 'presenceRenewMs' | 'presencesPerSession' | 'reads'
  >
  readonly log: Log
  /** Names this node, as long as it lives. */
  readonly node: string
  readonly damaged: (space: string, document: string) => void
  readonly tracing?: Tracing | undefined
}

interface Channel {
  readonly space: string
  readonly subscriptionsByReader: Map<Reader, Subscription>
  readonly presences: Presences
  /** While others can be told. */
  readonly elsewhere: Elsewhere | undefined
  /** Only where hints bring what was committed; else every node reads the store. */
  readonly telling: ElsewhereTelling | undefined
  readonly followers: Set<Follower & Neighbours>
  /** Once somebody follows, or others write what is watched here. */
  tail: Tail | undefined
  /** How far the log is known to go. */
  known: number
  /** What this node committed there last. */
  head: Pick<Cursor, 'seq' | 'mark'> | undefined
  /** When this node moved the log last. */
  movedAt: number
  stopPoll: () => void
  stopHints: () => void
  ticking: boolean
}

export function createHub(options: HubOptions): Hub {
  const { store, bus, clock, limits, log, tracing } = options
  const channelsBySpace = new Map<string, Channel>()
  const spacesByReader = new Map<Reader, Set<string>>()
  const reading = inTurns(limits.reads)
  /** When a bus comes back, every space is looked at. */
  const polling = inTurns(limits.reads)
  let closed = false

  const open = (space: string): Channel => {
    const known = channelsBySpace.get(space)
    if (known !== undefined) return known
    const channel: Channel = {
      space,
      subscriptionsByReader: new Map(),
      presences: createPresences(space, limits.presencesPerSession),
      elsewhere: bus.carriesPresence
        ? createElsewhere({ ...options, space, told: news => tellAll(channel, news) })
        : undefined,
      telling: bus.carriesPresence
        ? createElsewhereTelling(clock, ms => bus.publish(topicOf(space), encodeTelling({ node: options.node, ms })))
        : undefined,
      followers: new Set(),
      tail: undefined,
      known: 0,
      head: undefined,
      movedAt: -Infinity,
      stopPoll: () => undefined,
      stopHints: bus.subscribe(
        topicOf(space),
        hint => hinted(channel, decodeHint(hint)),
        () => void polling(() => poll(channel)),
      ),
      ticking: false,
    }
    channelsBySpace.set(space, channel)
    pollLater(channel)
    return channel
  }

  const closeIfEmpty = (channel: Channel): void => {
    if (channel.subscriptionsByReader.size > 0 || channel.followers.size > 0) return
    channel.tail?.end()
    channel.stopPoll()
    channel.stopHints()
    // No tick comes to say goodbye.
    channel.elsewhere?.tell(channel.presences.take())
    channel.elsewhere?.close()
    channelsBySpace.delete(channel.space)
  }

  const heard = (channel: Channel, seq: number, news?: News, before?: Uint8Array): void => {
    if (seq <= channel.known) return
    channel.known = seq
    if (channel.tail === undefined) {
      channel.tail = openTail(channel)
    } else if (news === undefined || before === undefined) channel.tail.catchUp()
    else channel.tail.offer(news, before)
  }

  const hinted = (channel: Channel, { seq, trace, news, before, telling }: Hint): void => {
    if (telling !== undefined && telling.node !== options.node) channel.telling?.heard(telling)
    if (seq <= channel.known) return
    const brought = news && newsIn(news, channel.space)
    heard(channel, seq, brought?.cursor.seq === seq ? brought : undefined, before)
    if (trace !== undefined) delivered(channel, seq, trace)
  }

  /** To all who stand where it begins; whoever does not reads by himself. */
  const show = ({ subscriptionsByReader, followers }: Channel, news: News): void => {
    for (const subscription of subscriptionsByReader.values()) subscription.offer(news)
    for (const follower of followers) follower.entries(news.entries)
  }

  /** Watches until everybody here was sent it. */
  const delivered = ({ space, subscriptionsByReader, tail }: Channel, seq: number, from: TraceContext): void => {
    if (tracing === undefined) return
    const readers = [...subscriptionsByReader.values(), ...(tail === undefined ? [] : [tail])]
    const reached = readers.map(reader => reader.reached(seq))
    tracing.deliver(from, space, seq, reached)
  }

  const openTail = (channel: Channel): Tail => {
    const { space, followers, subscriptionsByReader } = channel
    const readAlone = (): void => {
      for (const subscription of subscriptionsByReader.values()) subscription.catchUp()
    }
    const tail = createTail({
      ...options,
      reading,
      space,
      known: knownOf(channel),
      damaged: document => options.damaged(space, document),
      told: {
        news(news, isWhole) {
          // Each reader is told of what is missing from what he got.
          if (!isWhole) readAlone()
          const beganAt = clock.monotonic()
          show(channel, news)
          const isOwn = channel.head?.seq === news.cursor.seq
          if (!isOwn) channel.telling?.took(clock.monotonic() - beganAt)
        },
        lost() {
          readAlone()
          for (const follower of followers) follower.lost()
        },
      },
    })
    tail.ready.then(
      // It began where the log was, and who was behind reads that far by himself.
      from => {
        for (const subscription of subscriptionsByReader.values()) void subscription.reached(from)
      },
      () => {
        // Whoever comes next begins anew.
        tail.end()
        if (channel.tail === tail) channel.tail = undefined
        readAlone()
      },
    )
    return tail
  }

  /** Not while this node moves the log itself: each commit puts it off, and sets no timer for that. */
  const pollLater = (channel: Channel, wait = limits.pollMs): void => {
    channel.stopPoll()
    channel.stopPoll = clock.after(wait, () => {
      const left = channel.movedAt + limits.pollMs - clock.monotonic()
      if (left > 0) pollLater(channel, left)
      else void poll(channel)
    })
  }

  const poll = async (channel: Channel): Promise<void> => {
    if (channelsBySpace.get(channel.space) !== channel || closed) return
    try {
      const head = await store.head(channel.space)
      if (head !== undefined) heard(channel, head.seq)
    } catch (error) {
      log.warn('poll-failed', { space: channel.space, ...reasonOf(error) })
    }
    if (channelsBySpace.get(channel.space) === channel && !closed) pollLater(channel)
  }

  const leave = (reader: Reader, space: string): void => {
    const channel = channelsBySpace.get(space)
    if (channel === undefined) return
    channel.subscriptionsByReader.get(reader)?.end()
    channel.subscriptionsByReader.delete(reader)
    spacesByReader.get(reader)?.delete(space)
    channel.presences.gone(reader.session)
    tickLater(channel)
    closeIfEmpty(channel)
  }

  /** Presence of a tick goes out together, and never to a reader who lags: but for goodbyes, which nobody would repeat. */
  const tickLater = (channel: Channel): void => {
    if (channel.ticking || channel.presences.empty()) return
    channel.ticking = true
    clock.after(limits.presenceTickMs, () => {
      channel.ticking = false
      const taken = channel.presences.take()
      tellAll(channel, taken)
      channel.elsewhere?.tell(taken)
    })
  }

  const tellAll = (channel: Channel, news: readonly ToldPresence[]): void => {
    if (news.length === 0) return
    for (const { presence, frame } of news) tell(channel, presence, frame)
    for (const follower of channel.followers) follower.near(news.map(({ presence }) => presence))
  }

  const tell = (channel: Channel, { session, state }: Presence, frame: Uint8Array): void => {
    for (const reader of channel.subscriptionsByReader.keys()) {
      if (reader.session !== session && (state === undefined || !reader.full())) reader.send(frame)
    }
  }

  return {
    watch(reader, space, cursor, told) {
      const channel = open(space)
      channel.subscriptionsByReader.get(reader)?.end()
      const spaces = spacesByReader.get(reader) ?? new Set()
      spacesByReader.set(reader, spaces.add(space))
      const subscription = subscribe({
        ...options,
        reading,
        space,
        reader,
        cursor,
        known: knownOf(channel),
        begun(reset) {
          told.begun(reset)
          for (const frame of channel.presences.present()) reader.send(frame)
          for (const follower of channel.followers) {
            for (const presence of follower.present()) reader.send(encodeMessage(presence))
          }
          for (const presence of channel.elsewhere?.present() ?? []) reader.send(frameOf(presence))
        },
        damaged(document) {
          told.damaged(document)
          options.damaged(space, document)
        },
        failed(code) {
          if (channel.subscriptionsByReader.get(reader) === subscription) leave(reader, space)
          told.failed(code)
        },
      })
      channel.subscriptionsByReader.set(reader, subscription)
    },
    leave,
    async inStep(reader, space) {
      const subscriptionOf = (): Subscription | undefined =>
        channelsBySpace.get(space)?.subscriptionsByReader.get(reader)
      if (subscriptionOf() === undefined) return
      const head = await store.head(space)
      if (head === undefined) return
      // Watched anew meanwhile, it is another subscription.
      for (let one = subscriptionOf(), before; one !== undefined && one !== before; one = subscriptionOf()) {
        await one.reached(head.seq)
        before = one
      }
    },
    gone(reader) {
      for (const space of spacesByReader.get(reader) ?? []) leave(reader, space)
      spacesByReader.delete(reader)
    },
    follow(space, follower) {
      const channel = open(space)
      channel.followers.add(follower)
      channel.tail ??= openTail(channel)
      return {
        ready: channel.tail.ready,
        near: document => [
          ...channel.presences.of(document),
          ...[...(channel.elsewhere?.present() ?? [])].filter(presence => presence.document === document),
        ],
        stop() {
          if (channel.followers.delete(follower)) closeIfEmpty(channel)
        },
      }
    },
    tell(space, presences) {
      const channel = channelsBySpace.get(space)
      if (channel === undefined) return
      const { elsewhere, subscriptionsByReader } = channel
      if (elsewhere === undefined && subscriptionsByReader.size === 0) return
      const news = presences().map(presence => ({ presence, frame: encodeMessage(presence) }))
      for (const { presence, frame } of news) tell(channel, presence, frame)
      elsewhere?.tell(news)
    },
    published(committed, entries, commit) {
      const { space, head } = committed
      const publishing = commit && tracing?.publish(commit, space, head.seq)
      const [first] = entries
      const channel = channelsBySpace.get(space)
      const news = first && newsOf(space, first.seq - 1, head, entries)
      let brought: Brought | undefined
      if (channel !== undefined && news !== undefined) {
        channel.known = Math.max(channel.known, head.seq)
        brought = broughtBy(bus, news, channel)
        channel.head = head
      }
      // Others have the longer way, and tell theirs while those here are told.
      bus.publish(topicOf(space), encodeHint(head.seq, publishing?.context, brought))
      if (channel !== undefined && news !== undefined) {
        if (channel.tail === undefined) show(channel, news)
        else {
          // Whoever is in step does not wait for what others wrote elsewhere to be read.
          for (const subscription of channel.subscriptionsByReader.values()) subscription.take(news)
          channel.tail.offer(news)
        }
        channel.movedAt = clock.monotonic()
      }
      publishing?.done(clock.monotonic())
      if (channel === undefined) return 0
      if (publishing !== undefined) delivered(channel, head.seq, publishing.context)
      return channel.telling?.elsewhere() ?? 0
    },
    unsure(space) {
      const channel = channelsBySpace.get(space)
      if (channel !== undefined) void poll(channel)
    },
    present(reader, subject, space, document, at, state) {
      const channel = channelsBySpace.get(space)
      // Presence is for whoever is here: only a reader of the space has one in it.
      if (channel === undefined || !channel.subscriptionsByReader.has(reader)) return false
      const isSet = channel.presences.set(reader.session, subject, document, at, state)
      if (isSet) tickLater(channel)
      return isSet
    },
    watches() {
      let count = 0
      let lagging = 0
      for (const { subscriptionsByReader } of channelsBySpace.values()) {
        for (const reader of subscriptionsByReader.keys()) {
          count += 1
          if (reader.full()) lagging += 1
        }
      }
      return { count, lagging }
    },
    close() {
      closed = true
      for (const channel of channelsBySpace.values()) {
        channel.stopPoll()
        channel.stopHints()
        channel.elsewhere?.close()
        for (const subscription of channel.subscriptionsByReader.values()) subscription.end()
        channel.tail?.end()
      }
      channelsBySpace.clear()
      spacesByReader.clear()
    },
  }
}

interface Brought {
  readonly news: Uint8Array
  /** The log's mark before it. */
  readonly before: Uint8Array
}

/** What goes to other nodes with its hint: all of it, where there is room on the bus, and where it is known here what it follows. */
function broughtBy(
  bus: Bus,
  { entries, cursor, after, frame }: News,
  { head, tail }: Pick<Channel, 'head' | 'tail'>,
): Brought | undefined {
  if (!bus.carriesPresence || after + entries.length !== cursor.seq) return undefined
  const before = [tail?.at(), head].find(one => one?.seq === after)?.mark
  let bytes = HINT_BYTES
  for (const entry of entries) bytes += entry.bytes.length
  if (before === undefined || bytes > bus.payloadBytes) return undefined
  const news = frame()
  return news.length + HINT_BYTES <= bus.payloadBytes ? { news, before } : undefined
}

function knownOf(channel: Channel): Known {
  return {
    seq: () => channel.known,
    disproved(seq, told) {
      if (told > seq && channel.known === told) channel.known = seq
    },
  }
}

function topicOf(space: string): string {
  return `log/${space}`
}
