// What stands behind the redirect's own cache: one load for all who miss a code at once, the far
// cache, and what a change does to both. Two Redirects are two processes on one database.
#include "modules/links/redirects.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "modules/links/links_module.h"
#include "modules/links/redirect_codec.h"
#include "modules/links/testing/links_fixture.h"
#include "modules/links/testing/mmdb_writer.h"
#include "platform/cache/cache_service.h"
#include "platform/cache/testing/model_far_cache.h"
#include "platform/http/call.h"
#include "platform/http/client_address.h"
#include "platform/http/cursor.h"
#include "platform/http/inline_request.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::links {
namespace {

// Counts the reads of redirects; each waits until so many callers are under way.
class CountingDatabase final : public storage::Database {
 public:
  explicit CountingDatabase(storage::Database& inner) : inner_(inner) {}

  std::atomic<int> redirect_reads{0};
  std::atomic<int> callers{0};
  std::atomic<int> wait_for{0};

  void subscribe(std::string channel, std::function<void(const Notice&)> receive) override {
    inner_.subscribe(std::move(channel), std::move(receive));
  }
  [[nodiscard]] storage::Dialect dialect() const override { return inner_.dialect(); }
  base::Status ping(base::Mono deadline) override { return inner_.ping(deadline); }
  base::Result<std::string> check_integrity() override { return inner_.check_integrity(); }

 protected:
  base::Status run_body(const storage::Context& context, Mode mode, const Body& body) override {
    if (!context.is_tenant() && context.use() == storage::PlatformUse::kRedirect) {
      ++redirect_reads;
      while (callers < wait_for) std::this_thread::yield();
    }
    const auto pass = [&](storage::Transaction& tx) { return body(tx); };
    return mode == Mode::kRead ? inner_.read(context, pass) : inner_.write(context, pass);
  }

 private:
  storage::Database& inner_;
};

// How a visitor asks.
struct Asked {
  http::Method method = http::Method::kGet;
  std::string query{};
  std::string user_agent{};
  std::string address{};
  std::string body{};
};

class RedirectsTest : public LinksFixture {
 protected:
  // One process.
  struct Process {
    cache::CacheService cache;
    cache::FarRegion& region;
    LinksModule module;
    Redirects redirects;
    http::RouteTable routes;

    Process(RedirectsTest& test, std::unique_ptr<cache::FarCache> far)
        : cache(std::move(far), *test.counting_, test.clock_, test.entropy_, test.metrics_),
          region(cache.add_region(
              {.name = "links", .format = kRedirectFormat, .absent_ttl = base::Millis{0}})),
          module({"https://sho.rt", *OwnHosts::parse({"https://sho.rt"}),
                  std::string(CodeSpace::kSecretBytes, 'k'), 2, &region, nullptr, test.geo_path_},
                 *test.counting_, test.clock_, test.entropy_, test.metrics_, test.log_),
          redirects({.cache_bytes = 1 << 20, .geo = &module.geo}, 7, *test.counting_, module.links,
                    module.domain_table, module.recorder, region, test.clock_, test.metrics_),
          routes(links_routes(module, test.cursors_)) {
      cache.tend();
      const int reads = test.counting_->redirect_reads;
      CHECK(module.load().ok());
      test.counting_->redirect_reads = reads;
    }
  };

  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    counting_ = std::make_unique<CountingDatabase>(db());
  }
  void TearDown() override {
    database_.reset();  // its threads call those who have subscribed
    LinksFixture::TearDown();
  }

  Process& start(bool with_far = true) {
    std::unique_ptr<cache::FarCache> far;
    if (with_far) {
      far = std::make_unique<cache::ModelFarCache>(
          far_store_, cache::ModelFarCache::Hooks{.fault = [this] { return fault_; }});
    }
    return *processes_.emplace_back(std::make_unique<Process>(*this, std::move(far)));
  }

  void create(const std::string& code, const std::string& url) {
    const auto made = db().write(storage::Context::tenant(kAlice), [&](storage::Transaction& tx) {
      return links_.create(tx, {.url = url, .code = code, .expires_at = {}});
    });
    ASSERT_TRUE(made.ok());
  }

