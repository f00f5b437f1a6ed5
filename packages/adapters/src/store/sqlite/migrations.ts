/**
 * The store's schema, by numbered migrations, whose laws are those of `rows/migration.ts`. Each runs in one transaction with the number it
 * leads to, so one that is cut off runs again from its beginning. Spaces, documents and devices go by small numbers inside.
 */
import type { Migration } from '../rows/migration.ts'

/** In the file's header: this database is a relay's log. "Join". */
export const APPLICATION_ID = 0x4a6f_696e

/** Documents whose count of entries has fewer binary digits are not worth finding by index. The index below says the same. */
export const FOLDABLE_INDEXED_FROM = 6

const FIRST = `
-- One log each. epoch: the life of the log. seq, mark: its head.
CREATE TABLE space (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  epoch TEXT NOT NULL,
  seq INTEGER NOT NULL,
  mark BLOB NOT NULL
) STRICT;

-- What was written at each seq, for ever: the name and digest that make a repeated push known, and the mark that proves a cursor.
CREATE TABLE log (
  space INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  device INTEGER NOT NULL,
  n INTEGER NOT NULL,
  digest BLOB NOT NULL,
  mark BLOB NOT NULL,
  PRIMARY KEY (space, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX log_name ON log (device, n);

-- What readers get. authors: what became of the document's authors with this entry, or up to this snapshot; kept here, and not in a table
-- of their own, so that a commit writes to the end of the log and little else. A fold takes rows out and puts the snapshot in the place of the last. prev: seq of the entry before it in its document,
-- 0 for none. That chain replaces an index, which would cost a page of its own for each document that a commit writes to.
CREATE TABLE entry (
  space INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  type INTEGER NOT NULL,
  document INTEGER NOT NULL,
  prev INTEGER NOT NULL,
  device INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  authors TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (space, seq)
) STRICT, WITHOUT ROWID;

-- Digests of entries that were folded or purged.
CREATE TABLE folded (
  document INTEGER NOT NULL,
  digest BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (document, digest, seq)
) STRICT, WITHOUT ROWID;

-- seq: head. entries, bytes: of its rows in entry. gone: 1 after a tombstone.
CREATE TABLE document (
  id INTEGER PRIMARY KEY,
  space INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  engine TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  gone INTEGER NOT NULL,
  quarantined TEXT,
  UNIQUE (space, name)
) STRICT;
CREATE INDEX document_foldable ON document (entries) WHERE entries >= 32;

-- A device within a space, whose it is, and the greatest n it has written.
CREATE TABLE device (
  id INTEGER PRIMARY KEY,
  space INTEGER NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  last INTEGER NOT NULL,
  UNIQUE (space, name)
) STRICT;

CREATE TABLE member (
  space INTEGER NOT NULL,
  subject TEXT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (space, subject)
) STRICT, WITHOUT ROWID;
`

/**
 * A commit of one entry writes about half as many pages: what follows from the log is not written beside it. The head of a space is its last
 * row in the log, the last n of a device its greatest there, and a document moves in the index of what is worth folding only when its
 * entries have doubled.
 */
const SECOND = `
DROP INDEX document_foldable;
ALTER TABLE space DROP COLUMN seq;
ALTER TABLE space DROP COLUMN mark;
ALTER TABLE device DROP COLUMN last;
-- How many binary digits \`entries\` has.
ALTER TABLE document ADD COLUMN digits INTEGER NOT NULL DEFAULT 0;
UPDATE document SET digits = (
  WITH RECURSIVE half (n, digits) AS (SELECT document.entries, 0 UNION ALL SELECT n / 2, digits + 1 FROM half WHERE n > 0)
  SELECT max(digits) FROM half
);
CREATE INDEX document_foldable ON document (digits) WHERE digits >= 6;
`

/**
 * What is large is no longer in the row of its entry: its type is then 64 more and its bytes name its pieces, and so do authors that begin
 * with an "@".
 */
const THIRD = `
CREATE TABLE piece (
  id INTEGER PRIMARY KEY,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
-- Pieces that no entry names: not yet, or not any more.
CREATE TABLE stray (id INTEGER PRIMARY KEY) STRICT;
`

/**
 * What folds replace can be kept: its rows move as they are, so that their checksums still fit.
 */
const FOURTH = `
-- By document, in its order: whoever looks at a past reads one document's.
CREATE TABLE past (
  space INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  type INTEGER NOT NULL,
  document INTEGER NOT NULL,
  prev INTEGER NOT NULL,
  device INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  authors TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (document, seq)
) STRICT, WITHOUT ROWID;

-- One row a fold: rows of \`past\` up to this seq, and behind that of the fold before, are kept since then.
CREATE TABLE kept (
  document INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (document, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_since ON kept (since);

-- What people called a document as it was after an entry.
CREATE TABLE version_name (
  document INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (document, seq)
) STRICT, WITHOUT ROWID;
`

/**
 * A store can be put back to a moment: it knows when each entry was committed, and how it was before what no entry tells was changed. It only
 * adds, and contracts all the same: an older relay would change a role or a quarantine and leave out what it was before.
 */
const FIFTH = `
-- In ms since 1970; 0 when nobody knows.
ALTER TABLE log ADD COLUMN committed INTEGER NOT NULL DEFAULT 0;

-- The role of a member, or the quarantine of a document, as it was until then: null when there was none. Before what says 'unknown', nothing
-- of this is known.
CREATE TABLE former (
  id INTEGER PRIMARY KEY,
  until INTEGER NOT NULL,
  what TEXT NOT NULL,
  space INTEGER NOT NULL,
  whose TEXT NOT NULL,
  value TEXT
) STRICT;
CREATE INDEX former_space ON former (space, id);
INSERT INTO former (until, what, space, whose)
SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER), 'unknown', 0, '' WHERE EXISTS (SELECT 1 FROM space);
`

/** What each migration says for older relays. */
export const MIGRATED =
  'CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, least INTEGER NOT NULL) STRICT'

/** The one at index i leads to version i + 1. */
export const MIGRATIONS: readonly Migration[] = [
  { step: 'contract', least: 1, sql: FIRST },
  { step: 'contract', least: 2, sql: SECOND },
  { step: 'contract', least: 3, sql: THIRD },
  { step: 'contract', least: 4, sql: FOURTH },
  { step: 'contract', least: 5, sql: FIFTH },
]
