/** Opens the library of whoever uses this browser, then draws the app. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import './app.css'
import { readIdentity } from './identity.ts'
import { openNotes } from './notes.ts'

const place = document.getElementById('root')
if (place === null) throw new Error('index.html has no #root')

const notes = await openNotes(readIdentity())
createRoot(place).render(
  <StrictMode>
    <App notes={notes} />
  </StrictMode>,
)
