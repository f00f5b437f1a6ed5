/**
 * What each limit is, for whoever sets another, and the least and the most with which the relay still does what it promises. What it is by itself
 * stands in `limits.ts`, what limits must be together in `limit-rules.ts`.
 */
import type { RelayLimits } from '../limits.ts'

interface LimitWords {
  readonly tells: string
  /** 1 if absent. */
  readonly from?: number
  readonly to: number
}

const KiB = 1_024
const MiB = 1_024 * KiB
const GiB = 1_024 * MiB
const SECOND = 1_000
const HOUR = 3_600 * SECOND
const DAY = 24 * HOUR
/** More of them than one machine has. */
const MANY = 1_000_000

/** How long history is kept is a setting by itself, in days. */
export type LimitName = Exclude<keyof RelayLimits, 'historyMs'>

export const LIMIT_WORDS: { readonly [Name in LimitName]: LimitWords } = {
  historySweepMs: { tells: 'Milliseconds between two looks for history that is too old', from: SECOND, to: DAY },
  historyBytes: { tells: 'Bytes that are read to put one old version together', from: 1_024, to: GiB },
  // Before a device was told, its frames have 64 KiB (P8). A slow network brings one above 1 MiB in more pieces than are kept
  // (`CHUNKS` in http/websockets.ts), and ends with it.
  frameBytes: { tells: 'Bytes of one frame', from: 64 * KiB, to: MiB },
  // No update is larger; beyond 2 GiB ws would take any.
  messageBytes: { tells: 'Bytes of one message, joined from its frames', from: 64 * KiB, to: 17 * MiB },
  // At least what one command of a register may be. It is in memory whole, more than once.
  documentBytes: { tells: 'Bytes of one document', from: 64 * KiB, to: 512 * MiB },
  documentAuthors: { tells: 'Authors of one document', to: MANY },
  sendBuffer: { tells: 'Bytes that wait for a connection before it is lagging', from: 1_024, to: GiB },
  // Who is slow is no less a reader: in a second something passes any network that works.
  stuckMs: {
    tells: 'Milliseconds until a lagging connection that takes nothing is closed',
    from: SECOND,
    to: 600 * SECOND,
  },
  // With an entry of the largest kind behind it, it is still a message that devices join: a document's bytes and 1 MiB.
  pageBytes: { tells: 'Bytes of a page that is read from the store', from: 1_024, to: 512 * KiB },
  reads: { tells: 'Pages that are read from the store at the same time', to: 1_000 },
  linksPerSubject: { tells: 'Links of one person', to: MANY },
  doorSocketsPerSubject: { tells: 'Connections of one person at the door from one address', to: MANY },
  unfinishedBytes: {
    tells: 'Bytes of messages of one address that have begun and not ended',
    from: 32 * MiB,
    to: 1_024 * MiB,
  },
  connections: { tells: 'Connections of this node', to: MANY },
  strangersPerAddress: { tells: 'Connections of one address that have not said who they are', to: MANY },
  admissionsPerSecond: { tells: 'Connections that begin in a second', to: MANY },
  admissionBurst: { tells: 'Connections that begin at once after a quiet while', to: MANY },
  waitingConnections: { tells: 'Connections that wait to begin', from: 0, to: MANY },
  requestsPerSecond: { tells: 'Requests of one link over HTTP in a second', to: MANY },
  burstRequests: { tells: 'Requests of one link over HTTP at once', to: MANY },
  unackedBytes: { tells: 'Bytes of one connection that wait for their commit', from: 64 * KiB, to: GiB },
  unackedEntries: { tells: 'Edits of one connection that wait for their commit', to: MANY },
  bytesPerSecond: { tells: 'Bytes that one connection sends in a second', from: 1_024, to: GiB },
  burstBytes: { tells: 'Bytes that one connection sends at once', from: 64 * KiB, to: GiB },
  messagesPerSecond: { tells: 'Messages that one connection sends in a second', to: MANY },
  burstMessages: { tells: 'Messages that one connection sends at once', to: MANY },
  batchBytes: { tells: 'Bytes of one commit', from: 1_024, to: 64 * MiB },
  batchEntries: { tells: 'Edits of one commit', to: 10_000 },
  batchAuthors: { tells: 'Authors whose heads one commit moves', to: 100_000 },
  commitDistanceMs: {
    tells:
      'The most milliseconds between two commits while edits come quickly; twice as many where other nodes show them',
    from: 0,
    to: 1_000,
  },
  cachedAuthors: { tells: 'Authors of documents that are held in memory', to: 10 * MANY },
  // While one is read nobody else has his turn.
  inlineScanBytes: { tells: 'Bytes of an update above which a worker reads it', from: 0, to: MiB },
  pollMs: { tells: 'Milliseconds between two looks for what a hint missed', to: 60_000 },
  // A role is known for this long and looked at as often: who is removed must be gone in 5 s (A2).
  roleMs: { tells: 'Milliseconds that what is known of a role is good for', from: 100, to: 2_400 },
  presenceTickMs: { tells: 'Milliseconds that presence is gathered for', to: SECOND },
  presenceRenewMs: {
    tells:
      'Milliseconds after which other nodes are told again who is here; who is not told of for three times as long is gone',
    from: 100,
    to: 60 * SECOND,
  },
  presencesPerSession: { tells: 'Presences of one connection', to: 10_000 },
  fetchesPerSession: { tells: 'Bodies that one connection waits for', to: 10_000 },
  foldEntries: { tells: 'Entries of a document from which on it is folded', from: 2, to: 100_000 },
  foldBytes: { tells: 'Bytes of a document’s entries from which on it is folded', from: 1_024, to: 512 * MiB },
  foldQuietMs: {
    tells: 'Milliseconds without an edit before a document is folded; one that is never quiet waits 60 times as long',
    to: HOUR,
  },
  foldSweepMs: { tells: 'Milliseconds between two looks for documents to fold', from: SECOND, to: DAY },
  replayQuietMs: { tells: 'Milliseconds without an edit before a document is tried in its engine', to: HOUR },
  replaySweepMs: { tells: 'Milliseconds after the start before all documents are looked at', to: DAY },
}
