/** What limits must be together. Each rule names the one that its owner would change, and says why. */
import type { LimitName } from './limit-words.ts'

type Limits = Readonly<Record<LimitName, number>>

interface LimitRule {
  readonly of: LimitName
  readonly isKept: (limits: Limits) => boolean
  readonly allowed: string
}

/** A message has at most 1,024 parts (P65), each of which is a little smaller than a frame. */
const PARTS = 1_000
/** Longer than that nobody waits until what he says next is heard, the answer to a ping for example. */
const UNHEARD_S = 10
/** One of the largest kind in use, one that comes. */
const LARGEST_AT_ONCE = 2

export const LIMIT_RULES: readonly LimitRule[] = [
  {
    of: 'messageBytes',
    isKept: ({ messageBytes, frameBytes }) => messageBytes >= frameBytes,
    allowed: 'at least limits.frameBytes',
  },
  {
    of: 'frameBytes',
    isKept: ({ frameBytes, messageBytes, documentBytes, pageBytes }) =>
      frameBytes * PARTS >= Math.max(messageBytes, documentBytes + pageBytes),
    allowed:
      'at least a thousandth of limits.messageBytes, and of limits.documentBytes with limits.pageBytes: a message has 1,024 parts at most',
  },
  {
    of: 'bytesPerSecond',
    isKept: ({ bytesPerSecond, messageBytes }) => bytesPerSecond * UNHEARD_S >= messageBytes,
    allowed: 'at least a tenth of limits.messageBytes: who sends one is not heard for longer than 10 s',
  },
  {
    of: 'burstBytes',
    isKept: ({ burstBytes, frameBytes }) => burstBytes >= frameBytes,
    allowed: 'at least limits.frameBytes: or whoever sends one has to pause',
  },
  {
    of: 'unackedBytes',
    isKept: ({ unackedBytes, frameBytes }) => unackedBytes >= frameBytes,
    allowed: 'at least limits.frameBytes: or each waits for the commit of the one before',
  },
  {
    of: 'foldBytes',
    isKept: ({ foldBytes, documentBytes }) => foldBytes <= documentBytes,
    allowed: 'at most limits.documentBytes: or a document is full before it is folded, and takes no edit more',
  },
  {
    of: 'historyBytes',
    isKept: ({ historyBytes, documentBytes }) => historyBytes >= documentBytes,
    allowed: 'at least limits.documentBytes: or the past of a large document is neither shown nor let go',
  },
  {
    of: 'cachedAuthors',
    isKept: ({ cachedAuthors, documentAuthors }) => cachedAuthors >= LARGEST_AT_ONCE * documentAuthors,
    allowed: 'at least twice limits.documentAuthors: or one document drives out all others',
  },
]
