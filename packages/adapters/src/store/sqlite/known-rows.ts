/**
 * The rows that commits look up, as they were committed: nobody else writes to this file, so they are what is there. Laws:
 * - What a transaction changed is known once it has committed; after one that failed nothing is.
 * - What is changed by anything but a commit is forgotten.
 */
import type { DeviceRow, DocumentRow, SpaceRow, Statements } from './statements.ts'

/** Of each. */
const MOST = 10_000

/** What a commit looks at of a document. */
export type KnownDocument = Omit<DocumentRow, 'quarantined'>

export interface KnownRows {
  space(name: string): SpaceRow | undefined
  document(space: number, name: string): KnownDocument | undefined
  device(space: number, name: string): DeviceRow | undefined
  keepSpace(name: string, row: SpaceRow): void
  keepDocument(row: KnownDocument): void
  keepDevice(space: number, name: string, row: DeviceRow): void
  forgetSpace(name: string): void
  forgetDocument(space: number, name: string): void
  forgetDevice(space: number, name: string): void
  forgetAll(): void
}

export function knownRows(statements: Statements): KnownRows {
  const spaces = new Map<string, SpaceRow>()
  const documents = new Map<string, KnownDocument>()
  const devices = new Map<string, DeviceRow>()
  return {
    space: name => spaces.get(name) ?? (statements.space.get(name) as SpaceRow | undefined),
    document: (space, name) =>
      documents.get(keyOf(space, name)) ?? (statements.document.get(space, name) as DocumentRow | undefined),
    device: (space, name) =>
      devices.get(keyOf(space, name)) ?? (statements.device.get(space, name) as DeviceRow | undefined),
    keepSpace: (name, row) => keep(spaces, name, row),
    keepDocument: row => keep(documents, keyOf(row.space, row.name), row),
    keepDevice: (space, name, row) => keep(devices, keyOf(space, name), row),
    forgetSpace: name => void spaces.delete(name),
    forgetDocument: (space, name) => void documents.delete(keyOf(space, name)),
    forgetDevice: (space, name) => void devices.delete(keyOf(space, name)),
    forgetAll() {
      spaces.clear()
      documents.clear()
      devices.clear()
    },
  }
}

function keyOf(space: number, name: string): string {
  return `${space}/${name}`
}

function keep<Row>(rows: Map<string, Row>, key: string, row: Row): void {
  rows.set(key, row)
  if (rows.size <= MOST) return
  const [oldest] = rows.keys()
  if (oldest !== undefined) rows.delete(oldest)
}
