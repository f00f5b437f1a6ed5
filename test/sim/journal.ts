// What was promised to people during a run, and what happened: the invariants hold the end against it.
export interface Edit {
  /** Unique in the run; stands in the document exactly when the edit is in it. */
  readonly token: string
  readonly device: string
  /** The life of the device's disk in which it was made: a wiped disk forgets what only it knew. */
  readonly life: number
  readonly document: string
  saved: boolean
  acked: boolean
  /** Virtual time at which its author heard of the ack. */
  ackedAt: number
  /** Shelved, so that it need not be in the end (C2): it must be on the shelf instead. */
  refused: boolean
  /** Disks, by device and life, of which a tab has shown it: it was stored there. */
  readonly shownBy: Set<string>
}

/** An edit that a tab has shown and shows no more: it must have been shelved. */
export interface Vanished {
  readonly edit: Edit
  /** Who does not show it any more, for a person to read. */
  readonly by: string
}

/** Names a disk. */
export function diskName(device: string, life: number): string {
  return `${device}/${life}`
}

/** An invariant that did not hold. */
export class Broken extends Error {
  readonly invariant: string
  constructor(invariant: string, sentence: string) {
    super(`${invariant}: ${sentence}`)
    this.invariant = invariant
  }
}

export interface Journal {
  readonly edits: Edit[]
  readonly vanished: Vanished[]
  /** Documents somebody purged: nothing of them is looked for. */
  readonly purged: Set<string>
  /** Edits that each counted one more in a document. */
  readonly counted: { readonly document: string; readonly edit: Edit }[]
  /** Tokens that somebody took out again on purpose. */
  readonly removed: Set<string>
  /** How often each thing that must happen sometimes has happened. */
  readonly sometimes: Map<Sometimes, number>
  readonly lines: string[]
  /** What did not hold, found on the way. */
  readonly broken: Broken | undefined
  note(line: string): void
  broke(invariant: string, sentence: string): void
  saw(what: Sometimes): void
}

/** What a suite that tests anything hits at least once in a thousand seeds. */
export const SOMETIMES = [
  'relay crashed with commits on the way',
  'device crashed with a commit on the way',
  'resent after a break and deduplicated',
  'commit failed',
  'commit failed and was written all the same',
  'acked while the author was away',
  'relay lost commits and devices brought them back',
  'brought back by another device than its author',
  'new life of the log',
  'cloned device found out',
  'wiped device came back',
  'snapshot replaced entries',
  'purged while edited elsewhere',
  'another tab took over',
  'device storage was full',
  'reader fell back to the log',
  'edits were shelved',
  'an edit came without what it builds on',
  'clock was ahead and edits were stamped anew',
  'a relay lost power',
  'another node was quicker',
  'decided while nobody else wrote',
  'another node had written it',
  'commit failed for another',
  'a node did not hear what became of a commit',
  'a node was drained',
  'a node stood still',
  'a device hopped between nodes',
  'the database restarted with commits on the way',
  'a failover lost commits',
  'hints were lost',
  'a backup held what was acked before it',
  'something large was written',
  'a node that lost its store sent everybody away',
  'an old version was read',
  'an old version was forgotten in its time',
  'a version with a name outlived its time',
] as const
export type Sometimes = (typeof SOMETIMES)[number]

/** An empty journal; `now` dates its lines. */
export function journal(now: () => number): Journal {
  const sometimes = new Map<Sometimes, number>()
  const lines: string[] = []
  let broken: Broken | undefined
  return {
    edits: [],
    vanished: [],
    purged: new Set(),
    counted: [],
    removed: new Set(),
    sometimes,
    lines,
    note(line) {
      lines.push(`${String(Math.round(now())).padStart(6)}  ${line}`)
    },
    get broken() {
      return broken
    },
    broke(invariant, sentence) {
      broken ??= new Broken(invariant, sentence)
    },
    saw(what) {
      sometimes.set(what, (sometimes.get(what) ?? 0) + 1)
    },
  }
}
