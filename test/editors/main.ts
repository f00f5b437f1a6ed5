// A page as somebody has it who uses y-websocket: a ProseMirror and a CodeMirror editor on one document. Only the address is ours.
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { Schema } from 'prosemirror-model'
import { EditorState as ProseState } from 'prosemirror-state'
import { EditorView as ProseView } from 'prosemirror-view'
import { yCollab } from 'y-codemirror.next'
import { ySyncPlugin, yCursorPlugin } from 'y-prosemirror'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const schema = new Schema({
  nodes: {
    doc: { content: 'paragraph+' },
    paragraph: { content: 'text*', toDOM: () => ['p', 0], parseDOM: [{ tag: 'p' }] },
    text: {},
  },
})

const { searchParams } = new URL(location.href)
const doc = new Y.Doc()
const provider = new WebsocketProvider(searchParams.get('server') ?? '', searchParams.get('room') ?? '', doc, {
  params: { token: searchParams.get('token') ?? '' },
  disableBc: true,
})
provider.awareness.setLocalStateField('user', { name: searchParams.get('token'), color: '#30bced' })

const place = (id: string): HTMLElement => {
  const element = document.createElement('div')
  element.id = id
  document.body.append(element)
  return element
}

const prose = doc.getXmlFragment(searchParams.get('prose') ?? 'prose')
const proseView = new ProseView(place('prose'), {
  state: ProseState.create({ schema, plugins: [ySyncPlugin(prose), yCursorPlugin(provider.awareness)] }),
})
proseView.dom.setAttribute('aria-label', 'prose')

const code = doc.getText('code')
const codeView = new EditorView({
  state: EditorState.create({ doc: code.toJSON(), extensions: [yCollab(code, provider.awareness)] }),
  parent: place('code'),
})
codeView.contentDOM.setAttribute('aria-label', 'code')

provider.on('sync', isSynced => document.body.setAttribute('data-synced', String(isSynced)))
