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
  /** Edits of one connection that wait for their commit; above it, nothing more is read from it. */
  readonly unackedBytes: number
  readonly unackedEntries: number
  /** What one connection may send: above it reading pauses, and nobody is cut. */
  readonly bytesPerSecond: number
  readonly burstBytes: number
  readonly messagesPerSecond: number
  readonly burstMessages: number
  /** One commit. */
  readonly batchBytes: number
  readonly batchEntries: number
  /** Documents' heads held in memory, counted in authors. */
  readonly cachedAuthors: number
  /** Updates above this are scanned in a worker. */
  readonly inlineScanBytes: number
  /** How often a space is asked whether a hint was lost (R5). */
  readonly pollMs: number
  /** How old what is known of a member's role may get (A2). */
  readonly roleMs: number
  readonly presenceTickMs: number
  readonly presencesPerSession: number
  readonly fetchesPerSession: number
  /** A document is folded when it has this many unfolded entries, or this many unfolded bytes … */
  readonly foldEntries: number
  readonly foldBytes: number
  /** … and nobody wrote for this long. */
  readonly foldQuietMs: number
  readonly foldSweepMs: number
}

export const RELAY_LIMITS: RelayLimits = {
  frameBytes: MiB,
  messageBytes: 17 * MiB,
  documentBytes: 50 * MiB,
  sendBuffer: 4 * MiB,
  stuckMs: 30_000,
  pageBytes: 256 * KiB,
  reads: 8,
  linksPerSubject: 20,
  unackedBytes: 8 * MiB,
  unackedEntries: 4_096,
  bytesPerSecond: 4 * MiB,
  burstBytes: 32 * MiB,
  messagesPerSecond: 2_000,
  burstMessages: 10_000,
  batchBytes: 8 * MiB,
  batchEntries: 1_024,
  cachedAuthors: 100_000,
  inlineScanBytes: 64 * KiB,
  pollMs: 5_000,
  roleMs: 2_000,
  presenceTickMs: 50,
  presencesPerSession: 64,
  fetchesPerSession: 64,
  foldEntries: 500,
  foldBytes: MiB,
  foldQuietMs: 2_000,
  foldSweepMs: 60_000,
}
