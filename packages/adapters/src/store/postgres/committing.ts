/**
 * A commit: one transaction of two round trips. The first locks the heads of its spaces and finds what they hold of what is written; the
 * second writes all of it in one statement, and commits. Laws R1, S1, S4, T5 and D6 of the port.
 */
import { JoineryError, NO_MARK, type CommittedSpace, type SpaceCommit } from '@joinery/core'
import { appendAll, keyOf, type Appended, type Found, type NamedRow } from './appending.ts'
import type { Connections, Transaction, Value } from './connections.ts'
import type { Numbers } from './numbers.ts'
import { STATEMENTS, type DeviceRow, type DocumentRow, type SpaceRow } from './statements.ts'

export async function commitTo(
  connections: Connections,
  spaces: readonly SpaceCommit[],
  numbers: Numbers,
  freshEpoch: () => string,
): Promise<CommittedSpace[]> {
  const names = [...new Set(spaces.map(({ space }) => space))]
  if (names.length === 0) return []
  const ids = names.flatMap(name => numbers.of(name) ?? [])
  const { locked, committed } = await connections.transact({ ids, names }, 'write', async transaction => {
    if (ids.length < names.length) {
      void transaction.ask(STATEMENTS.makeSpaces, [names, names.map(freshEpoch), NO_MARK]).catch(() => undefined)
    }
    const locking = lock(transaction, ids, names, numbers)
    // Asked behind the lock, and with it: what a space's number is was heard before.
    const idByName = new Map(names.map((name, at) => [name, ids[at] ?? 0]))
    const asked = ids.length < names.length ? undefined : lookUp(transaction, spaces, idByName)
    const [rows, found] = await Promise.all([locking, asked])
    return { locked: rows, committed: await appendTo(transaction, spaces, rows, found) }
  })
  numbers.remember(locked)
  return committed
}

async function lock(
  transaction: Transaction,
  ids: readonly number[],
  names: readonly string[],
  numbers: Numbers,
): Promise<readonly SpaceRow[]> {
  const rows = await transaction.ask<SpaceRow>(STATEMENTS.lockSpaces, [names])
  numbers.compare(names, rows)
  if (ids.length < names.length) transaction.about({ ids: rows.map(({ id }) => id), names })
  return rows
}

/** The same of what is decided behind the locks. */
export async function commitAloneTo(
  connections: Connections,
  spaces: readonly string[],
  numbers: Numbers,
  decide: () => Promise<readonly SpaceCommit[]>,
): Promise<CommittedSpace[]> {
  const names = [...new Set(spaces)]
  const ids = names.flatMap(name => numbers.of(name) ?? [])
  let isDecided = false
  return connections.transact({ ids, names }, 'decide', async transaction => {
    // Tried again it is another transaction, and what was decided in the one before may be wrong.
    if (isDecided) throw new JoineryError('UNAVAILABLE')
    const rows = await lock(transaction, ids, names, numbers)
    isDecided = true
    return appendTo(transaction, await decide(), rows)
  })
}

/** Behind the lock of its spaces, and at the end of its transaction. */
export async function appendTo(
  transaction: Transaction,
  spaces: readonly SpaceCommit[],
  locked: readonly SpaceRow[],
  found?: Looked,
): Promise<CommittedSpace[]> {
  const idByName = new Map(locked.map(({ name, id }) => [name, id]))
  const appended = appendAll(spaces, { spaces: locked, ...(found ?? (await lookUp(transaction, spaces, idByName))) })
  const written = write(transaction, appended)
  transaction.commit()
  await written
  return appended.committed
}

type Looked = Omit<Found, 'spaces'>

