/**
 * Who may write into which spaces, one at a time each. Laws: whoever asks first has it first; spaces are taken in the order given, one after
 * the other, so that two who name them in one order never wait for each other.
 */
export interface SpaceLock {
  /** Resolves when all are held. Never, if it is released before. */
  readonly held: Promise<void>
  release(): void
}

export interface SpaceLocks {
  take(spaces: readonly string[]): SpaceLock
}

interface Waiting {
  over: boolean
  readonly granted: () => void
}

export function spaceLocks(): SpaceLocks {
  const queuesBySpace = new Map<string, Waiting[]>()

  const next = (space: string): void => {
    const queue = queuesBySpace.get(space) ?? []
    while (queue[0]?.over === true) queue.shift()
    if (queue.length === 0) queuesBySpace.delete(space)
    else queue[0]?.granted()
  }

  return {
    take(spaces) {
      let released = false
      let mine: { readonly space: string; readonly waiting: Waiting }[] = []
      const takeOne = (space: string): Promise<void> =>
        new Promise(granted => {
          const waiting = { over: false, granted }
          const queue = queuesBySpace.get(space) ?? []
          queuesBySpace.set(space, queue)
          queue.push(waiting)
          mine.push({ space, waiting })
          if (queue.length === 1) granted()
        })
      const takeAll = async (): Promise<void> => {
        for (const space of new Set(spaces)) {
          await takeOne(space)
          if (released) await new Promise(() => undefined)
        }
      }
      return {
        held: takeAll(),
        release() {
          released = true
          const held = mine
          mine = []
          for (const { space, waiting } of held) {
            const isFirst = queuesBySpace.get(space)?.[0] === waiting
            waiting.over = true
            if (isFirst) next(space)
          }
        },
      }
    },
  }
}
