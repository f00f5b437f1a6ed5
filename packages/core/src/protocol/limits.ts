/** The sizes of PROTOCOL.md, in bytes where nothing else is said. A reader refuses what is larger, a writer does not write it. */

/** The first frame of a link, which the relay reads before it knows anybody (P10). */
export const HELLO_BYTES = 4_096
/** A token, so that `hello` fits with the longest device id. */
export const TOKEN_BYTES = 3_900
/** A subject, as long as a JWT's may be. */
export const SUBJECT_BYTES = 255
/** A presence state, as JSON (CR-21). */
export const STATE_BYTES = 4_096
/** The highest clock that a presence may have: one counts up, and the relay counts once more when it is gone. */
export const PRESENCE_CLOCK = 2 ** 48
/** Items of one list, so that a small frame cannot become a large heap. */
export const LIST_ITEMS = 65_536
/** Pieces of one message in parts. */
export const PARTS = 1_024
