// What must hold, whatever happened: each throws a sentence that names its number.
import { canonical, hex, entryDigest, JoineryError, type Entry, type Random } from '@joinery/core'
import type { VirtualClock } from '@joinery/core/testing'
import type { DeviceMachine } from './device-machine.ts'
import { ALONE_MS, type Fleet } from './fleet.ts'
import { Broken, diskName, type Journal } from './journal.ts'
import { largeThings } from './large-things.ts'
import { SPACE } from './library.ts'
import type { LostEdits } from './lost-edits.ts'
import type { Relays } from './relays.ts'
import { documentsById, documentsOf, holds, logOf, shown, type StoredDocument } from './relay-view.ts'

/** Checked again and again while things go wrong; remembers what it saw. */
export interface Watcher {
  check(): Promise<void>
}

/** I5, I7: the log only grows, without gaps, and says each thing once. */
export function logWatcher(relays: Relays, journal: Journal): Watcher {
  let epoch: string | undefined
  let restored = 0
  let seen = new Map<number, string>()
  return {
    async check() {
      const view = relays.view()
      const head = await view.head(SPACE)
      if (head === undefined) return
      if (epoch !== undefined && head.epoch !== epoch) journal.saw('new life of the log')
      // A log that was put back goes on differently from there.
      if (head.epoch !== epoch || relays.restored() !== restored) seen = new Map()
      epoch = head.epoch
      restored = relays.restored()
      const entries = await logOf(view, SPACE)
      const names = new Set<string>()
      let last = 0
      for (const entry of entries) {
        if (entry.seq <= last) throw new Broken('I5', `seq ${entry.seq} comes after ${last}`)
        last = entry.seq
        const name = `${entry.device} ${entry.n}`
        if (names.has(name)) throw new Broken('I7', `two entries are named ${name}`)
        names.add(name)
        const content = contentName(entry)
        const before = seen.get(entry.seq)
        // A snapshot takes the place of the last entry that it holds.
        if (before !== undefined && before !== content && entry.type !== 'snapshot') {
          throw new Broken('I5', `entry ${entry.seq} changed`)
        }
        seen.set(entry.seq, content)
      }
      if (last > head.seq) throw new Broken('I5', `the log is longer than its head ${head.seq}`)
    },
  }
}

/** MN-06: nobody is linked for long to a node that does not reach the database. */
export function aloneWatcher({ nodes }: Fleet, journal: Journal): Watcher {
  return {
    async check() {
      for (const { host, cutFor, links } of nodes) {
        if (cutFor() <= ALONE_MS) continue
        if (links() > 0)
          throw new Broken('I16', `${links()} links to ${host}, which has not reached the store for long`)
        journal.saw('a node that lost its store sent everybody away')
      }
    },
  }
}

/** I6: what a device has stored of how far it read never goes back in one life of the log and of the disk. */
export function cursorWatcher(relays: Relays, devices: () => readonly DeviceMachine[]): Watcher {
  const seen = new Map<string, { epoch: string; seq: number }>()
  return {
    async check() {
      for (const device of devices()) {
        // A log that was put back may be shorter than what was read of it: whoever notices begins anew.
        if (relays.restored() > 0) return
        const cursor = await device.cursor(SPACE)
        if (cursor === undefined) continue
        const key = `${device.name}/${device.life()}`
        const before = seen.get(key)
        if (before?.epoch === cursor.epoch && cursor.seq < before.seq) {
          throw new Broken('I6', `the cursor of ${device.name} went from ${before.seq} back to ${cursor.seq}`)
        }
        seen.set(key, cursor)
      }
    },
  }
}

/** I1, I2, I3, I4, I11, I12, I14: the end. Everybody sees the same, and it holds all that was promised. */
export async function checkEnd(
  relays: Relays,
  lost: LostEdits,
  devices: readonly DeviceMachine[],
  journal: Journal,
  random: Random,
  clock: VirtualClock,
  cloned: boolean,
): Promise<void> {
  const stored = await documentsOf(relays.view(), SPACE, random)
  const live = new Map(stored.filter(({ state }) => state === 'live').map(one => [one.document, one]))
  for (const one of stored) {
    if (one.state === 'gone' && !journal.purged.has(one.document))
      throw new Broken('I1', `${one.document} is gone, and nobody purged it`)
    if (one.digest !== one.digestShuffled) throw new Broken('I4', `${one.document} depends on the order of its entries`)
  }
  for (const one of live.values()) checkOnce(one, journal, cloned)
  for (const device of devices) await checkReplica(device, live, clock)
  await checkEdits(lost, live, devices, journal, cloned)
}

/** I11: what nobody knew the outcome of stands there once, or not at all. I14: what is large is as it was. */
function checkOnce({ document, content }: StoredDocument, journal: Journal, cloned: boolean): void {
  const { body, steps, visits } = content as { body: string; steps: string[]; visits: number }
  const { whole, torn } = largeThings(steps)
  if (torn.length > 0) throw new Broken('I14', `${torn.join(' ')} in ${document} is not what was written`)
  if (whole.length > 0) journal.saw('something large was written')
  // Two devices that were one each write anew what neither knew to be safe.
  if (cloned) return
  for (const tokens of [body.match(/t\d+\./g) ?? [], steps.map(step => /^t\d+\./.exec(step)?.[0] ?? step)]) {
    const twice = tokens.find((token, at) => tokens.indexOf(token) !== at)
    if (twice !== undefined) throw new Broken('I11', `${twice} stands twice in ${document}`)
  }
  const counted = journal.counted.filter(one => one.document === document)
  if (visits > counted.length)
    throw new Broken('I11', `${document} counts ${visits} where ${counted.length} were counted`)
}

