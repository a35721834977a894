import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export interface Block {
  language: string
  code: string
}

/** Reads the code blocks of a document, or of its section under a heading. */
export async function codeBlocks(file: string, heading?: string): Promise<Block[]> {
  const text = await readFile(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8')
  const section =
    heading === undefined ? text : (text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '')
  return [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
    language,
    code,
  }))
}

export interface PrintingBlock extends Block {
  /** Content of the `text` block that follows; undefined where none does. */
  prints: string | undefined
}

/** Reads the code blocks of a document, each with the output that the document shows. */
export async function printingBlocks(file: string): Promise<PrintingBlock[]> {
  const blocks = await codeBlocks(file)
  return blocks.flatMap((block, index) => {
    const next = blocks[index + 1]
    if (block.language === 'text') return []
    return [{ ...block, prints: next?.language === 'text' ? next.code : undefined }]
  })
}
