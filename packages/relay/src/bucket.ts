/** A bucket of tokens that fills with time. It may be overdrawn by one taker, who then waits until it is full enough to be even. */
export interface Bucket {
  /** Milliseconds to wait before taking more; 0 for none. */
  take(count: number, now: number): number
}

export function bucket(perSecond: number, burst: number, now: number): Bucket {
  let tokens = burst
  let filledAt = now
  return {
    take(count, now) {
      tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1_000) - count
      filledAt = now
      return tokens >= 0 ? 0 : Math.ceil((-tokens * 1_000) / perSecond)
    },
  }
}
