/** What is loaded with the editor, in one file of the built app. */
export { NoteSheet } from './note-sheet.tsx'
export { ReviewSheet } from './review-sheet.tsx'
