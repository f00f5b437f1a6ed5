// What people do: they make, open, change, throw away and purge documents. Every edit writes a token that stands nowhere else.
import { JoineryError, type Random } from '@joinery/core'
import type { SimClient } from './device-machine.ts'
import { diskName, type Edit, type Journal } from './journal.ts'
import { largeThing } from './large-things.ts'
import { SPACE } from './library.ts'
import { oneOf, pick, type Plan } from './plan.ts'

type Kind = 'paper' | 'card'
type Receipt = { readonly saved: Promise<void>; readonly acked: Promise<void> }

export interface Person {
  readonly device: string
  readonly life: number
  readonly client: SimClient
}

export interface People {
  /** Does one thing on this device. Resolves when it is begun, not when it is saved. */
  act(person: Person): Promise<void>
}

interface KnownDocument {
  readonly id: string
  readonly kind: Kind
}

/** People who share a few documents. */
export function people({
  plan,
  random,
  journal,
  now,
}: {
  readonly plan: Plan
  readonly random: Random
  readonly journal: Journal
  readonly now: () => number
}): People {
  const known: KnownDocument[] = []
  const editsByToken = new Map<string, Edit>()
  let tokens = 0

  const edited = ({ device, life }: Person, document: string, token: string, receipt: Receipt): void => {
    const told = { saved: false, acked: false, ackedAt: 0, refused: false }
    const edit: Edit = { token, device, life, document, ...told, shownBy: new Set() }
    journal.edits.push(edit)
    editsByToken.set(token, edit)
    journal.note(`${device} writes ${token} into ${document.slice(0, 6)}`)
    receipt.saved.then(
      () => (edit.saved = true),
      () => undefined,
    )
    receipt.acked.then(
      () => {
        edit.acked = true
        edit.ackedAt = now()
        journal.note(`${device} hears that ${token} is acked`)
      },
      () => {
        edit.refused = true
        journal.note(`${device} hears that ${token} is refused`)
      },
    )
  }

  const create = (person: Person): void => {
    const kind: Kind = random.number() < 0.25 ? 'card' : 'paper'
    const token = `t${++tokens}.`
    const made = person.client.space(SPACE)[kind].create({ body: token })
    known.push({ id: made.id, kind })
    edited(person, made.id, token, made)
  }

  const change = async (person: Person, { id, kind }: KnownDocument): Promise<void> => {
    const accessor = person.client.space(SPACE)[kind]
    const handle = await accessor.open(id).catch(() => undefined)
    if (handle === undefined) return
    const token = `t${++tokens}.`
    const way = pick(random, 10)
    try {
      watchReads(person, id, handle)
      const receipt = handle.change(draft => {
        if (way < 6) {
          // At a boundary between tokens, so that no token is torn.
          const cut = draft.body.toString().split('.').slice(0, -1)
          const at = cut.slice(0, pick(random, cut.length + 1)).reduce((sum, part) => sum + part.length + 1, 0)
          draft.body.insert(at, token)
        } else {
          draft.tags.add(token)
          if (way === 6) draft.title = token
          if (way === 7) draft.visits.add(1)
          if (way === 8) draft.steps.insert(0, plan.faults.has('large') ? largeThing(token, random) : token)
          if (way === 9) draft.done = random.number() < 0.5
        }
      })
      edited(person, id, token, receipt)
      if (way === 7) journal.counted.push({ document: id, edit: editsByToken.get(token) as Edit })
      if (!tokensIn(handle).has(token))
        journal.broke('I12', `${person.device} does not read ${token} that it just wrote`)
      if (way === 9 && handle.view.tags.length > 1 && random.number() < 0.5) {
        const gone = oneOf(random, handle.view.tags)
        journal.removed.add(gone)
        handle.change(draft => draft.tags.delete(gone))
      }
    } catch (error) {
      // Its engine broke on what came, and it begins anew at this very moment: nobody can edit it.
      if (!(error instanceof JoineryError) || error.code !== 'CLOSED') throw error
    } finally {
      handle[Symbol.dispose]()
    }
  }

  /** I12: what a tab has shown of a document it goes on showing. What was not acked may go to the shelf, which the end tells. */
  const seenByTab = new WeakMap<SimClient, Map<string, ReadonlySet<string>>>()
  const watchReads = (
    { device, life, client }: Person,
    document: string,
    handle: Parameters<typeof tokensIn>[0],
  ): void => {
    const seenByDocument = seenByTab.get(client) ?? new Map<string, ReadonlySet<string>>()
    seenByTab.set(client, seenByDocument)
    const shownNow = tokensIn(handle)
    for (const token of seenByDocument.get(document) ?? []) {
      const edit = editsByToken.get(token)
      if (edit === undefined || shownNow.has(token) || journal.removed.has(token) || journal.purged.has(document))
        continue
      const by = `${device} showed ${token} in ${document}, and does not any more`
      if (edit.acked) journal.broke('I12', by)
      else journal.vanished.push({ edit, by })
    }
    for (const token of shownNow) editsByToken.get(token)?.shownBy.add(diskName(device, life))
    seenByDocument.set(document, shownNow)
  }

  return {
    async act(person) {
      const choice = random.number()
      if (known.length === 0 || choice < 0.12) return create(person)
      const document = oneOf(random, known)
      const space = person.client.space(SPACE)
      if (plan.faults.has('purge') && choice < 0.15) {
        journal.purged.add(document.id)
        journal.note(`${person.device} purges ${document.id.slice(0, 6)}`)
        if (journal.edits.some(edit => edit.document === document.id && !edit.acked))
          journal.saw('purged while edited elsewhere')
        await space.trash.purge(document.id).catch(() => undefined)
        return
      }
      if (choice < 0.19) return void (await space.trash.restore(document.id).catch(() => undefined))
      await change(person, document)
    },
  }
}

/** The tokens that a person sees. */
function tokensIn({
  view,
}: {
  readonly view: { readonly body: { toString(): string }; readonly tags: Iterable<string> }
}): Set<string> {
  return new Set([...(view.body.toString().match(/t\d+\./g) ?? []), ...view.tags])
}
