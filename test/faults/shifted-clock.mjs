// Shifts the clock by CLOCK_SHIFT_SECONDS when loaded by `node --import`, but not timers and performance.now().
const shiftMs = Number(process.env.CLOCK_SHIFT_SECONDS) * 1_000
const RealDate = Date

class ShiftedDate extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + shiftMs)
    else super(...given)
  }

  static now() {
    return RealDate.now() + shiftMs
  }
}

globalThis.Date = ShiftedDate
