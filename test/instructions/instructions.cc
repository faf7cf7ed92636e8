// instructions: goes through every hot path, N times and 2 N times. instructions.mjs runs it under
// callgrind and counts what one pass costs. `--list` names the paths, `--passes` says N, `--built`
// by what this program was built: counts are compared only with those of the same compiler.
//
// To add a path: a function that prepares what the path needs and answers what one pass does, and a
// row in kPaths. Then `node test/instructions/instructions.mjs --update` and commit expected.tsv.
// A path must do the same work each time (fixed seeds, no clock, no growth while it runs), and keep
// its result from being optimised away by keep().
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/encoding.h"
#include "base/random.h"
#include "kit/cache/cache.h"
#include "kit/cache/s3_fifo.h"
#include "kit/count/space_saving.h"
#include "kit/count/top_k.h"
#include "kit/count/windowed_sketch.h"
#include "kit/id/permutation.h"
#include "kit/rate/fixed_window.h"
#include "kit/rate/gcra.h"
#include "kit/rate/limiter_map.h"
#include "kit/rate/sliding_counter.h"
#include "kit/rate/sliding_log.h"
#include "kit/rate/token_bucket.h"
#include "modules/activity/log_line.h"
#include "modules/activity/window_counts.h"
#include "modules/links/click_buffer.h"
#include "modules/links/redirect_cache.h"
#include "platform/http/http_parser.h"
#include "platform/http/router.h"
#include "platform/observability/metrics.h"

