/** A colour for each person, the same on every screen. */
const COLOURS = ['#b4532a', '#2a7fb4', '#4f8a3c', '#8a4fb0', '#b08a1e', '#b03a63', '#2f8f8a', '#5c6bc0']

/** The colour of a name. */
export function colourOf(name: string): string {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973
  return COLOURS[sum % COLOURS.length] ?? '#b4532a'
}
