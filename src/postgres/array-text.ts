/**
 * Arrays as PostgreSQL writes them: texts that it reads again wherever they go, so that nobody in between need take them
 * apart.
 */
export type ArrayText = string

/** Joins arrays into one, in their order. */
export function joinArrays(arrays: readonly ArrayText[]): ArrayText {
  const elements = arrays.map((array) => array.slice(1, -1)).filter((inner) => inner !== '')
  return `{${elements.join(',')}}`
}

/** Makes an array of one element again and again. @param element NULL, or a text that needs no quotes. */
export function repeatedElement(element: string, count: number): ArrayText {
  return count === 0 ? '{}' : `{${`${element},`.repeat(count - 1)}${element}}`
}

/** Reads the elements of a one-dimensional array. */
export function elementsOf(array: ArrayText): (string | null)[] {
  const found: (string | null)[] = []
  for (const [, quoted, plain] of array.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs))
    found.push(quoted === undefined ? plainElement(plain) : quoted.replace(/\\(.)/gs, '$1'))
  return found
}

function plainElement(text = ''): string | null {
  return text === 'NULL' ? null : text
}
