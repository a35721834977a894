import { defineConfig } from 'vite'

/** `npm run dev --workspace dashboard` works on the pages, beside a gateway on its usual port. */
const gateway = { target: 'http://127.0.0.1:4000', ws: true, changeOrigin: true }

export default defineConfig({
  root: import.meta.dirname,
  // The page finds its parts by its <base>, whatever path it is served at.
  base: './',
  build: {
    target: 'es2022',
    // Files of their own keep the policy of the page free of exceptions for data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/graphql': gateway } },
})
