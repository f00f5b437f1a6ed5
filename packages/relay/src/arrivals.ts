/**
 * Those who wait until a log has been told up to a place. Law: nobody waits for what the log does not have. Who asked before a reading began
 * that came to the end of the log waits no more after it: his place was of another log, or of a hint that was wrong.
 */
interface Waiting {
  readonly seq: number
  /** Readings that had begun when he asked. */
  readonly readings: number
  readonly then: () => void
}

/** A class, since each subscription has one. */
export class Arrivals {
  #waiting: Waiting[] = []
  #readings = 0

  at(seq: number): Promise<void> {
    return new Promise(then => this.#waiting.push({ seq, readings: this.#readings, then }))
  }

  /** A reading begins. */
  reading(): number {
    this.#readings += 1
    return this.#readings
  }

  /** Told up to here. With a reading: which found nothing behind it. */
  told(seq: number, reading = 0): void {
    if (this.#waiting.length > 0) this.#end(one => one.seq <= seq || one.readings < reading)
  }

  isAwaited(): boolean {
    return this.#waiting.length > 0
  }

  /** Nothing more is told. */
  end(): void {
    this.#end(() => true)
  }

  #end(isDue: (one: Waiting) => boolean): void {
    const due = this.#waiting.filter(isDue)
    this.#waiting = this.#waiting.filter(one => !isDue(one))
    for (const { then } of due) then()
  }
}
