/** One holder at a time, in the order asked. */
export interface Turns {
  /** Resolves when everyone who asked before has given back; call what it resolves to, once or more, to give back. */
  take(): Promise<() => void>
}

export function turns(): Turns {
  let last: Promise<void> = Promise.resolve()
  return {
    take() {
      const before = last
      return new Promise(given => {
        last = new Promise(giveBack => void before.then(() => given(giveBack)))
      })
    },
  }
}
