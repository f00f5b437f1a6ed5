/** What this app keeps: the three kinds that ship for notes. Everything typed in the app follows from this line. */
import { defineLibrary, folder, note, review } from '@joinery/core/kinds'

export const library = defineLibrary('notes', { note, folder, review })
