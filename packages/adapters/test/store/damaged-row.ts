/** Flips what is no byte of it in the row of a document's last entry, in a SQLite file that nobody has open. */
import Database from 'better-sqlite3'

export function damageRow(file: string, space: string, document: string): void {
  const database = new Database(file)
  const { changes } = database
    .prepare(
      `UPDATE entry SET at = at + 1 WHERE (space, seq) =
       (SELECT space, seq FROM document WHERE name = ? AND space = (SELECT id FROM space WHERE name = ?))`,
    )
    .run(document, space)
  database.close()
  if (changes !== 1) throw new Error(`${changes} rows`)
}