namespace ashlar {
namespace {

constexpr std::uint64_t kPasses = 2048;
constexpr base::Mono kStart{std::chrono::seconds(1'700'000'000)};

// Passes through a path, as many as it is told.
using Passes = std::function<void(std::uint64_t)>;

template <class Value>
void keep(const Value& value) {
  asm volatile("" : : "r"(&value) : "memory");  // whoever reads all memory has read the value
}

// `once` gets the number of the pass.
template <class Once>
Passes passes(Once once) {
  return [once = std::move(once)](std::uint64_t n) mutable {
    for (std::uint64_t i = 0; i < n; ++i) once(i);
  };
}

// 10 takes fit, one more comes every 8th pass: so most are denied, as in an overload.
template <class Rule, class State>
Passes takes(const Rule& rule) {
  return passes([rule, state = State{}, now = kStart](std::uint64_t) mutable {
    now += std::chrono::milliseconds(1);
    keep(take(rule, state, now, 1));
  });
}

constexpr std::uint64_t kLimit = 10;
constexpr std::chrono::milliseconds kPeriod{80};

Passes fixed_window() {
  return takes<kit::FixedWindowRule, kit::FixedWindowState>(
      *kit::FixedWindowRule::make(kLimit, kPeriod));
}
Passes sliding_counter() {
  return takes<kit::SlidingCounterRule, kit::SlidingCounterState>(
      *kit::SlidingCounterRule::make(kLimit, kPeriod));
}
Passes sliding_log() {
  return takes<kit::SlidingLogRule, kit::SlidingLogState<32>>(
      *kit::SlidingLogRule::make(kLimit, kPeriod, 32));
}
Passes token_bucket() {
  return takes<kit::TokenBucketRule, kit::TokenBucketState>(
      *kit::TokenBucketRule::make(kLimit, kLimit, kPeriod));
}
Passes gcra() {
  return takes<kit::GcraRule, kit::GcraState>(*kit::GcraRule::make(kLimit, kLimit, kPeriod));
}

Passes limiter_key() {
  return passes([hasher = kit::LimiterKeyHasher({1, 2})](std::uint64_t pass) {
    keep(hasher(pass, "203.0.113.7/tenant"));
  });
}

constexpr std::size_t kKeys = 1024;

std::vector<kit::LimiterKey> limiter_keys() {
  base::Random random(1);
  std::vector<kit::LimiterKey> keys;
  for (std::size_t i = 0; i < kKeys; ++i) {
    keys.push_back({random.next(), static_cast<std::uint32_t>(random.next())});
  }
  return keys;
}

Passes limiter_map() {
  auto map = std::make_shared<kit::LimiterMap<kit::GcraState>>(kKeys * 2);
  return passes(
      [map, keys = limiter_keys(), now = kStart,
       rule = *kit::GcraRule::make(1000, 1000, std::chrono::hours(1))](std::uint64_t pass) mutable {
        now += std::chrono::microseconds(1);
        keep(map->with(keys[pass % kKeys], now,
                       [&](kit::GcraState& state) { return take(rule, state, now, 1); }));
      });
}

Passes limiter_map_of_three() {
  auto map = std::make_shared<kit::LimiterMap<kit::GcraState>>(kKeys * 2);
  return passes(
      [map, keys = limiter_keys(), now = kStart,
       rule = *kit::GcraRule::make(1000, 1000, std::chrono::hours(1))](std::uint64_t pass) mutable {
        now += std::chrono::microseconds(1);
        std::array<kit::Decision, 3> decisions;
        const std::span<const kit::LimiterKey> three(&keys[pass % (kKeys - 2)], 3);
        keep(map->take_all(three, now, decisions, [&](std::size_t, kit::GcraState& state) {
          return take(rule, state, now, 1);
        }));
      });
}

Passes permutation() {
  return passes([of = kit::Permutation({1, 2}, 56'800'235'584)](std::uint64_t pass) {
    keep(of.forward(pass));
  });
}

Passes base62_encode() {
  return passes([](std::uint64_t pass) { keep(base::base62_encode(pass * 20'000'003, 7)); });
}

Passes parse_head(std::string_view request) {
  auto head = std::make_shared<http::RequestHead>();
  return passes([head, request](std::uint64_t) {
    http::ParseError error;
    const auto answer = http::parse_request_head(request, {}, *head, error);
    CHECK(answer == http::ParseState::kComplete);
    keep(*head);
  });
}

// String functions cost by the alignment of what they read, and the linker places literals anew
// with each change anywhere: so what is measured starts at a boundary of its own.
alignas(64) constexpr char kBare[] =
    "GET /aB3xYz HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "\r\n";
alignas(64) constexpr char kBrowser[] =
    "GET /aB3xYz HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "Connection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/128.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "\r\n";
alignas(64) constexpr char kPlainLine[] = "1700000000.25 alice view /catalogue/items/1000000";
alignas(64) constexpr char kCombinedLine[] =
    "203.0.113.7 - alice [10/Oct/2000:13:55:36 -0700] "
    "\"GET /catalogue/items/1000000?ref=letter HTTP/1.0\" 200 2326 "
    "\"https://www.example.com/\" \"Mozilla/5.0 (X11; Linux x86_64)\"";
alignas(64) constexpr char kCodePath[] = "/aB3xYz";
alignas(64) constexpr char kClicksPath[] = "/v1/links/aB3xYz/clicks";

Passes parse_bare() { return parse_head(kBare); }
Passes parse_browser() { return parse_head(kBrowser); }

http::Route route(http::Method method, std::string_view path) {
  return http::Route{.method = method,
                     .path = path,
                     .summary = std::string_view("A route"),
                     .module = std::string_view("test"),
                     .tenancy = http::Tenancy::kPublic,
                     .scope = std::string_view(),
                     .cost = 1,
                     .idempotency = http::Idempotency::kNatural,
                     .deadline = base::Millis(1000),
                     .handler = http::Handler(http::WorkerHandler())};
}

Passes router_match() {
  using http::Method;
  const auto metrics = std::make_shared<obs::Registry>();
  const auto router = std::make_shared<http::Router>(
      http::RouteTable{route(Method::kGet, "/v1/links"), route(Method::kPost, "/v1/links"),
                       route(Method::kGet, "/v1/links/{code}"),
                       route(Method::kGet, "/v1/links/{code}/clicks"),
                       route(Method::kGet, "/v1/tenants/{id}"), route(Method::kGet, "/{code}")},
      *metrics);
  return passes([metrics, router](std::uint64_t pass) {
    const auto match = router->match(Method::kGet, pass % 2 == 0 ? kCodePath : kClicksPath);
    CHECK(match.endpoint != nullptr);
    keep(match);
  });
}

// What counting adds to a redirect, on its I/O thread; the detail of one click in `OneIn` is kept.
template <int OneIn>
Passes count_click() {
  const auto buffer = std::make_shared<links::ClickBuffer>(1, OneIn, 42);
  return passes([buffer](std::uint64_t pass) {
    const links::LinkId link(
        static_cast<std::int64_t>(pass & 1'023));  // a division would count too
    constexpr base::Time kAt = base::from_micros(1'700'000'000'000'000);
    const std::int64_t weight = buffer->count(0, link, base::TenantId(1), kAt);
    if (weight == 0) return;
    buffer->keep(0, {.tenant = base::TenantId(1),
                     .link = link,
                     .at = kAt,
                     .weight = weight,
                     .detail = {.referrer = "https://news.example/a/page?with=query",
                                .user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) "
                                              "Gecko/20100101 Firefox/128.0",
                                .target = "https://www.example.com/catalogue/items/1?ref=letter",
                                .address = "192.0.2.1"}});
  });
}

Passes redirect_cache_find() {
  const auto cache = std::make_shared<links::RedirectCache>(std::size_t{1} << 24, 42);
  std::vector<std::string> codes;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    codes.push_back(base::base62_encode(i * 20'000'003, 7));
    links::RedirectTarget target;
    target.id = links::LinkId(static_cast<std::int64_t>(i) + 1);
    target.tenant = base::TenantId(1);
    target.url = "https://www.example.com/catalogue/items/1000000?ref=letter";
    cache->put(cache->ticket(codes.back()), codes.back(), target);
  }
  return passes([cache, codes = std::move(codes)](std::uint64_t pass) {
    const bool found =
        cache->find(codes[pass % kKeys], [](const links::CachedTarget& target) { keep(target); });
    CHECK(found);
  });
}

using activity::LineFormat;

// Hits only: each key is there.
template <class Policy>
Passes cache_get() {
  using Numbers = kit::Cache<std::uint64_t, std::uint64_t, Policy>;
  const auto cache = std::make_shared<Numbers>(kit::CacheOptions{.capacity = kKeys * 4, .seed = 1});
  for (std::uint64_t key = 0; key < kKeys; ++key) cache->put(key, key, kStart);
  return passes([cache](std::uint64_t pass) {
    const auto found = cache->get(pass % kKeys, kStart);
    CHECK(found.has_value());
    keep(*found);
  });
}

// A new key into a full cache, with a deadline: each put evicts.
template <class Policy>
Passes cache_put() {
  using Numbers = kit::Cache<std::uint64_t, std::uint64_t, Policy>;
  const auto cache = std::make_shared<Numbers>(kit::CacheOptions{.capacity = kKeys, .seed = 1});
  return passes([cache, next = std::uint64_t{0}](std::uint64_t) mutable {
    ++next;
    keep(cache->put(next, next, kStart, std::chrono::seconds(60)));
  });
}

// What names of users look like, short enough to lie in the tables' entries.
std::vector<std::string> names() {
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    names.push_back("user-" + base::base62_encode(i * 20'000'003, 7));
  }
  return names;
}

// Every second pass one of few, the others through all.
std::size_t skewed(std::uint64_t pass) { return (pass % 2 == 0 ? pass * pass : pass) % kKeys; }

// Of 16 keys 15 are known and one has never been: a batch is evicted every 1,024 passes.
Passes space_saving_u64() {
  const auto sketch = std::make_shared<kit::SpaceSaving<std::uint64_t>>(64, 1);
  return passes([sketch, next = std::uint64_t{0}](std::uint64_t) mutable {
    ++next;
    keep(sketch->add(next % 16 != 0 ? next % 16 : next));
  });
}

// Known keys only.
Passes space_saving_string() {
  const auto sketch = std::make_shared<kit::SpaceSaving<std::string>>(kKeys, 1);
  return passes(
      [sketch, names = names()](std::uint64_t pass) { keep(sketch->add(names[pass % kKeys])); });
}

// 1,000 events a bucket; those that leave are of the cost.
constexpr std::chrono::seconds kWindow{5};
constexpr std::uint32_t kBuckets = 5;

Passes windowed_sketch() {
  const kit::WindowClock clock(kWindow, kBuckets, std::chrono::hours(1));
  const auto sketch = std::make_shared<kit::WindowedSketch<std::string>>(clock, kKeys, 1);
  return passes([sketch, names = names(), now = kStart](std::uint64_t pass) mutable {
    now += std::chrono::milliseconds(1);
    keep(sketch->add(now, names[skewed(pass)]));
  });
}

// `max_bytes` decides the form: all names fit, or each bucket has fewer counters than names.
Passes top_k_add(std::size_t max_bytes, bool exact) {
  const auto top =
      std::make_shared<kit::TopK>(kit::TopK::Options{.window = kWindow,
                                                     .buckets = kBuckets,
                                                     .max_bytes = max_bytes,
                                                     .max_k = 100,
                                                     .max_ahead = std::chrono::hours(1),
                                                     .seed = 1});
  return passes([top, exact, names = names(), now = kStart](std::uint64_t pass) mutable {
    now += std::chrono::milliseconds(1);
    keep(top->add(now, names[skewed(pass)]));
    CHECK(pass != kPasses - 1 || top->exact() == exact);
  });
}
Passes top_k_exact() { return top_k_add(std::size_t{16} << 20, true); }
Passes top_k_sketch() { return top_k_add(0, false); }

Passes log_line(LineFormat format, std::string_view line) {
  return passes([parser = activity::LogLineParser(format), line](std::uint64_t) mutable {
    activity::LogLine out;
    CHECK(parser.parse(line, out) == activity::LineKind::kEvent);
    keep(out);
  });
}
Passes log_line_plain() { return log_line(LineFormat::kAuto, kPlainLine); }
Passes log_line_clf() { return log_line(LineFormat::kAuto, kCombinedLine); }

// 100 events a second, every tenth with a fraction; seconds leave a window of 10.
Passes window_counts() {
  const auto counts = std::make_shared<activity::WindowCounts>(10, std::size_t{1} << 30, 1);
  return passes([counts, names = names(), event = std::int64_t{0}](std::uint64_t pass) mutable {
    ++event;
    const auto nanos = static_cast<std::uint32_t>(event % 10 == 0 ? event % 100 * 10'000'000 : 0);
    counts->add({1'700'000'000 + event / 100, nanos}, names[skewed(pass)]);
    keep(*counts);
  });
}

struct Path {
  std::string_view name;
  Passes (*prepare)();
};

constexpr Path kPaths[] = {
    {"activity/log_line_clf", log_line_clf},
    {"activity/log_line_plain", log_line_plain},
    {"activity/window_counts", window_counts},
    {"base/base62_encode", base62_encode},
    {"cache/get_lru", cache_get<kit::Lru>},
    {"cache/get_s3_fifo", cache_get<kit::S3Fifo>},
    {"cache/put_lru", cache_put<kit::Lru>},
    {"cache/put_s3_fifo", cache_put<kit::S3Fifo>},
    {"count/space_saving_string", space_saving_string},
    {"count/space_saving_u64", space_saving_u64},
    {"count/top_k_exact", top_k_exact},
    {"count/top_k_sketch", top_k_sketch},
    {"count/windowed_sketch", windowed_sketch},
    {"http/parse_bare", parse_bare},
    {"http/parse_browser", parse_browser},
    {"http/router_match", router_match},
    {"id/permutation", permutation},
    {"links/count_click", count_click<1'000'000>},
    {"links/count_click_1_in_100", count_click<100>},
    {"links/redirect_cache_find", redirect_cache_find},
    {"rate/fixed_window", fixed_window},
    {"rate/gcra", gcra},
    {"rate/limiter_key", limiter_key},
    {"rate/limiter_map", limiter_map},
    {"rate/limiter_map_of_three", limiter_map_of_three},
    {"rate/sliding_counter", sliding_counter},
    {"rate/sliding_log", sliding_log},
    {"rate/token_bucket", token_bucket},
};

}  // namespace
}  // namespace ashlar

// Callgrind collects inside this function only, and writes what it has collected whenever it
// returns. So it has a name of its own and is never inlined.
extern "C" void ashlar_measured(const ashlar::Passes& passes, std::uint64_t count);
extern "C" __attribute__((noinline)) void ashlar_measured(const ashlar::Passes& passes,
                                                          std::uint64_t count) {
  passes(count);
}

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--built") {
#ifdef NDEBUG
    std::puts("release " __VERSION__);
#else
    std::puts("other " __VERSION__);
#endif
    return 0;
  }
  if (first == "--passes") {
    std::printf("%llu\n", static_cast<unsigned long long>(ashlar::kPasses));
    return 0;
  }
  for (const ashlar::Path& path : ashlar::kPaths) {
    if (first == "--list") {
      std::printf("%.*s\n", static_cast<int>(path.name.size()), path.name.data());
      continue;
    }
    const ashlar::Passes passes = path.prepare();
    passes(ashlar::kPasses);  // what is done once only is done
    ashlar_measured(passes, ashlar::kPasses);
    ashlar_measured(passes, 2 * ashlar::kPasses);
  }
  return 0;
}
