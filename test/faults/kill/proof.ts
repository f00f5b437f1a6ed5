/**
 * The proof that nothing acked or shown is lost: a relay is killed again and again while people write, and each time looked at by strangers
 * before anybody who remembers anything comes back. Laws:
 * - Acked or shown is what has reached somebody's socket, in whatever way in, from any life of the relay.
 * - Each kill is judged twice: by what is on the dead relay's disk, and by what the next life that listens serves.
 */
import type { Random } from '@joinery/core'
import { seededRandom } from '@joinery/core/testing'
import { cast, DOORS, SPACE, type Cast } from './cast.ts'
import { folderGround, type Ground, type MakeGround } from './ground.ts'
import { load } from './load.ts'
import { mortalRelay, type Life, type MortalRelay } from './mortal-relay.ts'
import { promises, type Promises } from './promises.ts'
import { auditRelay } from './relay-audit.ts'
import type { Word } from './words.ts'

/**
 * When it is killed. `answer`: at the instant at which something that it said arrives. `strike`: after the server that holds its log was, and
 * came back.
 */
export type Moment = 'load' | 'answer' | 'start' | 'fold' | 'drain' | 'strike'

export interface Kill {
  readonly moment: Moment
  /** How long it had lived, in ms. */
  readonly after: number
  /** In this life. */
  readonly wrote: number
  readonly acked: number
  readonly shown: number
  /** Words that were acked or shown in any life and are gone with this one. */
  readonly lost: number
  /** Sentences about whatever else is not as it must be, and about what was lost. */
  readonly troubles: readonly string[]
  /** Entries in the log. */
  readonly seqs: number
  /** Whether some of what was to be folded was, and some was not yet. */
  readonly amidFold: boolean
}

export interface ProofOptions {
  /** What runs `joinery`, with its arguments. */
  readonly command: readonly [string, ...string[]]
  readonly kills: number
  readonly seed: number
  /** What each relay keeps its log on; a folder if absent. */
  readonly ground?: MakeGround
  /** Edits a second, of all together. */
  readonly perSecond?: number
  /** Called with each kill, once it has been judged. */
  readonly killed?: (kill: Kill) => void
}

/** Of every twenty kills; each relay lives so many times. */
const SOME: readonly Moment[] = [
  ...Array<Moment>(6).fill('load'),
  ...Array<Moment>(5).fill('answer'),
  ...Array<Moment>(3).fill('start'),
  ...Array<Moment>(2).fill('drain'),
  ...Array<Moment>(2).fill('fold'),
]
const momentsOn = ({ strike }: Ground): readonly Moment[] => [
  ...SOME,
  ...Array<Moment>(2).fill(strike === undefined ? 'load' : 'strike'),
]
/** Entries enough for a fold, in so many documents that it takes a moment. */
const POURED_WORDS = 520
const POURED_DOCUMENTS = 6
/** When a relay begins to fold what it finds, in ms after it began to listen, and about how long it takes for it. */
const FOLD_MS = 2_000
const FOLDING_MS = 600
/** The server that holds the log is away for at most so long, and the relay lives for at most so long after it. */
const STRUCK_MS = 1_000
const COMING_BACK_MS = 3_000
/** Longer than any machine takes, and never waited for in a proof that holds. */
const PATIENCE_MS = 30_000

export async function killProof(options: ProofOptions): Promise<Kill[]> {
  const random = seededRandom(options.seed)
  const kills: Kill[] = []
  while (kills.length < options.kills) {
    const ground = await (options.ground ?? folderGround)()
    const moments = shuffled(momentsOn(ground), random).slice(0, options.kills - kills.length)
    kills.push(...(await oneRelay(ground, moments, random, options)))
  }
  return kills
}

