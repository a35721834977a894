/** Reads a path: names apart by points, or a list in JSON where names have points. */
export function readPath(text: string): string[] {
  if (text.startsWith('[')) {
    const list = readValue(text)
    if (Array.isArray(list))
      return list.map((step) => (typeof step === 'string' ? step : JSON.stringify(step)))
  }
  return text.split('.')
}

/** Reads a value: as JSON where it is that, else as a text. */
export function readValue(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits)
  } catch {
    return text
  }
}

// The library of TypeScript does not know it yet. Browsers before 2025 lack it, and send numbers as they round them.
const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown }

function keepDigits(_name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && rawJSON && context?.source ? rawJSON(context.source) : value
}