async function lookUp(
  transaction: Transaction,
  spaces: readonly SpaceCommit[],
  idByName: ReadonlyMap<string, number>,
): Promise<Looked> {
  const documents = new Pairs()
  const devices = new Pairs()
  for (const { space, entries } of spaces) {
    const id = idByName.get(space) ?? 0
    for (const { document, device } of entries) {
      documents.add(id, document)
      devices.add(id, device)
    }
  }
  const [documentRows, deviceRows] = await Promise.all([
    transaction.ask<DocumentRow>(STATEMENTS.documentsNamed, documents.columns()),
    transaction.ask<DeviceRow>(STATEMENTS.devicesNamed, devices.columns()),
  ])
  // A greater n than all before is nobody's name yet: the usual case, without a look-up.
  const deviceByName = new Map(deviceRows.map(row => [keyOf(row.space, row.name), row]))
  const asked: { space: number; device: number; n: number }[] = []
  for (const { space, entries } of spaces) {
    for (const { device: name, n } of entries) {
      const device = deviceByName.get(keyOf(idByName.get(space) ?? 0, name))
      if (device !== undefined && n <= device.last) asked.push({ space: device.space, device: device.id, n })
    }
  }
  const named =
    asked.length === 0
      ? []
      : await transaction.ask<NamedRow>(STATEMENTS.named, columns(asked, ['space', 'device', 'n']))
  return { documents: documentRows, devices: deviceRows, named }
}

async function write(transaction: Transaction, appended: Appended): Promise<void> {
  const { log, shown, devices, documents, heads, folded } = appended
  if (heads.length === 0) return
  const made = documents.filter(({ isNew }) => isNew)
  const moved = documents
    .filter(({ isNew }) => !isNew)
    .map(document => ({ ...document, gone: document.state === 'gone' }))
  const bytes = Buffer.concat(shown.map(row => row.bytes))
  let start = 1
  const cut = shown.map(row => {
    const piece = { ...row, start, length: row.bytes.length }
    start += row.bytes.length
    return piece
  })
  const asked: Promise<unknown>[] = []
  for (const { space, id, base, purged } of documents) {
    if (!purged) continue
    asked.push(transaction.ask(STATEMENTS.rememberDigests, [space, id, base + 1]))
    asked.push(transaction.ask(STATEMENTS.dropEntries, [space, id, base + 1]))
    asked.push(transaction.ask(STATEMENTS.dropPast, [space, id, 0, base]))
    asked.push(transaction.ask(STATEMENTS.dropKept, [space, id, base]))
    asked.push(transaction.ask(STATEMENTS.dropNames, [space, id]))
  }
  if (folded.length > 0) {
    asked.push(transaction.ask(STATEMENTS.putFolded, columns(folded, ['space', 'document', 'digest', 'seq'])))
  }
  asked.push(
    transaction.ask(STATEMENTS.append, [
      ...columns(log, ['space', 'seq', 'device', 'n', 'digest', 'mark']),
      ...columns(cut, [
        'space',
        'seq',
        'type',
        'document',
        'prev',
        'device',
        'n',
        'at',
        'checksum',
        'authors',
        'start',
      ]),
      bytes,
      ...columns(cut, ['length']),
      ...columns(devices, ['space', 'id', 'name', 'subject']),
      ...columns(
        made.map(document => ({ ...document, gone: document.state === 'gone' })),
        ['space', 'id', 'name', 'kind', 'engine', 'seq', 'entries', 'bytes', 'gone'],
      ),
      ...columns(moved, ['space', 'id', 'seq', 'entries', 'bytes', 'gone', 'purged']),
      ...columns(heads, ['space', 'seq', 'mark']),
    ]),
  )
  await Promise.all(asked)
}

type Cell = string | number | boolean | Uint8Array

/** Rows, turned into one array for each column. */
function columns<Name extends string>(
  rows: readonly { readonly [N in Name]: Cell }[],
  names: readonly Name[],
): Value[] {
  return names.map(name => rows.map(row => row[name]) as Value)
}

/** Names within spaces, each once. */
class Pairs {
  readonly #byKey = new Map<string, { readonly space: number; readonly name: string }>()

  add(space: number, name: string): void {
    this.#byKey.set(keyOf(space, name), { space, name })
  }

  columns(): Value[] {
    return columns([...this.#byKey.values()], ['space', 'name'])
  }
}