  // The Location, or the status where there is none.
  std::string follow(Process& process, const std::string& code) {
    http::RequestHead head;
    http::Call call = call_of(head, http::Method::kGet, code);
    const http::Route route = process.redirects.route();
    const http::Handler& handler = route.handler;
    const auto answer = std::get<http::InlineHandler>(handler).fallback(call);
    if (!answer.ok()) return answer.error().reason;
    for (const auto& [name, value] : answer->headers) {
      if (name == "Location") return value;
    }
    return std::to_string(answer->status);
  }

  void patch(Process& process, const std::string& code, const std::string& body) {
    http::RequestHead head;
    http::Call call = call_of(head, http::Method::kPatch, code);
    call.body = body;
    for (const http::Route& route : process.routes) {
      if (route.method != http::Method::kPatch) continue;
      const http::Handler& handler = route.handler;
      const auto answer = std::get<http::WorkerHandler>(handler)(call);
      ASSERT_TRUE(answer.ok()) << answer.error().detail;
      return;
    }
    FAIL() << "no route changes a link";
  }

  static http::Call call_of(http::RequestHead& head, http::Method method, const std::string& code) {
    head.method = method;
    http::Call call;
    call.head = &head;
    call.path_params = {code};
    call.principal.tenant = kAlice;
    call.deadline =
        base::SystemClock().mono() + base::Seconds(3600);  // the database lives in real time
    return call;
  }

  void create(const std::string& code, const LinkSettings& settings) {
    NewLink wanted;
    wanted.url = "https://example.com/own?a=1";
    wanted.code = code;
    wanted.status = 301;
    wanted.settings = settings;
    const auto made = db().write(storage::Context::tenant(kAlice), [&](storage::Transaction& tx) {
      return links_.create(tx, wanted);
    });
    ASSERT_TRUE(made.ok()) << made.error().detail;
  }

  static std::string line_of(const http::Response& answer) {
    std::string line = std::to_string(answer.status);
    for (const auto& [name, value] : answer.headers) {
      if (name == "Location" || name == "Cache-Control") line += " " + value;
    }
    return line;
  }

  // The same of what was written without a Response.
  static std::string line_of(const std::string& head) {
    std::string line = head.substr(9, 3);
    for (const std::string_view name : {"\r\nLocation: ", "\r\nCache-Control: "}) {
      const std::size_t at = head.find(name);
      if (at == std::string::npos) continue;
      const std::size_t value = at + name.size();
      line += " " + head.substr(value, head.find('\r', value) - value);
    }
    return line;
  }

  // Status, Location and Cache-Control of a visit: from memory where that suffices, as a server
  // answers it.
  std::string visit(Process& process, const std::string& code, const Asked& asked = {}) {
    http::RequestHead head;
    http::Call call = call_of(head, asked.method, code);
    head.query = asked.query;
    head.user_agent = asked.user_agent;
    call.client_address = asked.address;
    call.body = asked.body;
    if (asked.method == http::Method::kPost) {
      const http::Route route = process.redirects.unlock_route();
      const http::Handler& handler = route.handler;
      const auto answer = std::get<http::WorkerHandler>(handler)(call);
      return answer.ok() ? line_of(*answer) : answer.error().reason;
    }
    const http::Route route = process.redirects.route();
    const http::Handler& handler = route.handler;
    const auto& inline_handler = std::get<http::InlineHandler>(handler);
    std::string out;
    const http::TrustedProxies nobody;
    const std::string address = asked.address.empty() ? "192.0.2.1" : asked.address;
    const http::InlineRequest::Peer peer{nobody, address};
    http::InlineRequest request(head, code, 0, clock_.now(), clock_.mono(), "", "id", peer, out);
    if (inline_handler.fast(request) == http::InlineOutcome::kAnswered) {
      ++inline_answers_;
      return request.response() ? line_of(*request.response()) : line_of(out);
    }
    const auto answer = inline_handler.fallback(call);
    return answer.ok() ? line_of(*answer) : answer.error().reason;
  }