/** I15: a backup holds all that was acked before it was taken. Taken now and then, and looked at at once. */
export function backupWatcher(
  relays: Pick<Relays, 'view' | 'restored'>,
  lost: Pick<LostEdits, 'has'>,
  journal: Journal,
  random: Random,
): Watcher {
  return {
    async check() {
      if (random.number() < 0.7) return
      const live = await documentsById(relays.view(), SPACE, random)
      for (const edit of journal.edits) {
        if (!edit.acked || journal.purged.has(edit.document) || journal.removed.has(edit.token)) continue
        // It may build on something lost, and shows when that is brought back.
        if (lost.has(edit) || (relays.restored() > 0 && live.get(edit.document)?.waiting)) continue
        if (!holds(live, edit)) throw new Broken('I15', `a backup lacks ${edit.token}, acked at ${edit.ackedAt}`)
        journal.saw('a backup held what was acked before it')
      }
    },
  }
}

/** I3: what this device shows is what the relay holds. */
async function checkReplica(
  device: DeviceMachine,
  live: ReadonlyMap<string, StoredDocument>,
  clock: VirtualClock,
): Promise<void> {
  for (const client of device.tabs()) {
    // Before anything is opened, which would fetch it: what is live shows in lists by itself (R2).
    const listed = new Set<string>()
    for (const kind of KINDS) {
      const list = await soon(clock, client.space(SPACE)[kind].where({}).get(), `${device.name} lists`)
      for (const { id } of list.rows) listed.add(id)
    }
    for (const { document, kind, content } of live.values()) {
      const space = client.space(SPACE)
      const opening = space[kind].open(document).catch((error: unknown) => {
        if (!(error instanceof JoineryError)) throw error
        throw new Broken('I3', `${device.name} cannot open ${document}: ${error.code}`)
      })
      const handle = await soon(clock, opening, `${device.name} opens ${document}`)
      const here = canonical(shown(handle.view))
      const trashed = handle.view.$trash !== false
      handle[Symbol.dispose]()
      if (here !== canonical(content)) {
        throw new Broken('I3', `${device.name} shows ${here} where the relay holds ${canonical(content)} (${document})`)
      }
      if (!listed.has(document) && !trashed) throw new Broken('I3', `${device.name} lists no row for ${document}`)
    }
  }
}

/** I1 for what was acked, I2 for what was saved on a disk that is still there, I11 for what was refused, I12 for what was shown. */
async function checkEdits(
  lost: LostEdits,
  live: ReadonlyMap<string, StoredDocument>,
  devices: readonly DeviceMachine[],
  journal: Journal,
  cloned: boolean,
): Promise<void> {
  const lives = new Map(devices.map(device => [device.name, device.life()]))
  const shelved = new Set<string>()
  for (const device of devices) for (const document of await device.shelved(SPACE)) shelved.add(document)
  for (const edit of journal.edits) {
    if (journal.purged.has(edit.document) || journal.removed.has(edit.token)) continue
    const isSameLife = lives.get(edit.device) === edit.life
    // The relay was put back and all disks that are known to have had it were thrown away: nobody has to have it any more.
    const survives = devices.some(device => edit.shownBy.has(diskName(device.name, device.life())))
    if (lost.has(edit) && !isSameLife && !survives) continue
    // Of two devices that were one, each has what was not acked then, and what becomes of it may differ.
    if (edit.refused && !edit.acked && !cloned && holds(live, edit))
      throw new Broken(
        'I11',
        `${edit.device} was told that ${edit.token} did not arrive, and it is in ${edit.document}`,
      )
    const promised = edit.acked ? 'I1' : edit.saved && isSameLife ? 'I2' : undefined
    if (promised === undefined) continue
    if (holds(live, edit) || (promised === 'I2' && shelved.has(edit.document))) continue
    const content = canonical(live.get(edit.document)?.content)
    throw new Broken(promised, `${edit.token} by ${edit.device} is not in ${edit.document}: ${content}`)
  }
  for (const { edit, by } of journal.vanished) {
    const isShelved = edit.refused || shelved.has(edit.document) || lives.get(edit.device) !== edit.life
    if (!isShelved && !journal.purged.has(edit.document)) throw new Broken('I12', by)
  }
}

function contentName(entry: Entry): string {
  return entry.type === 'snapshot' ? 'snapshot' : hex(entryDigest(entry))
}

/** What a promise gives within some seconds of virtual time. */
async function soon<T>(clock: VirtualClock, promise: Promise<T>, what: string): Promise<T> {
  let settled = false
  promise
    .catch(() => undefined)
    .finally(() => {
      settled = true
    })
  for (let waited = 0; !settled && waited < SOON_MS; waited += SOON_STEP_MS) await clock.advance(SOON_STEP_MS)
  if (!settled) throw new Broken('I16', `${what}, and nothing comes`)
  return promise
}

const KINDS = ['paper', 'card'] as const
const SOON_MS = 20_000
const SOON_STEP_MS = 50
