/**
 * Every figure of a relay, by its name in the code and the name that whoever runs it sees. Laws:
 * - A label comes from a closed list (codes, statuses, routes): never from a space, a document, a person or bytes of a peer.
 * - Seconds and bytes, as Prometheus has them.
 */

export interface Row {
  readonly metric: string
  readonly help: string
  readonly label?: string
}

/** Only ever grow. */
export const COUNTERS = {
  'accepted': { metric: 'joinery_links_accepted_total', help: 'Links that began, over WebSocket and HTTP' },
  'welcomed': {
    metric: 'joinery_links_welcomed_total',
    label: 'version',
    help: 'Links that were welcomed, by the version of the protocol that they are in',
  },
  'closed': { metric: 'joinery_links_closed_total', label: 'reason', help: 'Links that the relay ended, by code' },
  'door-accepted': { metric: 'joinery_door_accepted_total', help: 'Connections that began at the y-websocket door' },
  'door-closed': { metric: 'joinery_door_closed_total', label: 'reason', help: 'Connections that the door ended' },
  'door-denied': { metric: 'joinery_door_denied_total', label: 'code', help: 'Clients told that they may not write' },
  'door-lagged': { metric: 'joinery_door_lagged_total', help: 'Times that a client at the door fell behind' },
  'upgrade-refused': {
    metric: 'joinery_upgrades_refused_total',
    label: 'status',
    help: 'WebSocket upgrades refused, by HTTP status',
  },
  'not-admitted': {
    metric: 'joinery_not_admitted_total',
    label: 'reason',
    help: 'Connections told to come later: the relay is `full` or `stopping`, or too many wait in the `queue`',
  },
  'http': { metric: 'joinery_http_requests_total', label: 'status', help: 'HTTP requests answered, by status' },
  'unverified': { metric: 'joinery_tokens_refused_total', label: 'code', help: 'Tokens that were not taken' },
  'answered': {
    metric: 'joinery_answers_total',
    label: 'code',
    help: 'Edits and questions answered: `acked`, or the code of the refusal',
  },
  'commit-failed': { metric: 'joinery_commits_failed_total', help: 'Commits that the store rejected' },
  'scan-failed': { metric: 'joinery_scans_failed_total', help: 'Updates that broke the worker that read them, twice' },
  'throttled': { metric: 'joinery_throttled_total', help: 'Times that reading from a connection was paused' },
  'stuck': { metric: 'joinery_stuck_total', help: 'Connections ended since they took nothing' },
  'frames-out': { metric: 'joinery_frames_sent_total', help: 'Frames handed to connections' },
  'bytes-out': { metric: 'joinery_bytes_sent_total', help: 'Bytes of those frames' },
  'frames-in': { metric: 'joinery_frames_received_total', help: 'Frames that connections brought' },
  'bytes-in': { metric: 'joinery_bytes_received_total', help: 'Bytes of those frames' },
  'presence': { metric: 'joinery_presences_total', help: 'Presence and awareness messages taken' },
  'presence-dropped': { metric: 'joinery_presences_dropped_total', help: 'Presence that was stale or one too many' },
  'joined': {
    metric: 'joinery_joins_total',
    label: 'from',
    help: 'Documents put together for who asks: from the `cache`, the `store`, or a load under way (`shared`)',
  },
  'folded': { metric: 'joinery_folds_total', help: 'Documents folded into a snapshot' },
  'fold-failed': { metric: 'joinery_folds_failed_total', help: 'Folds that failed; the entries stay as they were' },
  'fold-overtaken': { metric: 'joinery_folds_overtaken_total', help: 'Folds dropped since the document changed' },
  'forgotten': {
    metric: 'joinery_history_forgotten_total',
    help: 'Documents of whose history something was older than what is kept',
  },
  'forget-failed': {
    metric: 'joinery_history_forget_failed_total',
    help: 'Documents of whose history what is older could not be put together; it stays for now',
  },
  'fold-over-budget': {
    metric: 'joinery_folds_over_budget_total',
    help: 'Documents that are more work than a worker may have: folded by their bytes, and quarantined',
  },
  'replayed': { metric: 'joinery_replays_total', help: 'Times that a document was tried in its engine' },
  'replay-dropped': {
    metric: 'joinery_replays_dropped_total',
    help: 'Documents that had to wait for the sweep over all, since too many waited',
  },
  'replay-lost': {
    metric: 'joinery_replays_lost_total',
    label: 'breakage',
    help: 'Documents that break their engine by no single edit',
  },
  'voided': {
    metric: 'joinery_voided_total',
    label: 'breakage',
    help: 'Edits voided since they break their engine: it `throws`, it `splits` digests, or the `budget` is not enough',
  },
  'crowded': { metric: 'joinery_crowded_documents_total', help: 'Documents that reached 10,000 authors' },
  'store-lost': {
    metric: 'joinery_store_lost_total',
    help: 'Times that the store did not answer for five seconds, and everybody was sent away',
  },
  'quarantined': { metric: 'joinery_quarantined_total', help: 'Documents made read-only since something is wrong' },
  'unfit': {
    metric: 'joinery_cursors_unfit_total',
    help: 'Cursors that did not fit their log: it was put back, or lost something',
  },
  'lacking': {
    metric: 'joinery_documents_asked_for_total',
    help: 'Documents that a device had more of than the log, and was asked for',
  },
  'mended': { metric: 'joinery_mended_total', help: 'Documents that devices made whole again after a loss' },
  'bus-lost': { metric: 'joinery_bus_lost_total', help: 'Times that other nodes were not reached any more' },
  'hints-dropped': {
    metric: 'joinery_hints_dropped_total',
    help: 'Hints and presence not sent to other nodes, which find out later',
  },
  'log-thinned': { metric: 'joinery_log_lines_dropped_total', label: 'event', help: 'Log lines left out, by event' },
} as const satisfies Record<string, Row>

