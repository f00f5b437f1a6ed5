/** Lets others have their turn: between two steps of what would hold them up as a whole. */
export function turn(): Promise<void> {
  return new Promise(resolve => void setImmediate(resolve))
}
