/**
 * Finds what of a store cannot be read, and mends it. Laws:
 * - CR-25: it is found document by document, and only documents that cannot be read are quarantined.
 * - D6: a document is gone when its entries say so, and no repair makes one gone of which they do not. Its space begins no new life for that:
 *   devices that were told meanwhile that it is gone would bring its tombstone.
 * - What a backup has of a document is put back where the log knows it; what nobody here has is left out, and devices are asked for it: its
 *   space begins a new life with that, so that they tell what they hold (DU-17). So do the spaces of documents that wait for a device
 *   already, before anything else: who repairs has all asked again that nobody brought.
 * - A log whose marks do not follow from it proves no cursor: its marks are computed anew, and it begins a new life (R4).
 */
import { JoineryError, type DocumentPlace, type Store, type StoreLook, type StoreUpkeep } from '@joinery/core'
import { contentsOf } from './contents.ts'

const PAGE = 256

export interface Verified {
  readonly look: StoreLook
  readonly documents: number
  /** Those that could not be read, or of which something is told that their entries do not say. */
  readonly damaged: readonly DocumentPlace[]
}

/** `look` is of the same store. */
export async function findDamage(look: StoreLook, store: Store & StoreUpkeep): Promise<Verified> {
  const damaged: DocumentPlace[] = []
  let documents = 0
  for await (const line of contentsOf(store)) {
    if (!('document' in line)) continue
    documents += 1
    const { space, document, digest } = line
    if (digest === undefined) damaged.push({ space, document })
  }
  const unread = new Set(damaged.map(nameOf))
  return { look, documents, damaged: [...damaged, ...look.disagreeing.filter(one => !unread.has(nameOf(one)))] }
}

export interface Mended extends DocumentPlace {
  /** Whole again, or left with so many entries, or none. */
  readonly fate: 'whole' | 'left'
  readonly entries: number
}

export interface Repaired {
  readonly mended: readonly Mended[]
  /** Spaces whose logs follow again. */
  readonly remarked: readonly string[]
  /** Of these, devices are asked for what they hold. */
  readonly spaces: readonly string[]
}

/** Of a store that nobody else has open. `copy`: the store of a backup of it. */
export async function repair(
  { look, damaged }: Verified,
  store: Store & StoreUpkeep,
  copy: (Store & StoreUpkeep) | undefined,
): Promise<Repaired> {
  const mended: Mended[] = []
  const waiting = await spacesInWait(store)
  await store.beginLives(waiting)
  // First: what a copy has is held against the digests of the log.
  const remarked = look.marks.wrong > 0 ? await store.remark() : []
  const spaces = new Set<string>([...waiting, ...remarked])
  const disagreeing = new Set(look.disagreeing.map(nameOf))
  for (const { space, document } of damaged) {
    if (disagreeing.has(nameOf({ space, document }))) {
      await store.align(space, document)
      const entries = await readable(store, space, document)
      if (entries !== undefined) {
        mended.push({ space, document, fate: 'whole', entries })
        continue
      }
    }
    const standing = (await copy?.standing(space, document)) ?? []
    if ((await store.mend(space, document, standing)) === 'whole') {
      // What does not read back throws here.
      await store.authors(space, document)
      mended.push({ space, document, fate: 'whole', entries: (await store.body(space, document)).length })
      continue
    }
    const entries = await store.leaveOut(space, document)
    spaces.add(space)
    mended.push({ space, document, fate: 'left', entries })
  }
  if (look.rows.damaged > 0) for (const space of await store.sweep()) spaces.add(space)
  return { mended, remarked, spaces: [...spaces] }
}

/** In which documents wait for a device. */
async function spacesInWait(store: Store): Promise<string[]> {
  const spaces = new Set<string>()
  for (let after = 0; ;) {
    const page = await store.everyDocument(after, PAGE)
    for (const { space, document } of page) {
      if (spaces.has(space)) continue
      const head = await store.document(space, document)
      if (head?.quarantined === 'GAP') spaces.add(space)
    }
    const last = page.at(-1)
    if (last === undefined) return [...spaces]
    after = last.at
  }
}

/** How many entries it has; undefined when it cannot be read. */
async function readable(store: Store, space: string, document: string): Promise<number | undefined> {
  try {
    await store.authors(space, document)
    return (await store.body(space, document)).length
  } catch (error) {
    if (error instanceof JoineryError && error.code === 'QUARANTINED') return undefined
    throw error
  }
}

function nameOf({ space, document }: DocumentPlace): string {
  return `${space}/${document}`
}