export type CounterName = keyof typeof COUNTERS

interface HistogramRow extends Row {
  /** Upper bounds, rising. */
  readonly bounds: readonly number[]
}

const SECONDS = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** How often something took how much. */
export const HISTOGRAMS = {
  'ack-seconds': {
    metric: 'joinery_ack_seconds',
    help: 'From when an edit arrived until it was safe and its author was told',
    bounds: SECONDS,
  },
  'commit-seconds': { metric: 'joinery_commit_seconds', help: 'Time of a commit, with its fsync', bounds: SECONDS },
  'commit-entries': {
    metric: 'joinery_commit_entries',
    help: 'Entries in a commit',
    bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024],
  },
  'fold-seconds': {
    metric: 'joinery_fold_seconds',
    help: 'Time of a fold, reading back included',
    bounds: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60],
  },
  'version-seconds': {
    metric: 'joinery_version_seconds',
    help: 'Time to put an old version of a document together',
    bounds: SECONDS,
  },
} as const satisfies Record<string, HistogramRow>

export type HistogramName = keyof typeof HISTOGRAMS

/** As it is now; the label says which of several. */
export const GAUGES = {
  ready: {
    metric: 'joinery_ready',
    help: '1 when the store takes commits and connections are taken, as `/readyz` says',
  },
  connections: { metric: 'joinery_connections', label: 'by', help: 'Connections now: `websocket`, `http`, `door`' },
  doorDocuments: { metric: 'joinery_door_documents', help: 'Documents that somebody at the door has open' },
  watches: { metric: 'joinery_watches', help: 'Spaces being watched, counted per link' },
  laggingReaders: { metric: 'joinery_lagging_readers', help: 'Readers who are read to from the log, behind others' },
  queueEntries: { metric: 'joinery_queue_entries', help: 'Edits that wait for their commit' },
  queueBytes: { metric: 'joinery_queue_bytes', help: 'Bytes of those edits' },
  foldsWaiting: { metric: 'joinery_folds_waiting', help: 'Documents that wait to be folded' },
  replaysWaiting: {
    metric: 'joinery_replays_waiting',
    help: 'Documents that wait to be tried in their engine since they were written',
  },
  busUp: { metric: 'joinery_bus_up', help: 'Whether other nodes hear of edits at once: 1, or 0 while they poll' },
  busBacklog: { metric: 'joinery_bus_backlog', help: 'How full Postgres’ queue of notifications is, 0 to 1' },
  storeBytes: {
    metric: 'joinery_store_bytes',
    label: 'file',
    help: 'Size of the `database`, of its `wal`, and on Postgres of the `history` in it',
  },
  loopDelay: {
    metric: 'joinery_event_loop_delay_seconds',
    label: 'of',
    help: 'How late the event loop was since the last scrape: `p50`, `p99`, `max`',
  },
} as const satisfies Record<string, Row>

export type GaugeName = keyof typeof GAUGES

/** One number, or one for each value of the label. */
export type Figures = { readonly [G in GaugeName]: number | Readonly<Record<string, number>> }
