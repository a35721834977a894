// Blocks the event loop for BLOCK_MS at SIGUSR2, when loaded by `node --import`.
process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.BLOCK_MS))
})
