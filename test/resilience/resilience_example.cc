// The product page (product_page.h) while its services fail in every way that fault_proxy.h knows:
// each part of the outbound client's policy at work, with the figures that docs/resilience.md
// cites. Prints a line a check, and last `N passed, N failed, 0 skipped`.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "fault_proxy.h"
#include "platform/observability/metrics.h"
#include "product_page.h"

namespace ashlar::example {
namespace {

using base::Millis;
using outbound::FaultServer;
using outbound::Policy;
using std::chrono::milliseconds;

int passed = 0;
int failed = 0;

void check(bool ok, const std::string& what) {
  ++(ok ? passed : failed);
  std::printf("%s: %s\n", ok ? "ok" : "FAILED", what.c_str());
  std::fflush(stdout);
}
bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// One service: what it answers, and the proxy before it.
struct Service {
  explicit Service(const std::string& name, std::uint64_t seed)
      : backend([name](const FaultServer::Request& request) {
          return FaultServer::Reply{.body = "{\"" + name + "\":\"of " + request.target.substr(1) +
                                            "\"}"};
        }),
        proxy(port_of(backend.url("")), seed) {}
  static std::uint16_t port_of(const std::string& url) {
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  FaultServer backend;
  FaultProxy proxy;
};

Policy policy() {
  Policy policy;
  policy.timeout = Millis{1000};
  policy.attempt_timeout = Millis{400};
  policy.retry.base = milliseconds(2);
  policy.retry.cap = milliseconds(20);
  policy.max_running = 64;
  policy.breaker.min_calls = 1'000'000;  // each scene switches on what it shows
  return policy;
}

class Scene {
 public:
  using Policies = std::array<Policy, ProductPage::kParts>;
  explicit Scene(const Policies& policies) {
    ProductPage::Sources sources;
    for (std::size_t part = 0; part < ProductPage::kParts; ++part) {
      const std::string name = ProductPage::kNames[part];
      services_[part].emplace(name, part + 1);
      sources[part] = {&client_.add_dependency(name, policies[part]), proxy(part).url("")};
    }
    page_.emplace(client_, sources, clock_);
  }
  FaultProxy& proxy(std::size_t part) { return services_[part]->proxy; }
  // Any thread.
  std::string text(const std::string& product, Millis patience = Millis{500}) {
    const base::Mono begin = clock_.mono();
    const base::Result<std::string> page = page_->get(product, patience);
    {
      const std::lock_guard lock(mutex_);
      took_.push_back(std::chrono::duration<double, std::milli>(clock_.mono() - begin).count());
    }
    return page.ok() ? *page : std::string("error: ") + page.error().reason;
  }
  // Of the pages since the last call of this, in milliseconds.
  double take_quantile(double q) {
    std::ranges::sort(took_);
    const double value = took_[static_cast<std::size_t>(q * static_cast<double>(took_.size() - 1))];
    took_.clear();
    return value;
  }
  [[nodiscard]] double last_ms() const { return took_.back(); }

