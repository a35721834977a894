// Makes a gateway end by an exception that nobody catches.
process.on('SIGUSR2', () => {
  throw new Error('crashed as asked')
})
