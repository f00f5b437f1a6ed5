/** What each limit is, for whoever sets another, and the least and the most that makes sense. What it is by itself stands in `limits.ts`. */
import type { RelayLimits } from '../limits.ts'

interface LimitWords {
  readonly tells: string
  /** 1 if absent. */
  readonly from?: number
  readonly to?: number
}

/** How long history is kept is a setting by itself, in days. */
export type LimitName = Exclude<keyof RelayLimits, 'historyMs'>

export const LIMIT_WORDS: { readonly [Name in LimitName]: LimitWords } = {
  historySweepMs: { tells: 'Milliseconds between two looks for history that is too old' },
  historyBytes: { tells: 'Bytes that are read to put one old version together', from: 1_024 },
  frameBytes: { tells: 'Bytes of one frame', from: 1_024 },
  messageBytes: { tells: 'Bytes of one message, joined from its frames', from: 1_024 },
  documentBytes: { tells: 'Bytes of one document', from: 1_024 },
  documentAuthors: { tells: 'Authors of one document' },
  sendBuffer: { tells: 'Bytes that wait for a connection before it is lagging', from: 1_024 },
  stuckMs: { tells: 'Milliseconds until a lagging connection that takes nothing is closed' },
  pageBytes: { tells: 'Bytes of a page that is read from the store', from: 1_024 },
  reads: { tells: 'Pages that are read from the store at the same time' },
  linksPerSubject: { tells: 'Links of one person' },
  doorSocketsPerSubject: { tells: 'Connections of one person at the door from one address' },
  connections: { tells: 'Connections of this node' },
  strangersPerAddress: { tells: 'Connections of one address that have not said who they are' },
  admissionsPerSecond: { tells: 'Connections that begin in a second' },
  admissionBurst: { tells: 'Connections that begin at once after a quiet while' },
  waitingConnections: { tells: 'Connections that wait to begin', from: 0 },
  requestsPerSecond: { tells: 'Requests of one link over HTTP in a second' },
  burstRequests: { tells: 'Requests of one link over HTTP at once' },
  unackedBytes: { tells: 'Bytes of one connection that wait for their commit' },
  unackedEntries: { tells: 'Edits of one connection that wait for their commit' },
  bytesPerSecond: { tells: 'Bytes that one connection sends in a second' },
  burstBytes: { tells: 'Bytes that one connection sends at once' },
  messagesPerSecond: { tells: 'Messages that one connection sends in a second' },
  burstMessages: { tells: 'Messages that one connection sends at once' },
  batchBytes: { tells: 'Bytes of one commit' },
  batchEntries: { tells: 'Edits of one commit' },
  batchAuthors: { tells: 'Authors whose heads one commit moves' },
  commitDistanceMs: {
    tells:
      'The most milliseconds between two commits while edits come quickly; twice as many where other nodes show them',
    from: 0,
    to: 1_000,
  },
  cachedAuthors: { tells: 'Authors of documents that are held in memory' },
  inlineScanBytes: { tells: 'Bytes of an update above which a worker reads it', from: 0 },
  pollMs: { tells: 'Milliseconds between two looks for what a hint missed', to: 60_000 },
  // A role is known for this long and looked at as often: who is removed must be gone in 5 s (A2).
  roleMs: { tells: 'Milliseconds that what is known of a role is good for', from: 100, to: 2_400 },
  presenceTickMs: { tells: 'Milliseconds that presence is gathered for' },
  presenceRenewMs: {
    tells:
      'Milliseconds after which other nodes are told again who is here; who is not told of for three times as long is gone',
    from: 100,
  },
  presencesPerSession: { tells: 'Presences of one connection' },
  fetchesPerSession: { tells: 'Bodies that one connection waits for' },
  foldEntries: { tells: 'Entries of a document from which on it is folded', from: 2 },
  foldBytes: { tells: 'Bytes of a document’s entries from which on it is folded' },
  foldQuietMs: {
    tells: 'Milliseconds without an edit before a document is folded; one that is never quiet waits 60 times as long',
  },
  foldSweepMs: { tells: 'Milliseconds between two looks for documents to fold' },
  replayQuietMs: { tells: 'Milliseconds without an edit before a document is tried in its engine' },
  replaySweepMs: { tells: 'Milliseconds after the start before all documents are looked at' },
}
