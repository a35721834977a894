import { afterAll } from 'vitest'
import { expectAllDisposed } from './database.ts'

// This hook is registered before those of every test file, so it runs after them.
afterAll(expectAllDisposed)
