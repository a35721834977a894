import { useState } from 'react'
import { Button, classes } from './ui.tsx'

/** A button that puts a text into the clipboard, and says so. */
export function CopyButton({ label, text }: { label: string; text: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
  }
  return (
    <>
      <Button onClick={() => void copy()}>{label}</Button>
      <span role="status" className={classes.done}>
        {isCopied && 'Copied'}
      </span>
    </>
  )
}
