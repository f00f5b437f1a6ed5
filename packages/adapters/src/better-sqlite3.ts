/** The one file that loads better-sqlite3, for the two adapters that keep things in SQLite: the relay's store and a device's storage. */
import Database from 'better-sqlite3'

export { Database }
