/** Every statement that the store runs, by name. All but the sweeps at the end ask of one space, or of those of one commit. */
import { numberOfEntryType } from '@joinery/core'
import { FOLDABLE_INDEXED_FROM } from './migrations.ts'
import { named } from './named.ts'

export interface SpaceRow {
  readonly id: number
  readonly name: string
  readonly epoch: string
  readonly seq: number
  readonly mark: Uint8Array
}

export interface DocumentRow {
  readonly space: number
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly engine: string
  readonly seq: number
  readonly entries: number
  readonly bytes: number
  readonly gone: boolean
  readonly quarantined: string | null
}

export interface DeviceRow {
  readonly space: number
  readonly id: number
  readonly name: string
  readonly subject: string
  readonly last: number
}

/** An entry with the names that its numbers stand for: null when the row is damaged so that they stand for nothing. */
export interface EntryRow {
  readonly space_id: number
  readonly seq: number
  readonly type: number
  readonly document_id: number
  readonly prev: number
  readonly device_id: number
  readonly n: number
  readonly at: number
  readonly checksum: number
  readonly authors: string
  /** Null for what is large: it is read piece by piece. */
  readonly bytes: Uint8Array | null
  readonly length: number
  readonly document: string | null
  readonly kind: string | null
  readonly engine: string | null
  readonly device: string | null
  readonly subject: string | null
}

/** What is larger does not come with its row. */
export const INLINE_BYTES = 16_384

const ENTRY_COLUMNS = `
    entry.space AS space_id, entry.seq, entry.type, entry.document AS document_id, entry.prev, entry.device AS device_id, entry.n,
    entry.at, entry.checksum, entry.authors, CASE WHEN length(entry.bytes) <= ${INLINE_BYTES} THEN entry.bytes END AS bytes,
    length(entry.bytes) AS length, document.name AS document, document.kind, document.engine, device.name AS device, device.subject`

const ENTRY_NAMES = `
  LEFT JOIN joinery.document ON document.space = entry.space AND document.id = entry.document
  LEFT JOIN joinery.device ON device.space = entry.space AND device.id = entry.device`

export const ENTRY = `SELECT ${ENTRY_COLUMNS} FROM joinery.entry ${ENTRY_NAMES}`
/** The same of a document's past: its rows are as those of entries. */
export const PAST = `SELECT ${ENTRY_COLUMNS} FROM joinery.past AS entry ${ENTRY_NAMES}`

const DOCUMENT = `
  document.space, document.id, document.name, document.kind, document.engine, document.seq, document.entries, document.bytes,
  document.gone, document.quarantined`

/** How many binary digits a count has. */
export const DIGITS = (count: string): string => `length(ltrim((${count})::int::bit(32)::text, '0'))`

const FOLDABLE = `
  SELECT space.name AS space, document.name AS document, document.engine, document.entries
  FROM joinery.document JOIN joinery.space ON space.id = document.space
  WHERE NOT gone AND quarantined IS NULL AND entries >= $1`

const FORMER_ROLE = `former AS (
      INSERT INTO joinery.former (space, what, whose, value) SELECT space, 'role', subject, role FROM joinery.member
      WHERE space = $1 AND subject = $2`

/** It is asked, so that it is written before what it tells of is changed. */
const BEHIND_FORMER = '(SELECT count(*) FROM former) >= 0'

