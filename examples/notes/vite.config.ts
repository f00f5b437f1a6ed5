// The notes app. It reads the packages' sources, so an edit in one of them shows at once; the service worker
// keeps the app itself on the device, so it opens without a network.
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

export default defineConfig({
  resolve: { conditions: ['joinery-source', ...defaultClientConditions], dedupe: ['yjs'] },
  plugins: [
    react(),
    VitePWA({
      registerType: 'autoUpdate',
      manifest: { name: 'Notes', short_name: 'Notes', display: 'standalone', start_url: '/', icons: [] },
      workbox: { navigateFallbackDenylist: [/^\/(v1|y|ws|health)/] },
    }),
  ],
})
