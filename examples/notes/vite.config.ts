// The notes app. It reads the packages' sources, so an edit in one of them shows at once; the service worker
// keeps the app itself on the device, so it opens without a network.
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

export default defineConfig({
  resolve: { conditions: ['joinery-source', ...defaultClientConditions], dedupe: ['yjs'] },
  build: { license: { fileName: 'licences.md' } },
  plugins: [
    react(),
    VitePWA({
      registerType: 'autoUpdate',
      includeAssets: ['icon.svg', 'apple-touch-icon.png'],
      manifest: {
        name: 'Notes',
        short_name: 'Notes',
        description: 'Notes that are on all your devices, with or without a network.',
        display: 'standalone',
        start_url: '/',
        background_color: '#faf8f5',
        theme_color: '#b4532a',
        icons: [
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: { navigateFallbackDenylist: [/^\/(v1|y|ws|health)/] },
    }),
  ],
})
