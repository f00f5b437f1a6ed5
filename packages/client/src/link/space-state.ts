/** How one space stands on the link, as far as a status shows it. */
export interface SpaceState {
  readonly space: string
  /** Whether everything up to the relay's head has been dealt with. */
  readonly live: boolean
  /** Whether lists may still lack documents. */
  readonly filling: boolean
  /** Whether anything is being dealt with, or has no answer yet. */
  readonly busy: boolean
  readonly heldBack: number
}
