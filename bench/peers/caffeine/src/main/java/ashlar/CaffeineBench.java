package ashlar;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What src/kit/cache/cache_bench.cc measures: keys and values of 8 bytes, boxed as they must be here;
 * a TTL on every entry; 2^20 draws made beforehand, by Zipf(1.0) over 100,000 keys or uniform over
 * a million; room for an eighth more than there are.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CaffeineBench {
  private static final int DRAWS = 1 << 20;

  @State(Scope.Benchmark)
  public static class Filled {
    @Param({"zipf", "uniform"})
    String draw;

    Cache<Long, Long> cache;
    int keys;

    @Setup(Level.Trial)
    public void fill() {
      keys = draw.equals("zipf") ? 100_000 : 1_000_000;
      cache =
          Caffeine.newBuilder()
              .maximumSize(keys + keys / 8)
              .expireAfterWrite(Duration.ofMinutes(10))
              .build();
      for (long key = 0; key < keys; ++key) cache.put(key, key);
      cache.cleanUp();
      if (cache.estimatedSize() != keys) throw new IllegalStateException("not all are there");
    }
  }

  @State(Scope.Thread)
  public static class Draws {
    final Long[] keys = new Long[DRAWS];
    int at = 0;

    @Setup(Level.Trial)
    public void draw(Filled filled) {
      SplittableRandom random = new SplittableRandom(Thread.currentThread().getId());
      for (int i = 0; i < DRAWS; ++i) {
        // A new object each: a request's key is not the object that the cache holds.
        keys[i] =
            filled.draw.equals("zipf")
                ? Zipf.draw(random, filled.keys) * 7_919 % filled.keys
                : random.nextLong(filled.keys);
      }
    }

    Long next() {
      at = (at + 1) & (DRAWS - 1);
      return keys[at];
    }
  }

  @Benchmark
  public Long hit(Filled filled, Draws draws) {
    return filled.cache.getIfPresent(draws.next());
  }

  @Benchmark
  public void put(Filled filled, Draws draws) {
    Long key = draws.next();
    filled.cache.put(key, key);
  }
}