const SQL = {
  spaceByName: 'SELECT id, name, epoch, seq, mark FROM joinery.space WHERE name = $1',
  space: 'SELECT id, name, epoch, seq, mark FROM joinery.space WHERE id = $1',
  makeSpaces: `
    INSERT INTO joinery.space (name, epoch, seq, mark) SELECT name, epoch, 0, $3 FROM unnest($1::text[], $2::text[]) AS made (name, epoch)
    ORDER BY name ON CONFLICT (name) DO NOTHING`,
  // In the order of their numbers, whoever does it: two commits never wait for each other.
  lockSpaces:
    'SELECT id, name, epoch, seq, mark FROM joinery.space WHERE name = ANY ($1::text[]) ORDER BY id FOR UPDATE',

  documentsNamed: `
    SELECT ${DOCUMENT} FROM unnest($1::bigint[], $2::text[]) AS asked (space, name)
    JOIN joinery.document ON document.space = asked.space AND document.name = asked.name`,
  devicesNamed: `
    SELECT device.space, device.id, device.name, device.subject,
      coalesce((SELECT max(log.n) FROM joinery.log WHERE log.space = device.space AND log.device = device.id), 0) AS last
    FROM unnest($1::bigint[], $2::text[]) AS asked (space, name)
    JOIN joinery.device ON device.space = asked.space AND device.name = asked.name`,
  named: `
    SELECT log.space, log.device, log.n, log.seq, log.digest FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS asked (space, device, n)
    JOIN joinery.log ON log.space = asked.space AND log.device = asked.device AND log.n = asked.n`,
  namedByDevice: `
    SELECT asked.at::int AS at, log.seq, log.digest FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS asked (device, n, at)
    JOIN joinery.device ON device.space = $1 AND device.name = asked.device
    JOIN joinery.log ON log.space = $1 AND log.device = device.id AND log.n = asked.n`,

  // A whole commit. The bytes of its entries come as one, behind each other, and are cut up here.
  append: `
    WITH
      news AS (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])
          AS news (space, seq, device, n, digest, mark)
      ),
      logged AS (INSERT INTO joinery.log (space, seq, device, n, digest, mark) SELECT * FROM news),
      shown AS (
        INSERT INTO joinery.entry (space, seq, type, document, prev, device, n, at, checksum, authors, bytes)
        SELECT space, seq, type, document, prev, device, n, at, checksum, authors, substring($18::bytea FROM start FOR length)
        FROM unnest($7::bigint[], $8::bigint[], $9::smallint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
          $15::bigint[], $16::text[], $17::int[], $19::int[])
          AS shown (space, seq, type, document, prev, device, n, at, checksum, authors, start, length)
      ),
      devices AS (
        INSERT INTO joinery.device (space, id, name, subject) SELECT * FROM unnest($20::bigint[], $21::bigint[], $22::text[], $23::text[])
      ),
      made AS (
        INSERT INTO joinery.document (space, id, name, kind, engine, seq, entries, digits, bytes, gone)
        SELECT space, id, name, kind, engine, seq, entries, ${DIGITS('entries')}, bytes, gone
        FROM unnest($24::bigint[], $25::bigint[], $26::text[], $27::text[], $28::text[], $29::bigint[], $30::int[], $31::bigint[],
          $32::boolean[]) AS made (space, id, name, kind, engine, seq, entries, bytes, gone)
      ),
      moved AS (
        UPDATE joinery.document SET seq = moved.seq, gone = moved.gone,
          entries = CASE WHEN moved.purged THEN 0 ELSE document.entries END + moved.entries,
          digits = ${DIGITS('CASE WHEN moved.purged THEN 0 ELSE document.entries END + moved.entries')},
          bytes = CASE WHEN moved.purged THEN 0 ELSE document.bytes END + moved.bytes,
          quarantined = CASE WHEN moved.purged THEN NULL ELSE document.quarantined END
        FROM unnest($33::bigint[], $34::bigint[], $35::bigint[], $36::int[], $37::bigint[], $38::boolean[], $39::boolean[])
          AS moved (space, id, seq, entries, bytes, gone, purged)
        WHERE document.space = moved.space AND document.id = moved.id
      )
    UPDATE joinery.space SET seq = head.seq, mark = head.mark
    FROM unnest($40::bigint[], $41::bigint[], $42::bytea[]) AS head (space, seq, mark) WHERE space.id = head.space`,
  // What was stored before a seq, and what came and went in one commit.
  rememberDigests: `
    INSERT INTO joinery.folded (space, document, digest, seq)
    SELECT entry.space, entry.document, log.digest, entry.seq FROM joinery.entry
    JOIN joinery.log ON log.space = entry.space AND log.seq = entry.seq
    WHERE entry.space = $1 AND entry.document = $2 AND entry.seq < $3`,
  dropEntries: 'DELETE FROM joinery.entry WHERE space = $1 AND document = $2 AND seq < $3',
  putFolded: `
    INSERT INTO joinery.folded (space, document, digest, seq) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[])`,

  entriesAfter: `${ENTRY} WHERE entry.space = $1 AND entry.seq > $2 ORDER BY entry.seq LIMIT $3`,
  entriesOf: `${ENTRY} WHERE entry.space = $1 AND entry.document = $2 AND entry.seq > $3 ORDER BY entry.seq LIMIT $4`,
  entriesOfNamed: `
    ${ENTRY} WHERE entry.space = $1 AND entry.document = (SELECT id FROM joinery.document WHERE space = $1 AND name = $2)
    ORDER BY entry.seq LIMIT $3`,
  entryAt: `${ENTRY} WHERE entry.space = $1 AND entry.seq = $2`,
  bytesOf: `
    SELECT substring(bytes FROM $4 FOR $5) AS bytes FROM joinery.entry WHERE space = $1 AND document = $2 AND seq = $3`,
  markAt: 'SELECT mark FROM joinery.log WHERE space = $1 AND seq = $2',

  document: `SELECT ${DOCUMENT} FROM joinery.document WHERE space = $1 AND name = $2`,
  lockDocument: `SELECT ${DOCUMENT} FROM joinery.document WHERE space = $1 AND name = $2 FOR UPDATE`,
  // The head's entry is never folded away, so documents by head are found along the log.
  documentsBefore: `
    SELECT ${DOCUMENT} FROM joinery.entry
    JOIN joinery.document ON document.space = entry.space AND document.id = entry.document AND document.seq = entry.seq
    WHERE entry.space = $1 AND entry.seq < $2 ORDER BY entry.seq DESC LIMIT $3`,
  foldSize: `
    SELECT count(*) AS entries, coalesce(sum(length(bytes)), 0)::bigint AS bytes FROM joinery.entry
    WHERE space = $1 AND document = $2 AND seq <= $3`,
  voidedAfter: `
    SELECT 1 FROM joinery.entry
    WHERE space = $1 AND document = $2 AND seq > $3 AND type = ${numberOfEntryType('void')} LIMIT 1`,
  putSnapshot: `
    UPDATE joinery.entry SET type = $3, prev = 0, checksum = $4, authors = $5, bytes = $6 WHERE space = $1 AND seq = $2`,
  putInstead: 'UPDATE joinery.entry SET type = $3, checksum = $4, bytes = $5 WHERE space = $1 AND seq = $2',
  growDocument: `
    UPDATE joinery.document SET entries = entries + $3, digits = ${DIGITS('entries + $3')}, bytes = bytes + $4 WHERE space = $1 AND id = $2`,
  quarantine: `
    WITH former AS (
      INSERT INTO joinery.former (space, what, whose, value) SELECT space, 'quarantine', name, quarantined FROM joinery.document
      WHERE space = $1 AND name = $2 AND quarantined IS DISTINCT FROM $3 FOR UPDATE RETURNING 1
    )
    UPDATE joinery.document SET quarantined = $3 WHERE space = $1 AND name = $2 AND ${BEHIND_FORMER}`,
  holds: `
    SELECT min(seq) AS seq FROM (
      SELECT seq FROM joinery.folded WHERE space = $1 AND document = $2 AND digest = $3
      UNION ALL
      SELECT entry.seq FROM joinery.entry JOIN joinery.log ON log.space = entry.space AND log.seq = entry.seq
      WHERE entry.space = $1 AND entry.document = $2 AND log.digest = $3
    ) AS held`,

  // The snapshot of an earlier fold stands for what is there already.
  keepPast: `
    INSERT INTO joinery.past (space, seq, type, document, prev, device, n, at, checksum, authors, bytes)
    SELECT space, seq, type, document, prev, device, n, at, checksum, authors, bytes FROM joinery.entry
    WHERE space = $1 AND document = $2 AND seq <= $3
      AND seq > (SELECT coalesce(max(past.seq), 0) FROM joinery.past WHERE past.space = $1 AND past.document = $2)
    RETURNING seq`,
  keepSince: `
    INSERT INTO joinery.kept (space, document, seq, since) VALUES ($1, $2, $3, $4)
    ON CONFLICT (space, document, seq) DO UPDATE SET since = EXCLUDED.since`,
  pastAfter: `${PAST} WHERE entry.space = $1 AND entry.document = $2 AND entry.seq > $3 ORDER BY entry.seq LIMIT $4`,
  pastAt: `${PAST} WHERE entry.space = $1 AND entry.document = $2 AND entry.seq = $3`,
  pastBytesOf: `
    SELECT substring(bytes FROM $4 FOR $5) AS bytes FROM joinery.past WHERE space = $1 AND document = $2 AND seq = $3`,
  pastSize: `
    SELECT count(*) AS entries FROM joinery.past WHERE space = $1 AND document = $2 AND seq > $3 AND seq <= $4`,
  pastAuthors: 'SELECT authors FROM joinery.past WHERE space = $1 AND document = $2 AND seq <= $3 ORDER BY seq DESC',
  putPast: `
    INSERT INTO joinery.past (space, seq, type, document, prev, device, n, at, checksum, authors, bytes)
    VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9, $10)`,
  dropPast: 'DELETE FROM joinery.past WHERE space = $1 AND document = $2 AND seq > $3 AND seq <= $4',
  dropKept: 'DELETE FROM joinery.kept WHERE space = $1 AND document = $2 AND seq <= $3',
  namedBetween:
    'SELECT 1 FROM joinery.version_name WHERE space = $1 AND document = $2 AND seq > $3 AND seq < $4 LIMIT 1',
  version: `
    SELECT 1 FROM joinery.past WHERE space = $1 AND document = $2 AND seq = $3
    UNION ALL SELECT 1 FROM joinery.entry WHERE space = $1 AND document = $2 AND seq = $3`,
  nameVersion: `
    INSERT INTO joinery.version_name (space, document, seq, name, subject, at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (space, document, seq) DO UPDATE SET name = EXCLUDED.name, subject = EXCLUDED.subject, at = EXCLUDED.at`,
  dropName: 'DELETE FROM joinery.version_name WHERE space = $1 AND document = $2 AND seq = $3',
  dropNames: 'DELETE FROM joinery.version_name WHERE space = $1 AND document = $2',
  versionNames: `
    SELECT version_name.seq, version_name.name, version_name.subject, version_name.at FROM joinery.version_name
    JOIN joinery.document ON document.space = version_name.space AND document.id = version_name.document
    WHERE document.space = $1 AND document.name = $2 ORDER BY version_name.seq`,

  // Each with how it was before.
  admit: `
    WITH admitted AS (
      INSERT INTO joinery.member (space, subject, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING space, subject
    )
    INSERT INTO joinery.former (space, what, whose) SELECT space, 'role', subject FROM admitted`,
  setRole: `
    WITH ${FORMER_ROLE} AND role <> $3 FOR UPDATE RETURNING 1)
    UPDATE joinery.member SET role = $3 WHERE space = $1 AND subject = $2 AND ${BEHIND_FORMER} RETURNING subject`,
  dropMember: `
    WITH ${FORMER_ROLE} FOR UPDATE RETURNING 1)
    DELETE FROM joinery.member WHERE space = $1 AND subject = $2 AND ${BEHIND_FORMER} RETURNING subject`,
  members: 'SELECT subject, role FROM joinery.member WHERE space = $1 ORDER BY subject',
  sizes: `
    SELECT coalesce(sum(pg_total_relation_size(part.oid)), 0)::int8 AS database,
      coalesce(sum(pg_total_relation_size(part.oid)) FILTER (WHERE whole.relname IN ('past', 'kept', 'version_name')), 0)::int8 AS history
    FROM pg_class AS part LEFT JOIN pg_inherits ON inhrelid = part.oid LEFT JOIN pg_class AS whole ON whole.oid = inhparent
    WHERE part.relnamespace = 'joinery'::regnamespace AND part.relkind = 'r'`,
  time: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8 AS now',
  probe: `
    INSERT INTO joinery.probe (node, bytes) VALUES ($1, $2) ON CONFLICT (node) DO UPDATE SET bytes = EXCLUDED.bytes`,
  role: 'SELECT role FROM joinery.member WHERE space = $1 AND subject = $2',

  spaces: `
    SELECT name AS space, seq, (SELECT count(*) FROM joinery.member WHERE member.space = space.id) AS members
    FROM joinery.space WHERE name > $1 ORDER BY name LIMIT $2`,
  aged: `
    SELECT document.at, space.name AS space, document.name AS document, document.engine, max(kept.seq) AS "upTo"
    FROM joinery.kept JOIN joinery.document ON document.space = kept.space AND document.id = kept.document
    JOIN joinery.space ON space.id = document.space
    WHERE kept.since < $1 AND document.at > $2
    GROUP BY document.at, space.name, document.name, document.engine ORDER BY document.at LIMIT $3`,
  everyDocument: `
    SELECT document.at, space.name AS space, document.name AS document, document.engine
    FROM joinery.document JOIN joinery.space ON space.id = document.space
    WHERE document.at > $1 AND NOT gone ORDER BY document.at LIMIT $2`,
  foldable: `${FOLDABLE} ORDER BY entries DESC LIMIT $2`,
  foldableIndexed: `
    ${FOLDABLE} AND digits >= ${FOLDABLE_INDEXED_FROM} AND digits >= ${DIGITS('$1')} ORDER BY entries DESC LIMIT $2`,
} as const

export const STATEMENTS = named('joinery', SQL)
