/**
 * Everything that the doctor may find, and what then. Law: a code is for a machine and never changes; how bad it is and what to do follow
 * from it alone.
 *
 * `ok` - as it should be · `note` - worth knowing · `warning` - works, and may not for long · `error` - must not stay so.
 */
export type Level = 'ok' | 'note' | 'warning' | 'error'

interface Row {
  readonly level: Level
  readonly todo?: string
}

const RESTORE =
  'Stop the relay, keep a copy of the folder, and restore the last backup; devices bring back what it lacks.'

export const CODES = {
  CHECK_BROKEN: { level: 'warning', todo: 'Look whether who runs this may read what it looks at.' },
  NODE_OK: { level: 'ok' },
  NODE_OLD: { level: 'error', todo: 'Install Node 22 or newer; 24 is what the tests run on.' },
  SQLITE_OK: { level: 'ok' },
  SQLITE_OLD: { level: 'error', todo: 'Install the version of better-sqlite3 that the lock file names.' },
  FILES_OK: { level: 'ok' },
  FILES_FEW: {
    level: 'warning',
    todo: 'Raise the limit: `ulimit -n 65536`, or LimitNOFILE in the unit of the service.',
  },
  CLOCK_OK: { level: 'ok' },
  CLOCK_BEHIND: { level: 'error', todo: 'Set the clock of this machine, and keep it set by NTP: tokens end by it.' },

  FOLDER_OK: { level: 'ok' },
  FOLDER_MISSING: { level: 'error', todo: 'Name the folder that `joinery serve --data` has.' },
  FOLDER_CLOSED: {
    level: 'error',
    todo: 'Run the relay as the owner of the folder, or give it to whom the relay runs as.',
  },
  FOLDER_READ_ONLY: {
    level: 'note',
    todo: 'Nothing, if only who looks may not write. Where the relay has it so, mount it for writing: it takes no edit.',
  },
  PERMISSIONS_OK: { level: 'ok' },
  PERMISSIONS_OPEN: { level: 'error', todo: 'chmod 700 the folder: what is in it is readable by its owner alone.' },
  DISK_LOCAL: { level: 'ok' },
  DISK_NETWORK: { level: 'error', todo: 'Move the folder to a disk of this machine, or to block storage.' },
  ROOM_OK: { level: 'ok' },
  ROOM_LOW: { level: 'warning', todo: 'Make room: on a full disk every edit is refused.' },
  ROOM_NONE: { level: 'error', todo: 'Make room now: a full disk refuses every edit. Reading goes on.' },
  RELAY_RUNNING: { level: 'ok' },
  RELAY_NOT_RUNNING: { level: 'note' },
  RELAY_UNKNOWN: { level: 'note' },

  DATABASE_OK: { level: 'ok' },
  DATABASE_MISSING: { level: 'note', todo: 'Nothing: the relay makes it when it starts for the first time.' },
  DATABASE_OLDER: { level: 'note', todo: 'Back the folder up; the next start of this version brings it up to date.' },
  DATABASE_NEWER: { level: 'error', todo: 'Run the version of Joinery that wrote it, or a newer one.' },
  DATABASE_FOREIGN: { level: 'error', todo: 'Name the data folder of a relay; this is something else.' },
  DATABASE_MALFORMED: { level: 'error', todo: RESTORE },
  DATABASE_RESTLESS: { level: 'warning', todo: 'Look again when fewer people write.' },
  DATABASE_LARGE: { level: 'note', todo: 'Look with --deep at a quiet hour, and with --scratch where there is room.' },
  DATABASE_UNREADABLE: { level: 'error', todo: 'Run the doctor as whom the relay runs as.' },
  DURABLE_OK: { level: 'ok' },
  DURABLE_NOT: { level: 'error', todo: 'Stop whatever else opens the database: the relay keeps it in WAL mode.' },
  PAGES_OK: { level: 'ok' },
  PAGES_BROKEN: { level: 'error', todo: RESTORE },
  ROWS_OK: { level: 'ok' },
  ROWS_DAMAGED: { level: 'error', todo: `Check the disk and its cables. ${RESTORE}` },
  MARKS_OK: { level: 'ok' },
  MARKS_WRONG: { level: 'error', todo: 'Stop the relay and run `joinery verify --repair`.' },
  HEADS_OK: { level: 'ok' },
  HEADS_MISSING: { level: 'error', todo: RESTORE },
  ENTRIES_AGREE: { level: 'ok' },
  ENTRIES_DISAGREE: { level: 'error', todo: 'Stop the relay and run `joinery verify --repair`.' },
  QUARANTINED_NONE: { level: 'ok' },
  QUARANTINED_SOME: {
    level: 'warning',
    todo: 'They are read and not written. The log says why: look for `quarantined`.',
  },
  LARGEST: { level: 'note' },
  BACKLOG_NONE: { level: 'ok' },
  BACKLOG_SOME: {
    level: 'note',
    todo: 'Nothing at first: a running relay folds them. If they stay, look for `fold-failed`.',
  },
  WAL_OK: { level: 'ok' },
  WAL_LARGE: {
    level: 'warning',
    todo: 'Look for a process that keeps the database open, or for a disk that cannot keep up.',
  },

  POSTGRES_OK: { level: 'ok' },
  POSTGRES_EMPTY: { level: 'note', todo: 'Nothing: the relay makes what it needs when it starts for the first time.' },
  POSTGRES_OLDER: { level: 'note', todo: 'Back it up; the next start of this version brings it up to date.' },
  POSTGRES_AWAY: { level: 'error', todo: 'Ask from where the relay runs, with its settings; then look at Postgres.' },
  POSTGRES_WRONG: { level: 'error', todo: 'Change what it says: until then no relay starts on it.' },

  CONFIGURATION_OK: { level: 'ok' },
  CONFIGURATION_WRONG: {
    level: 'error',
    todo: 'Set what it asks for; `joinery config` says where each setting is from.',
  },
  KEY_OK: { level: 'ok' },
  KEY_DEVELOPMENT: { level: 'note' },
  KEY_MISSING: {
    level: 'error',
    todo: 'Set JOINERY_SECRET or JOINERY_PUBLIC_KEY, here as for the relay; or say --dev where it is for development.',
  },
  KEY_WEAK: { level: 'error', todo: 'Draw one: `openssl rand -base64 32`.' },
  METRICS_TOKEN_OK: { level: 'ok' },
  METRICS_TOKEN_WEAK: { level: 'error', todo: 'Draw one: `openssl rand -base64 32`.' },
  ORIGINS_OK: { level: 'ok' },
  ORIGIN_WRONG: {
    level: 'error',
    todo: 'Say it as browsers do: https://app.example, with a port if it has one, no path, no *.',
  },
  ORIGIN_INSECURE: { level: 'warning', todo: 'Serve the app over https: whoever is on its way may change it.' },

  BUS_OK: { level: 'ok' },
  BUS_AWAY: {
    level: 'warning',
    todo: 'Look whether it runs and lets this machine in. Until then edits reach other nodes after seconds, and presence does not.',
  },
  BUS_WRONG: { level: 'error', todo: 'Write JOINERY_BUS as it is asked for.' },

  HEALTH_OK: { level: 'ok' },
  HEALTH_SLOW: { level: 'warning', todo: 'Look at joinery_ack_seconds and joinery_event_loop_delay_seconds.' },
  UNREACHABLE: { level: 'error', todo: 'Start the relay, and look at the address, the firewall and the name.' },
  HEALTH_WRONG: { level: 'error', todo: 'Look what answers there: a proxy without its relay, or another program.' },
  READY_OK: { level: 'ok' },
  READY_NOT: {
    level: 'error',
    todo: 'Look at the log for `not-ready`: the disk is full, its store fails or is slow, or the relay is stopping.',
  },
  TLS_OK: { level: 'ok' },
  TLS_MISSING: { level: 'error', todo: 'Put a proxy with TLS before the relay and use https:// and wss://.' },
  WEBSOCKET_OK: { level: 'ok' },
  WEBSOCKET_BLOCKED: {
    level: 'error',
    todo: 'Let the proxy pass upgrades: in nginx `proxy_http_version 1.1`, and the headers Upgrade and Connection.',
  },
  DOOR_OK: { level: 'ok' },
  DOOR_BLOCKED: {
    level: 'error',
    todo: 'Let the proxy pass /y/ as it passes /v1/: with upgrades, and with the query.',
  },
  SYNC_OK: { level: 'ok' },
  SYNC_BLOCKED: { level: 'error', todo: 'Let the proxy pass POST /v1/sync, bodies of 2 MB, and answers after 30 s.' },
  METRICS_HIDDEN: { level: 'ok' },
  METRICS_OPEN: { level: 'error', todo: 'Keep /metrics from the outside in the proxy, or set JOINERY_METRICS_TOKEN.' },
  TIME_OK: { level: 'ok' },
  TIME_APART: { level: 'warning', todo: 'Set both clocks by NTP.' },
} as const satisfies Record<string, Row>

export type FindingCode = keyof typeof CODES