async function oneRelay(
  ground: Ground,
  moments: readonly Moment[],
  random: Random,
  options: ProofOptions,
): Promise<Kill[]> {
  const relay = await mortalRelay(options.command, ground)
  const said = promises()
  const heard = { then: (): void => undefined }
  const people = await cast(relay.port, said, () => heard.then())
  const { writers } = people
  const kills: Kill[] = []
  /** Killed, and looked at on the disk only. */
  let unjudged: Kill[] = []
  const lost = new Set<Word>()
  let startMs = 300
  const told = new Set<string>()
  /** Snapshots on the disk. */
  let folded = 0
  let life: Life | undefined

  /** What was not said before. */
  const fresh = (...sentences: readonly string[]): string[] => {
    const some = sentences.filter(sentence => !told.has(sentence))
    for (const sentence of some) told.add(sentence)
    return some
  }

  /** The next life has come up: strangers look first. */
  const judge = async (): Promise<void> => {
    const audit = await within(auditRelay(relay.port, SPACE, DOORS, said.all(), said), 'an audit')
    const gone = [...audit.lost].filter(word => !lost.has(word))
    for (const word of gone) lost.add(word)
    for (const [at, kill] of unjudged.entries()) {
      const isLast = at === unjudged.length - 1
      // What several deaths in a row have done is the last one's doing.
      const judged = isLast
        ? { ...kill, lost: gone.length, troubles: [...kill.troubles, ...fresh(...audit.troubles)] }
        : kill
      kills.push(judged)
      options.killed?.(judged)
    }
    unjudged = []
  }

  try {
    for (const [at, moment] of moments.entries()) {
      const before = said.counts()
      const began = performance.now()
      life = relay.begin()
      let writing: ReturnType<typeof load>
      if (moment === 'start') {
        writing = load(writers, options.perSecond ?? 200, random)
        for (const writer of writers) void writer.connect()
        await pause(random.number() * startMs * 1.2)
      } else {
        if (!(await within(life.ready, 'a start')))
          throw new Error(`the relay ended before it listened: ${life.lastWords()}`)
        const readyAt = performance.now()
        startMs = readyAt - began
        await judge()
        await within(Promise.all(writers.map(writer => writer.connect())), 'links')
        writing = load(writers, options.perSecond ?? 200, random)
        await come(moment, { people, random, ground, life, heard, at, readyAt })
      }
      life.signal('SIGKILL')
      const after = performance.now() - began
      await life.ended
      const wrote = writing.stop()
      heard.then = () => undefined
      await within(Promise.all(writers.map(writer => writer.cut())), 'the ends of links')
      const disk = await within(ground.audit(SPACE, said), 'a look at the disk')
      const now = said.counts()
      unjudged.push({
        moment,
        after,
        wrote,
        acked: now.acked - before.acked,
        shown: now.shown - before.shown,
        lost: 0,
        troubles: fresh(...said.troubles, ...disk.troubles),
        seqs: disk.seqs,
        amidFold: disk.folded > folded && disk.due > 0,
      })
      ;({ folded } = disk)
    }
    const last = await calm(relay, people, said, judge).catch((error: unknown) => [`at the end: ${String(error)}`])
    const final = kills.pop()
    if (final !== undefined)
      kills.push({ ...final, troubles: [...final.troubles, ...fresh(...last, ...said.troubles)] })
    return kills
  } finally {
    life?.signal('SIGKILL')
    for (const writer of writers) await writer.close()
    await ground.remove()
  }
}

interface Scene {
  readonly people: Cast
  readonly random: Random
  readonly ground: Ground
  readonly life: Life
  readonly heard: { then: () => void }
  /** Which kill of this relay's it is. */
  readonly at: number
  readonly readyAt: number
}

/** Resolves at the instant to kill it at. */
async function come(moment: Moment, { people, random, ground, life, heard, at, readyAt }: Scene): Promise<void> {
  const a = random.number()
  const b = random.number()
  switch (moment) {
    case 'load':
    case 'start':
      return pause(20 + a * 700)
    case 'answer':
      await pause(20 + a * 500)
      return new Promise(resolve => {
        heard.then = () => {
          // At once, not when this promise is looked at.
          life.signal('SIGKILL')
          resolve()
        }
      })
    case 'strike':
      await pause(20 + a * 500)
      await ground.strike?.(b * STRUCK_MS)
      return pause(a * COMING_BACK_MS)
    case 'drain':
      await pause(20 + a * 400)
      life.signal('SIGTERM')
      return pause(b * 40)
    case 'fold': {
      const documents = Array.from({ length: POURED_DOCUMENTS }, (_, i) => `barrel${at}x${i}`)
      await within(people.pourer.pour(documents, POURED_WORDS), 'so many acks')
      return pause(FOLD_MS + a * FOLDING_MS - (performance.now() - readyAt))
    }
  }
}

/** Nobody dies any more: everything that was ever written is there. */
async function calm(
  relay: MortalRelay,
  { writers }: Cast,
  said: Promises,
  judge: () => Promise<void>,
): Promise<readonly string[]> {
  const life = relay.begin()
  try {
    await within(life.ready, 'a start')
    await judge()
    await within(Promise.all(writers.map(writer => writer.connect())), 'links')
    await within(Promise.all(writers.map(writer => writer.settled())), 'the last acks')
    const everything = said.documentsByWord.keys()
    const { troubles } = await within(auditRelay(relay.port, SPACE, DOORS, everything, said), 'an audit')
    life.signal('SIGTERM')
    await within(life.ended, 'an end')
    return troubles
  } finally {
    life.signal('SIGKILL')
  }
}

function shuffled<T>(some: readonly T[], random: Random): T[] {
  return some
    .map(one => ({ one, at: random.number() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, ms)))
}

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited for ${what} in vain`)), PATIENCE_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
