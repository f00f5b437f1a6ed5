/** Whose a connection is. Law: `verify` rejects with UNAUTHENTICATED, or with UNAVAILABLE when nobody can tell now; never with anything else. */
export type Verify = (token: string) => Promise<Identity>

export interface Identity {
  /** At most 255 bytes. */
  readonly subject: string
  /** Milliseconds until the token ends, Infinity for never. */
  readonly left: number
}