  // A click limit's deadline is reckoned by our clock and held by the database's.
  void live_in_real_time() {
    clock_.advance(
        std::chrono::duration_cast<base::Micros>(base::SystemClock().mono().time_since_epoch()) +
        base::Seconds(3600));
  }

  int inline_answers_ = 0;
  std::string geo_path_;

  int reads() const { return counting_->redirect_reads.load(); }

  std::unique_ptr<CountingDatabase> counting_;
  cache::ModelFarStore far_store_{clock_};
  cache::ModelFarCache::Fault fault_ = cache::ModelFarCache::Fault::kNone;
  http::CursorCodec cursors_{kit::SipKey{1, 2}};
  std::vector<std::unique_ptr<Process>> processes_;
};

INSTANTIATE_TEST_SUITE_P(Storage, RedirectsTest, storage::both_engines(), storage::engine_name);

TEST_P(RedirectsTest, OfAllWhoMissACodeAtOnceOneReads) {
  Process& process = start(false);
  create("hot", "https://example.com/1");
  constexpr int kThreads = 8;
  counting_->wait_for = kThreads;
  std::array<std::string, kThreads> answers;
  std::vector<std::thread> threads;
  for (std::string& answer : answers) {
    threads.emplace_back([&] {
      ++counting_->callers;
      answer = follow(process, "hot");
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& answer : answers) EXPECT_EQ(answer, "https://example.com/1");
  EXPECT_EQ(reads(), 1);
}

TEST_P(RedirectsTest, AnotherProcessFindsItInTheFarCache) {
  create("far", "https://example.com/1");
  EXPECT_EQ(follow(start(), "far"), "https://example.com/1");
  EXPECT_EQ(reads(), 1);
  EXPECT_EQ(follow(start(), "far"), "https://example.com/1");
  EXPECT_EQ(reads(), 1);
}

TEST_P(RedirectsTest, AChangeIsFollowedByTheNextVisitorOfBoth) {
  Process& one = start();
  Process& two = start();
  create("moves", "https://example.com/0");
  for (int i = 1; i <= 5; ++i) {
    const std::string url = "https://example.com/" + std::to_string(i);
    EXPECT_EQ(follow(one, "moves").substr(0, 20), url.substr(0, 20));
    patch(i % 2 == 0 ? one : two, "moves", R"({"url":")" + url + R"("})");
    EXPECT_EQ(follow(one, "moves"), url);
    EXPECT_EQ(follow(two, "moves"), url);
    EXPECT_EQ(follow(start(), "moves"), url);
    if (i == 3) processes_[0]->cache.tend();
  }
}

TEST_P(RedirectsTest, AFarCacheThatDoesNotAnswerChangesNothing) {
  Process& process = start();
  create("alone", "https://example.com/1");
  fault_ = cache::ModelFarCache::Fault::kNotDone;
  EXPECT_EQ(follow(process, "alone"), "https://example.com/1");
  patch(process, "alone", R"({"url":"https://example.com/2"})");
  EXPECT_EQ(follow(process, "alone"), "https://example.com/2");
  EXPECT_GT(process.region.pending(), 0U);
  fault_ = cache::ModelFarCache::Fault::kNone;
  process.cache.tend();
  EXPECT_EQ(process.region.pending(), 0U);
}

TEST_P(RedirectsTest, WhatIsUnknownIsAskedForAgainOnceItIsCreated) {
  Process& one = start();
  Process& two = start();
  EXPECT_EQ(follow(one, "later"), "404");
  EXPECT_EQ(follow(two, "later"), "404");
  create("later", "https://example.com/1");
  EXPECT_EQ(follow(one, "later"), "https://example.com/1");
  EXPECT_EQ(follow(two, "later"), "https://example.com/1");
}

TEST_P(RedirectsTest, WhatCameFromTheFarCacheIsForgottenInTime) {
  create("old", "https://example.com/1");
  EXPECT_EQ(follow(start(), "old"), "https://example.com/1");
  Process& other = start();
  EXPECT_EQ(follow(other, "old"), "https://example.com/1");
  EXPECT_EQ(other.redirects.hot_codes().size(), 0U);  // found once is not asked for yet
  clock_.advance(Redirects::kFarTrust);
  other.redirects.forget_far();
  EXPECT_EQ(reads(), 1);
  EXPECT_EQ(follow(other, "old"), "https://example.com/1");
  EXPECT_EQ(reads(), 2);
}

TEST_P(RedirectsTest, WarmingUpReadsWhatIsTrueNow) {
  create("warm", "https://example.com/1");
  Process& before = start(false);
  EXPECT_EQ(follow(before, "warm"), "https://example.com/1");
  EXPECT_EQ(follow(before, "warm"), "https://example.com/1");
  EXPECT_EQ(before.redirects.hot_codes(), std::vector<std::string>{"warm"});
  patch(before, "warm", R"({"url":"https://example.com/2"})");
  Process& after = start(false);
  // The deadline of a warming read is reckoned by our clock and held by the database's.
  clock_.advance(
      std::chrono::duration_cast<base::Micros>(base::SystemClock().mono().time_since_epoch()));
  for (const char* code : {"warm", "gone", "not a code"}) after.redirects.warm(code);
  const int read = reads();
  EXPECT_EQ(follow(after, "warm"), "https://example.com/2");
  EXPECT_EQ(reads(), read);
}

constexpr const char* kAsOwn = "302 https://example.com/own?a=1 private, no-store";

TEST_P(RedirectsTest, ASpecialLinkIsNeverKeptByAnybody) {
  Process& process = start();
  LinkSettings settings;
  settings.expired_url = "https://example.com/over";
  create("special", settings);
  EXPECT_EQ(visit(process, "special"), kAsOwn);  // a 301, were it plain
  EXPECT_EQ(visit(process, "special"), kAsOwn);
  EXPECT_EQ(inline_answers_, 1);  // the second from memory
  EXPECT_EQ(reads(), 1);
  // What one instance reads no other takes from the far cache: it would be taken for a plain link.
  Process& other = start();
  EXPECT_EQ(visit(other, "special"), kAsOwn);
  EXPECT_EQ(reads(), 2);
}

TEST_P(RedirectsTest, RulesVariantsAndTheQueryLead) {
  Process& process = start(false);
  LinkSettings settings;
  RedirectRule rule;
  rule.url = "https://example.com/ios";
  rule.systems = static_cast<std::uint8_t>(Os::kIos);
  settings.rules = {rule};
  settings.forward_query = true;
  create("ruled", settings);
  const Asked iphone{.query = "b=2", .user_agent = "Mozilla/5.0 (iPhone) Mobile Safari/604.1"};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(visit(process, "ruled", iphone), "302 https://example.com/ios?b=2 private, no-store");
    EXPECT_EQ(visit(process, "ruled", {.query = "b=2"}),
              "302 https://example.com/own?a=1&b=2 private, no-store");
  }
  EXPECT_EQ(inline_answers_, 3);
  settings = {};
  settings.variants = {{"https://example.com/a", 1}, {"https://example.com/b", 1}};
  create("divided", settings);
  std::array<int, 2> got{};
  for (int i = 0; i < 200; ++i) {
    const Asked asked{.user_agent = "x", .address = "192.0.2." + std::to_string(i)};
    const std::string first = visit(process, "divided", asked);
    EXPECT_EQ(visit(process, "divided", asked), first);  // the same all day
    ++got.at(first == "302 https://example.com/a private, no-store" ? 0 : 1);
  }
  EXPECT_GT(got[0], 60);
  EXPECT_GT(got[1], 60);
  EXPECT_EQ(inline_answers_, 3 + 399);  // all but the one that loaded it
}

TEST_P(RedirectsTest, ACountryLeads) {
  const storage::TemporaryDirectory folder;
  geo_path_ = folder.path() + "/geo.mmdb";
  Process& process = start(false);
  process.module.refresh_geo();  // no file yet
  LinkSettings settings;
  RedirectRule rule;
  rule.url = "https://example.com/alps";
  rule.countries = {"AT", "CH"};
  settings.rules = {rule};
  create("ruled", settings);
  const Asked from_austria{.address = "198.51.100.7"};
  EXPECT_EQ(visit(process, "ruled", from_austria), kAsOwn);
  std::ofstream(geo_path_, std::ios::binary)
      << testing::mmdb_of({{"198.51.100.0/24", "AT"}, {"203.0.113.0/24", "DE"}});
  process.module.refresh_geo();
  EXPECT_EQ(visit(process, "ruled", from_austria),
            "302 https://example.com/alps private, no-store");
  EXPECT_EQ(visit(process, "ruled", {.address = "203.0.113.1"}), kAsOwn);
  EXPECT_EQ(visit(process, "ruled", {.address = "192.0.2.1"}), kAsOwn);
}

TEST_P(RedirectsTest, ALinkBeginsAndEnds) {
  live_in_real_time();
  Process& process = start(false);
  LinkSettings settings;
  settings.valid_from = clock_.now() + base::Seconds(10);
  settings.expired_url = "https://example.com/over";
  settings.max_clicks = 1;
  create("once", settings);
  EXPECT_EQ(visit(process, "once"), "404 no-store");
  clock_.advance(base::Seconds(10));
  EXPECT_EQ(visit(process, "once"), kAsOwn);
  EXPECT_EQ(visit(process, "once"), "302 https://example.com/over private, no-store");
  settings = {};
  settings.max_clicks = 2;
  create("twice", settings);
  EXPECT_EQ(visit(process, "twice", {.method = http::Method::kHead}), kAsOwn);
  EXPECT_EQ(visit(process, "twice"), kAsOwn);
  EXPECT_EQ(visit(process, "twice"), "410 no-store");
  EXPECT_EQ(visit(process, "twice", {.method = http::Method::kHead}), "410 no-store");
}

TEST_P(RedirectsTest, APasswordLetsPass) {
  live_in_real_time();
  Process& process = start(false);
  LinkSettings settings;
  settings.max_clicks = 2;
  settings.password_hash = *process.module.password_hashes.hash("open sesame");
  create("locked", settings);
  const Asked right{.method = http::Method::kPost, .body = "password=open+sesame"};
  const Asked wrong{.method = http::Method::kPost, .body = "password=open"};
  EXPECT_EQ(visit(process, "locked"), "403 no-store");
  EXPECT_EQ(visit(process, "locked", {.method = http::Method::kHead}), "403 no-store");
  EXPECT_EQ(visit(process, "locked", {.method = http::Method::kPost}), "403 no-store");
  EXPECT_EQ(visit(process, "locked", wrong), "403 no-store");
  EXPECT_EQ(visit(process, "locked", right), "303 https://example.com/own?a=1 private, no-store");
  for (int i = 1; i < 10; ++i) EXPECT_EQ(visit(process, "locked", wrong), "403 no-store");
  EXPECT_EQ(visit(process, "locked", wrong), "429 no-store");
  EXPECT_EQ(visit(process, "locked", right), "429 no-store");
  // Another visitor is not kept out by the first one's guesses.
  Asked other = right;
  other.address = "192.0.2.7";
  EXPECT_EQ(visit(process, "locked", other), "303 https://example.com/own?a=1 private, no-store");
  EXPECT_EQ(visit(process, "locked", other), "410 no-store");
}

TEST_P(RedirectsTest, WhatWasPlainAndIsSpecialNowIsFollowedAsSuchByBoth) {
  Process& one = start();
  Process& two = start();
  create("turns", "https://example.com/own?a=1");
  const std::string plain = "https://example.com/own?a=1";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(follow(one, "turns"), plain);
    EXPECT_EQ(follow(two, "turns"), plain);
    patch(one, "turns", R"({"expired_url":"https://example.com/over"})");
    EXPECT_EQ(visit(one, "turns"), kAsOwn);
    EXPECT_EQ(visit(two, "turns"), kAsOwn);
    patch(two, "turns", R"({"expired_url":null})");
    EXPECT_EQ(visit(one, "turns"), "302 https://example.com/own?a=1 private, max-age=0");
    EXPECT_EQ(visit(two, "turns"), "302 https://example.com/own?a=1 private, max-age=0");
  }
}

}  // namespace
}  // namespace ashlar::links
