// I18: what a document was at a moment can be read as a version for as long as it is kept, whatever was folded, restarted or moved since; and
// what has a name, for longer. What is read of the past is what was there, or nothing.
import { canonical, JoineryError, type Engine, type Random } from '@joinery/core'
import type { VirtualClock } from '@joinery/core/testing'
import { createRelay, foldWith, GATES, verifyDevToken, type Fold, type Relay } from '@joinery/relay'
import { memoryBus } from '@joinery/adapters/bus/memory'
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import type { Watcher } from './invariants.ts'
import { Broken, type Journal } from './journal.ts'
import { SPACE } from './library.ts'
import { KEPT_MS, oneOf, type Plan } from './plan.ts'
import type { Relays } from './relays.ts'
import { contentFrom, documentsOf, type StoredDocument } from './relay-view.ts'

/** By so much the clocks of nodes may differ from ours. */
const SLACK_MS = 3_000
const TOKEN = 'dev:user0'

interface Moment extends Pick<StoredDocument, 'document' | 'kind' | 'seq'> {
  readonly content: string
  readonly at: number
  named: boolean
}

/** Remembers moments as they go by, and looks some of them up again. */
export function keptVersions({
  plan,
  relays,
  journal,
  clock,
  random,
}: {
  readonly plan: Plan
  readonly relays: Relays
  readonly journal: Journal
  readonly clock: VirtualClock
  readonly random: Random
}): Watcher {
  let moments: Moment[] = []
  let life = ''
  const fold: Fold = async (engine, updates) => foldWith(ENGINES[engine] ?? yjs, random, updates)

  /** What is durable now, asked as people ask a relay. */
  const lookUp = async (history: Relay['history'], moment: Moment): Promise<void> => {
    const { document, kind, seq, content, at, named } = moment
    const isOver = plan.faults.has('forgetting') && clock.monotonic() - at > KEPT_MS - SLACK_MS
    const what = `${document} as it was at seq ${seq}, ${Math.round(clock.monotonic() - at)} ms ago`
    try {
      const asked = await history.of(TOKEN, SPACE, document)
      const { engine, update } = await asked.read(seq)
      const found = canonical(contentFrom(kind, engine, [update]))
      if (found !== content) throw new Broken('I18', `${what}, was ${content}, and is told as ${found}`)
      journal.saw(isOver && named ? 'a version with a name outlived its time' : 'an old version was read')
    } catch (error) {
      if (!(error instanceof JoineryError)) throw error
      if (error.code === 'GONE' && journal.purged.has(document)) return forget(moment)
      if (named || !isOver) throw new Broken('I18', `${what}, cannot be read: ${error.code}`)
      if (error.code !== 'NOT_FOUND') throw new Broken('I18', `${what}, is ${error.code}`)
      journal.saw('an old version was forgotten in its time')
      forget(moment)
    }
  }
  const forget = (moment: Moment): void => void (moments = moments.filter(one => one !== moment))

  /** Somebody gives it a name. It has it when he is told so. */
  const name = async (moment: Moment): Promise<void> => {
    const { document, seq } = moment
    try {
      const asked = await relays.history()?.of(TOKEN, SPACE, document)
      if (asked === undefined) return
      await asked.name(seq, `as of ${seq}`)
      moment.named = true
    } catch (error) {
      if (!(error instanceof JoineryError)) throw error
    }
  }

  const remember = async (): Promise<void> => {
    const at = clock.monotonic()
    for (const one of await documentsOf(relays.view(), SPACE, random, false)) {
      const { document, kind, seq, state, waiting } = one
      if (state === 'gone' || waiting || moments.some(known => known.document === document && known.seq === seq))
        continue
      moments.push({ document, kind, seq, content: canonical(one.content), at, named: false })
    }
  }

  return {
    async check() {
      if (!plan.faults.has('compaction')) return
      const store = relays.view()
      const head = await store.head(SPACE)
      // What was put back, or goes on from a copy that lacked something, counts on from elsewhere.
      const now = `${head?.epoch} ${relays.restored()}`
      if (now !== life) moments = []
      life = now
      if (head === undefined) return
      const { relay, end } = reader(store, clock, random, fold)
      try {
        for (let at = 0; at < LOOKS && moments.length > 0; at++) await lookUp(relay.history, oneOf(random, moments))
      } finally {
        end()
      }
      if (random.number() < 0.4) await remember()
      if (moments.length > 0 && random.number() < 0.1) void name(oneOf(random, moments))
    },
  }
}

const LOOKS = 3
const ENGINES: Readonly<Record<string, Engine>> = { yjs, automerge }

/** The shipping relay on a copy of what is durable, for as long as it is asked. */
function reader(
  store: ReturnType<Relays['view']>,
  clock: VirtualClock,
  random: Random,
  fold: Fold,
): { readonly relay: Relay; end(): void } {
  const own = clock.skewed(0)
  const relay = createRelay({
    store,
    bus: memoryBus(),
    clock: own,
    random,
    verify: verifyDevToken,
    gates: GATES,
    openToAll: true,
    fold,
    onFatal(error) {
      throw error
    },
  })
  return {
    relay,
    end() {
      relay.close()
      own.stop()
    },
  }
}
