import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { launchChromium } from '../support/chromium.ts'

const screenshots = fileURLToPath(new URL('../../screenshots', import.meta.url))
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export interface Visit extends AsyncDisposable {
  page: Page
  context: BrowserContext
  /** What went wrong on the page, such as a script that its policy refuses. */
  mishaps: string[]
}

/** A browser that shows pages to visitors, each of whom has signed in. */
export class Visitors implements AsyncDisposable {
  readonly #browser: Browser

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async welcome(): Promise<Visitors> {
    await mkdir(screenshots, { recursive: true })
    return new Visitors(await launchChromium())
  }

  /** Opens a page. @param token Null for nobody. */
  async visit(url: URL, token: string | null): Promise<Visit> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 860 } })
    await context.addInitScript((key) => {
      // Each load runs this; what the page has stored since stays.
      if (key === null || sessionStorage.getItem('begun') !== null) return
      sessionStorage.setItem('begun', 'yes')
      sessionStorage.setItem('pgq-graphql.token', key)
    }, token)
    const page = await context.newPage()
    const mishaps: string[] = []
    page.on('pageerror', (error) => mishaps.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && mishaps.push(message.text()))
    await page.goto(url.href)
    return { page, context, mishaps, [Symbol.asyncDispose]: () => context.close() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
  }
}

/** Expects that axe finds nothing wrong with a page as it is, in both themes, and keeps pictures of it. */
export async function expectAccessible({ page, mishaps }: Visit, name: string): Promise<void> {
  await page.evaluate(await readFile(axe, 'utf8'))
  for (const theme of ['light', 'dark']) {
    await page.evaluate((chosen) => {
      document.documentElement.dataset.theme = chosen
    }, theme)
    await page.screenshot({ path: join(screenshots, `${name}-${theme}.png`), fullPage: true })
    expect(await violationsOf(page), theme).toEqual([])
  }
  expect(await page.getByRole('alert').allInnerTexts()).toEqual([])
  expect(mishaps).toEqual([])
}

/** Returns what axe finds wrong with a page as it is. */
async function violationsOf(page: Page): Promise<string[][]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    return (await axe.run()).violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])
  })
}
