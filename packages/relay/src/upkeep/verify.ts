/**
 * Finds what of a store cannot be read, and mends it. Laws:
 * - CR-25: it is found document by document, and only documents that cannot be read are quarantined.
 * - What a backup has of a document is put back where the log knows it; what nobody here has is left out, and devices are asked for it: their
 *   spaces begin a new life, so that they tell what they hold (DU-17).
 * - A log whose marks do not follow from it proves no cursor: its marks are computed anew, and it begins a new life (R4).
 */
import type { DocumentPlace, Store, StoreLook, StoreUpkeep } from '@joinery/core'
import { contentsOf } from './contents.ts'

export interface Verified {
  readonly look: StoreLook
  readonly documents: number
  /** Those that could not be read. */
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
  return { look, documents, damaged }
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
  // First: what a copy has is held against the digests of the log.
  const remarked = look.marks.wrong > 0 ? await store.remark() : []
  const spaces = new Set<string>(remarked)
  for (const { space, document } of damaged) {
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
  await store.beginLives([...spaces])
  return { mended, remarked, spaces: [...spaces] }
}
