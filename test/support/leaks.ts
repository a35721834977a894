import { afterAll } from 'vitest'
import { expectAllDisposed } from './database.ts'

// Registered before the hooks of every test file, so it runs after them.
afterAll(expectAllDisposed)
