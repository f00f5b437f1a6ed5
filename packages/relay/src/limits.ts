/**
 * What one person, one connection and one document may cost. Law (T3): everything that can queue has a number here.
 * Bytes and milliseconds.
 */
const KiB = 1_024
const MiB = 1_024 * KiB

export interface RelayLimits {
  /** One frame. Small enough that a slow network brings it in fewer than `maxBufferedChunks` pieces; what is larger goes in parts. */
  readonly frameBytes: number
  /** One message, joined from its parts; a little more than the largest update. */
  readonly messageBytes: number
  readonly documentBytes: number
  /**
   * Authors of one document. Engines keep each for ever, so one that has as many goes on in a copy of what it shows: a year of 200 new ones
   * a day is 73,000 (CR-06, CR-07).
   */
  readonly documentAuthors: number
  /** A connection that has this much to read is lagging (WS-10). */
  readonly sendBuffer: number
  /** A lagging connection that takes nothing for this long is closed. */
  readonly stuckMs: number
  /** About as much as one `changes` or `bodies` message brings. */
  readonly pageBytes: number
  /** Pages that are read from the store at the same time. */
  readonly reads: number
  /** Connections of one person; one more is told to come back, and the others stay (WS-13). */
  readonly linksPerSubject: number
  /** Connections of one person from one address at the door, where a client opens one for each document. */
  readonly doorSocketsPerSubject: number
  /** Of one address, bytes of messages that have begun and not ended: what is more ends the largest of them. */
  readonly unfinishedBytes: number
  /** Connections of this node, links over HTTP too. */
  readonly connections: number
  /** Of one address, those who have not said who they are. */
  readonly strangersPerAddress: number
  /** Connections that may begin in a second, and at once after a quiet while (WS-17). */
  readonly admissionsPerSecond: number
  readonly admissionBurst: number
  /** How many may wait for it: as many as are let in before an honest client gives up. */
  readonly waitingConnections: number
  /** Requests of one link over HTTP: above it they wait. */
  readonly requestsPerSecond: number
  readonly burstRequests: number
  /** Edits of one connection that wait for their commit; above it, nothing more is read from it. */
  readonly unackedBytes: number
  readonly unackedEntries: number
  /** What one connection may send: above it reading pauses, and nobody is cut. */
  readonly bytesPerSecond: number
  readonly burstBytes: number
  readonly messagesPerSecond: number
  readonly burstMessages: number
  /** One commit, which nobody else's turn comes in between. */
  readonly batchBytes: number
  readonly batchEntries: number
  /** Heads of authors that one commit moves, but for what a single update does. */
  readonly batchAuthors: number
  /**
   * The most that two commits are kept apart while edits come quickly: with hundreds a second, an fsync is most of what one costs. Twice as
   * far at most where other nodes show them too.
   */
  readonly commitDistanceMs: number
  /** Documents' heads held in memory, counted in authors: more than two of the largest, so that one of them does not drive out all others. */
  readonly cachedAuthors: number
  /** Updates above this are scanned in a worker. */
  readonly inlineScanBytes: number
  /** How often a space is asked whether a hint was lost (R5). */
  readonly pollMs: number
  /** How old what is known of a member's role may get (A2). */
  readonly roleMs: number
  readonly presenceTickMs: number
  /** How often other nodes are told again who is here; who was not told of for three times as long is gone. */
  readonly presenceRenewMs: number
  readonly presencesPerSession: number
  readonly fetchesPerSession: number
  /** A document is folded when it has this many unfolded entries, or this many unfolded bytes … */
  readonly foldEntries: number
  readonly foldBytes: number
  /** … and nobody wrote for this long. */
  readonly foldQuietMs: number
  readonly foldSweepMs: number
  /** What a fold replaces can be read for this long; 0 keeps nothing. */
  readonly historyMs: number
  /** How often it is looked for what is older. */
  readonly historySweepMs: number
  /** What is read at most to put one version together. */
  readonly historyBytes: number
  /** A document is replayed when nobody wrote for this long, or somebody all the time for twelve times as long … */
  readonly replayQuietMs: number
  /** … and what was written before by a sweep, from so long after the start on. */
  readonly replaySweepMs: number
}

export const RELAY_LIMITS: RelayLimits = {
  frameBytes: MiB,
  messageBytes: 17 * MiB,
  documentBytes: 50 * MiB,
  documentAuthors: 80_000,
  sendBuffer: 4 * MiB,
  stuckMs: 30_000,
  pageBytes: 256 * KiB,
  reads: 8,
  linksPerSubject: 20,
  doorSocketsPerSubject: 2_000,
  unfinishedBytes: 256 * MiB,
  connections: 5_000,
  strangersPerAddress: 1_000,
  admissionsPerSecond: 2_000,
  admissionBurst: 100,
  waitingConnections: 4_000,
  requestsPerSecond: 50,
  burstRequests: 100,
  unackedBytes: 8 * MiB,
  unackedEntries: 2_048,
  bytesPerSecond: 4 * MiB,
  burstBytes: 32 * MiB,
  messagesPerSecond: 5_000,
  burstMessages: 60_000,
  batchBytes: 2 * MiB,
  batchEntries: 512,
  batchAuthors: 4_096,
  commitDistanceMs: 12,
  cachedAuthors: 200_000,
  inlineScanBytes: 64 * KiB,
  pollMs: 5_000,
  roleMs: 2_000,
  presenceTickMs: 50,
  presenceRenewMs: 5_000,
  presencesPerSession: 64,
  fetchesPerSession: 64,
  foldEntries: 500,
  foldBytes: MiB,
  foldQuietMs: 2_000,
  foldSweepMs: 60_000,
  historyMs: 30 * 86_400_000,
  historySweepMs: 3_600_000,
  historyBytes: 64 * MiB,
  replayQuietMs: 5_000,
  replaySweepMs: 60_000,
}
