import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { Provider } from 'urql'
import { client } from './api/client.ts'
import { router } from './routes.tsx'
import { applyTheme } from './shell/theme.ts'
import './ui/base.css'

applyTheme()
const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <Provider value={client}>
      <RouterProvider router={router} />
    </Provider>,
  )
