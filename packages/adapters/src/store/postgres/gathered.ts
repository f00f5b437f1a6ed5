/**
 * Questions of one kind about one space, gathered. Laws:
 * - The first goes out at once; those that come while one is under way go out together when it is answered, so a thousand cost two round trips.
 * - What one question fails of, all that are in it fail of, and nobody else.
 */
export type Gathered<Key, Answer> = (space: number, key: Key) => Promise<Answer | undefined>

interface Waiting<Key, Answer> {
  readonly key: Key
  readonly resolve: (answer: Answer | undefined) => void
  readonly reject: (error: unknown) => void
}

/** `ask` answers in the order of its keys. */
export function gathered<Key, Answer>(
  ask: (space: number, keys: readonly Key[]) => Promise<readonly (Answer | undefined)[]>,
): Gathered<Key, Answer> {
  /** By space, while a question about it is under way. */
  const waitingBySpace = new Map<number, Waiting<Key, Answer>[]>()

  const askFor = async (space: number, some: readonly Waiting<Key, Answer>[]): Promise<void> => {
    try {
      const answers = await ask(space, some.map(({ key }) => key)) // prettier-ignore
      for (const [at, { resolve }] of some.entries()) resolve(answers[at])
    } catch (error) {
      for (const { reject } of some) reject(error)
    }
  }

  const askUntilNoneWaits = async (space: number, first: Waiting<Key, Answer>): Promise<void> => {
    for (let some = [first]; some.length > 0; some = waitingBySpace.get(space) ?? []) {
      waitingBySpace.set(space, [])
      await askFor(space, some)
    }
    waitingBySpace.delete(space)
  }

  return (space, key) =>
    new Promise((resolve, reject) => {
      const one = { key, resolve, reject }
      const waiting = waitingBySpace.get(space)
      if (waiting === undefined) void askUntilNoneWaits(space, one)
      else waiting.push(one)
    })
}