 private:
  base::SystemClock clock_;
  obs::Registry metrics_;
  std::array<std::optional<Service>, ProductPage::kParts> services_;
  outbound::OutboundClient client_{{.allow_private = true}, clock_, metrics_};
  std::optional<ProductPage> page_;
  std::mutex mutex_;  // guards what follows
  std::vector<double> took_;
};

std::string ms(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", value);
  return text;
}

Scene::Policies everywhere(const Policy& one) { return {one, one, one, one}; }

void partial_answers() {
  Scene scene(everywhere(policy()));
  const std::string whole = scene.text("7");
  check(whole == R"({"data":{"catalogue":{"catalogue":"of 7"},"price":{"price":"of 7"},)"
                 R"("reviews":{"reviews":"of 7"},"recommendations":{"recommendations":"of 7"}},)"
                 R"("errors":[],"degraded":false})",
        "all well: the page is whole");
  scene.proxy(ProductPage::kReviews).set({.fail = 1});
  check(
      holds(scene.text("7"), R"("reviews":{"reviews":"of 7"})") &&
          holds(
              scene.text("7"),
              R"("errors":[{"part":"reviews","reason":"dependency_failed","stale":true}],"degraded":true)"),
      "reviews fail: the last good ones stand in, and the page says so");
  check(holds(scene.text("8"), R"("reviews":null)") && holds(scene.text("8"), R"("stale":false)"),
        "reviews of a product never seen: the page comes without them");
  scene.proxy(ProductPage::kCatalogue).set({.fail = 1});
  check(scene.text("7") == "error: dependency_failed", "no catalogue: no page");
}

void deadlines() {
  Scene scene(everywhere(policy()));
  scene.text("7");
  scene.proxy(ProductPage::kPrice).set({.slow = 1, .slow_by = milliseconds(2000)});
  const std::string page = scene.text("7", Millis{150});
  check(holds(page, R"({"part":"price","reason":"dependency_timeout","stale":true})") &&
            scene.last_ms() < 250,
        "the price takes 2 s, the caller waits 150 ms: the page is there after " +
            ms(scene.last_ms()));
  const int told = scene.proxy(ProductPage::kPrice).last_timeout_ms();
  check(told > 0 && told <= 145, "each attempt tells the other side how long it will wait, " +
                                     std::to_string(told) + " ms in the last one");
}

void retries() {
  Scene scene(everywhere(policy()));
  for (std::size_t part = 0; part < ProductPage::kParts; ++part) {
    scene.proxy(part).set({.fail = 0.1, .cut = 0.05});
  }
  int whole = 0;
  constexpr int kPages = 200;
  for (int i = 0; i < kPages; ++i) whole += holds(scene.text("7"), R"("degraded":false)") ? 1 : 0;
  const int sent = scene.proxy(ProductPage::kCatalogue).requests();
  check(whole >= kPages * 97 / 100 && sent < kPages * 13 / 10,
        "15 % of all answers fail: " + std::to_string(whole) + " of 200 pages are whole (" +
            "without retries 104), for " + std::to_string(sent) + " requests a service");
  // A storm: everything fails, and retries stay a fifth of the calls (and the reserve of 100).
  scene.proxy(ProductPage::kPrice).set({.fail = 1});
  const int before = scene.proxy(ProductPage::kPrice).requests();
  for (int i = 0; i < 2 * kPages; ++i) scene.text("7");
  const int storm = scene.proxy(ProductPage::kPrice).requests() - before;
  check(storm <= 2 * kPages * 12 / 10 + 100 + 40, "the price fails always: 400 calls make " +
                                                      std::to_string(storm) +
                                                      " requests, not 1,200: the retry budget");
}

void push_back() {
  Policy patient = policy();
  patient.timeout = Millis{3000};
  Scene scene(everywhere(patient));
  scene.text("7");
  scene.proxy(ProductPage::kPrice).set({.push_back = 1});
  const int before = scene.proxy(ProductPage::kPrice).requests();
  const std::string page = scene.text("7", Millis{500});
  check(holds(page, R"("stale":true)") && scene.last_ms() < 250 &&
            scene.proxy(ProductPage::kPrice).requests() == before + 1,
        "503 with Retry-After: 1 and half a second left: not asked again, the stale price after " +
            ms(scene.last_ms()));
}

void breaker() {
  Policy guarded = policy();
  guarded.retry.max_attempts = 1;
  guarded.breaker = {.min_calls = 20,
                     .failure_rate = 0.5,
                     .open_time = milliseconds(300),
                     .probes = 3,
                     .probe_time = milliseconds(1000)};
  Scene scene(everywhere(guarded));
  FaultProxy& proxy = scene.proxy(ProductPage::kRecommendations);
  // Not just failing, but failing slowly: what hurts most.
  proxy.set({.fail = 1, .slow = 1, .slow_by = milliseconds(60)});
  for (int i = 0; i < 20; ++i) scene.text("7");
  const double before = scene.take_quantile(0.5);
  const int asked = proxy.requests();
  bool open = true;
  for (int i = 0; i < 50; ++i) open = open && holds(scene.text("7"), R"("reason":"circuit_open")");
  const double after = scene.take_quantile(0.5);
  check(open && proxy.requests() == asked, "recommendations fail 20 times: they are left alone");
  check(after < before / 3, "and the page takes " + ms(after) + " instead of " + ms(before));
  proxy.set({});
  std::this_thread::sleep_for(milliseconds(400));
  int whole = 0;
  for (int i = 0; i < 10; ++i) whole += holds(scene.text("7"), R"("degraded":false)") ? 1 : 0;
  check(whole == 10, "they recover: three probes, and the breaker is closed again");
}

void bulkhead() {
  Scene::Policies policies = everywhere(policy());
  policies[ProductPage::kReviews].max_running = 4;
  policies[ProductPage::kReviews].max_waiting = 4;
  Scene scene(policies);
  FaultProxy& reviews = scene.proxy(ProductPage::kReviews);
  reviews.set({.slow = 1, .slow_by = milliseconds(100)});
  std::vector<std::thread> readers;
  std::atomic<int> served{0};
  std::atomic<int> refused{0};
  for (int i = 0; i < 32; ++i) {
    readers.emplace_back([&] {
      for (int k = 0; k < 3; ++k) {
        const std::string page = scene.text(std::to_string(k));
        served += holds(page, R"("catalogue":{)") ? 1 : 0;
        refused += holds(page, R"("reason":"bulkhead_full")") ? 1 : 0;
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  const int most = reviews.take_most_at_once();
  check(served == 96 && most <= 4 && refused > 0,
        "reviews hang, 32 readers: all 96 pages are served, never more than " +
            std::to_string(most) + " calls hang, " + std::to_string(refused) + " are refused");
}

void hedging() {
  // One answer in 25 is late by 150 ms.
  const Faults tail{.slow = 0.04, .slow_by = milliseconds(150)};
  std::array<double, 2> p99{};
  std::array<int, 2> sent{};
  constexpr int kPages = 600;
  for (const bool hedged : {false, true}) {
    Policy one = policy();
    if (hedged) {
      one.hedge = kit::HedgeOptions{.quantile = 0.9,
                                    .share = 0.1,
                                    .min_delay = milliseconds(5),
                                    .min_samples = 50,
                                    .window = std::chrono::seconds(1)};
    }
    Scene::Policies policies = everywhere(policy());
    policies[ProductPage::kPrice] = one;
    Scene scene(policies);
    for (int i = 0; i < 300; ++i) scene.text("7");
    scene.take_quantile(0.5);
    scene.proxy(ProductPage::kPrice).set(tail);
    const int before = scene.proxy(ProductPage::kPrice).requests();
    for (int i = 0; i < kPages; ++i) scene.text("7");
    sent[hedged ? 1 : 0] = scene.proxy(ProductPage::kPrice).requests() - before;
    p99[hedged ? 1 : 0] = scene.take_quantile(0.98);
  }
  check(p99[0] >= 150 && p99[1] < 120 && sent[1] <= kPages * 111 / 100,
        "one price in 25 is late by 150 ms: the page's p98 is " + ms(p99[0]) + ", with hedges " +
            ms(p99[1]) + " for " + std::to_string(sent[1] - kPages) + " requests more in 600");
}

int run() {
  partial_answers();
  deadlines();
  retries();
  push_back();
  breaker();
  bulkhead();
  hedging();
  std::printf("%d passed, %d failed, 0 skipped\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ashlar::example

int main() { return ashlar::example::run(); }
