// For `node --import`: a machine whose clock is CLOCK_SHIFT_SECONDS off. Timers and performance.now() do not care.
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
