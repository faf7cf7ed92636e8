package ashlar;

import java.util.SplittableRandom;

/** src/kit/testing/zipf.h: ranks from 1 on by Zipf(1.0), rejection-inversion. */
final class Zipf {
  private static final double LOW = Math.log(1.5) - 1.0;
  private static final double SURELY_WITHIN = 0.48367335;

  private Zipf() {}

  static long draw(SplittableRandom random, long n) {
    double high = Math.log(n + 0.5);
    for (;;) {
      double u = high + random.nextDouble() * (LOW - high);
      double x = Math.exp(u);
      double k = Math.min(Math.max(Math.round(x), 1), n);
      if (k - x <= SURELY_WITHIN || u >= Math.log(k + 0.5) - 1.0 / k) return (long) k;
    }
  }
}
