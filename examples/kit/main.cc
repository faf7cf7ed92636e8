// A server's look-up in small, on the installed package ashlar_kit: a limit for each user, a cache
// before the slow source, and who asked most. Time is an argument, so that this always prints the
// same; a server passes its clock.
#include <cstdio>
#include <map>
#include <string>

#include "kit/cache/cache.h"
#include "kit/count/top_k.h"
#include "kit/rate/gcra.h"

int main() {
  using namespace std::chrono_literals;
  namespace kit = ashlar::kit;
  const auto rule = kit::GcraRule::make(5, 2, 1s).value();  // 5 at once, 2 a second
  std::map<std::string, kit::GcraState> limits;
  kit::Cache<std::string, int> cache({.capacity = 1000, .seed = 42});
  kit::TopK users({.window = 60s, .buckets = 60, .seed = 42});

  int allowed = 0, loaded = 0;
  for (int i = 0; i < 100; ++i) {
    const ashlar::base::Mono now(i * 100ms);
    const std::string user = i % 4 == 0 ? "ann" : "bob", item = std::to_string(i % 10);
    users.add(now, user);
    if (!kit::take(rule, limits[user], now, 1).allowed) continue;
    ++allowed;
    if (cache.get(item, now)) continue;
    ++loaded;
    cache.put(item, i, now, 2s);
  }
  std::printf("allowed %d of 100, loaded %d\n", allowed, loaded);
  for (const auto& user : users.top(2)) {
    std::printf("%s %s\n", user.key.c_str(), std::to_string(user.estimate).c_str());
  }
}
