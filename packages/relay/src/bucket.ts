/** A bucket of tokens that fills with time. It may be overdrawn by one taker, who then waits until it is full enough to be even. */
export interface Bucket {
  /** Milliseconds to wait before taking more; 0 for none. */
  take(count: number, now: number): number
}

export function bucket(perSecond: number, burst: number, now: number): Bucket {
  return new Tokens(perSecond, burst, now)
}

/** A class, since each connection has two. */
class Tokens implements Bucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledAt: number

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#filledAt = now
  }

  take(count: number, now: number): number {
    const come = ((now - this.#filledAt) * this.#perSecond) / 1_000
    this.#tokens = Math.min(this.#burst, this.#tokens + come) - count
    this.#filledAt = now
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1_000) / this.#perSecond)
  }
}
