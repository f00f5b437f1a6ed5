/** Work that is done one piece after the other. What one piece throws stops the rest from nothing. */
export interface Turns {
  add(work: () => Promise<unknown>): void
  busy(): boolean
}

export function turns(onIdle: () => void): Turns {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return {
    add(work) {
      waiting += 1
      last = last
        .then(work)
        .catch(() => undefined)
        .then(() => {
          waiting -= 1
          if (waiting === 0) onIdle()
        })
    },
    busy: () => waiting > 0,
  }
}
