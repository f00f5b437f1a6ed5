// Looks at what a relay asks of its store: what it may say is durable, and what must happen sometimes.
import type { CommittedSpace, SpaceCommit, Store } from '@joinery/core'
import type { Plan } from './plan.ts'
import { isDurable, type Traffic } from './relay-traffic.ts'

export function watchedStore(store: Store, traffic: Traffic, plan: Plan): Store {
  const { journal } = traffic
  /** With these, a relay also looks for what a commit of its own, a clone, or another node wrote. */
  const others =
    plan.nodes > 1 || (['commitUnknown', 'diskFull', 'deviceClone'] as const).some(fault => plan.faults.has(fault))
  const { commitAlone } = store
  const committed = (spaces: readonly SpaceCommit[], outcome: CommittedSpace[]): CommittedSpace[] => {
    for (const { space, head, outcomes } of outcome) {
      isDurable(traffic, space, head.seq)
      if (plan.nodes === 1) continue
      if (outcomes.some(({ outcome: one }) => one === 'stale')) journal.saw('another node was quicker')
      if (outcomes.some(({ outcome: one }) => one === 'known')) journal.saw('another node had written it')
    }
    for (const { entries } of spaces) {
      if (plan.nodes === 1 && entries.some(entry => !traffic.devices.has(entry.device)))
        journal.saw('acked while the author was away')
    }
    return outcome
  }
  return {
    ...store,
    commit: async spaces => committed(spaces, await store.commit(spaces)),
    ...(commitAlone && {
      async commitAlone(spaces, decide) {
        let decided: readonly SpaceCommit[] = []
        const outcome = await commitAlone(spaces, async () => (decided = await decide()))
        journal.saw('decided while nobody else wrote')
        return committed(decided, outcome)
      },
    }),
    async head(space) {
      const head = await store.head(space)
      if (head !== undefined) isDurable(traffic, space, head.seq)
      return head
    },
    async document(space, document) {
      const head = await store.document(space, document)
      if (head !== undefined) isDurable(traffic, space, head.seq)
      return head
    },
    async holds(space, ...edit) {
      const seq = await store.holds(space, ...edit)
      if (seq !== undefined) isDurable(traffic, space, seq)
      return seq
    },
    async body(space, document) {
      const entries = await store.body(space, document)
      for (const { seq } of entries) isDurable(traffic, space, seq)
      return entries
    },
    async named(...name) {
      const known = await store.named(...name)
      if (known !== undefined) isDurable(traffic, name[0], known.seq)
      if (known !== undefined && !others) journal.saw('resent after a break and deduplicated')
      return known
    },
    async read(space, after, maxBytes) {
      if (traffic.lagging && after > 0) {
        traffic.lagging = false
        journal.saw('reader fell back to the log')
      }
      const page = await store.read(space, after, maxBytes)
      isDurable(traffic, space, page.seq)
      return page
    },
    async fold(fold) {
      const isFolded = await store.fold(fold)
      if (isFolded) journal.saw('snapshot replaced entries')
      return isFolded
    },
  }
}
