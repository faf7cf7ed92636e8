#include "modules/links/click_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ashlar::links {
namespace {

constexpr base::Time kNow = base::from_micros(1'700'000'000'000'000);

std::int64_t clicks_in(ClickTally& tally) {
  std::int64_t sum = 0;
  for (const ClickCount& count : tally.take_sorted()) sum += count.clicks;
  return sum;
}

TEST(ClickBufferTest, EveryClickComesOutOnce) {
  ClickBuffer buffer(4);
  constexpr int kThreads = 6;  // more than shards: two pairs share one
  constexpr int kEach = 50'000;
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kEach; ++j) {
        buffer.record(static_cast<std::size_t>(i), LinkId(j % 100), base::TenantId(1), kNow, {});
      }
      --running;
    });
  }
  ClickTally tally(1'000);
  std::vector<DetailEntry> details;
  const auto keep = [&](const KeptClick& click) { details.emplace_back(click); };
  std::int64_t shed = 0;
  std::int64_t dropped = 0;
  const auto drain = [&] {
    const ClickBuffer::Losses losses = buffer.drain(tally, keep);
    shed += losses.details;
    dropped += losses.clicks;
  };
  while (running > 0) drain();
  for (std::thread& thread : threads) thread.join();
  drain();
  EXPECT_EQ(clicks_in(tally), kThreads * kEach);
  EXPECT_EQ(dropped, 0);
  EXPECT_EQ(static_cast<std::int64_t>(details.size()) + shed, kThreads * kEach);
}

// Full entries spill into the overflow's pairs; only when these are full too is anything lost.
TEST(ClickBufferTest, PressureShedsDetailThenDropsAndCounts) {
  ClickBuffer buffer(1);
  constexpr std::int64_t kFew = 100;
  const auto entries = static_cast<std::int64_t>(ClickBuffer::kEntries);
  const auto pairs = static_cast<std::int64_t>(ClickBuffer::kOverflowPairs);
  for (std::int64_t i = 0; i < entries * 3; ++i) {
    buffer.record(0, LinkId(i % kFew), base::TenantId(1), kNow, {});
  }
  ClickTally tally(1'000'000);
  std::vector<DetailEntry> details;
  const auto keep = [&](const KeptClick& click) { details.emplace_back(click); };
  ClickBuffer::Losses losses = buffer.drain(tally, keep);
  EXPECT_EQ(losses.clicks, 0);
  EXPECT_EQ(details.size(), ClickBuffer::kDetails);
  EXPECT_EQ(losses.details, entries * 3 - static_cast<std::int64_t>(ClickBuffer::kDetails));
  EXPECT_EQ(clicks_in(tally), entries * 3);

  for (std::int64_t i = 0; i < entries + pairs + 10; ++i) {
    buffer.record(0, LinkId(i), base::TenantId(1), kNow, {});
  }
  losses = buffer.drain(tally, keep);
  EXPECT_EQ(losses.clicks, 10);
  EXPECT_EQ(clicks_in(tally), entries + pairs);
  losses = buffer.drain(tally, keep);
  EXPECT_EQ(losses.clicks, 0);
  EXPECT_TRUE(tally.empty());
}

TEST(ClickBufferTest, AFullTallyIsALoss) {
  ClickBuffer buffer(1);
  for (int i = 0; i < 10; ++i) buffer.record(0, LinkId(i), base::TenantId(1), kNow, {});
  ClickTally tally(4);
  std::vector<DetailEntry> details;
  const auto keep = [&](const KeptClick& click) { details.emplace_back(click); };
  EXPECT_EQ(buffer.drain(tally, keep).clicks, 6);
}

TEST(ClickBufferTest, OneDetailInSoManyStandsForAll) {
  constexpr std::int64_t kOneIn = 20;
  constexpr std::int64_t kClicks = 10'000;
  ClickBuffer buffer(1, kOneIn, 5);
  std::vector<std::int64_t> gaps;
  std::int64_t since = 0;
  for (std::int64_t i = 0; i < kClicks; ++i) {
    ++since;
    const std::int64_t weight = buffer.count(0, LinkId(1), base::TenantId(1), kNow);
    if (weight == 0) continue;
    EXPECT_EQ(weight, since);
    gaps.push_back(std::exchange(since, 0));
  }
  EXPECT_NEAR(static_cast<double>(gaps.size()), kClicks / kOneIn, 60);
  EXPECT_LE(*std::max_element(gaps.begin(), gaps.end()), 2 * kOneIn - 1);
  EXPECT_GT(std::set<std::int64_t>(gaps.begin(), gaps.end()).size(), 20U);
  ClickTally tally(10);
  buffer.drain(tally, [](const KeptClick&) {});
  EXPECT_EQ(clicks_in(tally), kClicks);
}

TEST(ClickBufferTest, TheWeightOfWhatIsShedGoesToWhatIsKept) {
  ClickBuffer buffer(1);
  const std::string longest(5'000, 'x');
  const std::string target = "https://example.com/?utm_source=" + longest;
  const ClickDetail detail{.referrer = longest,
                           .user_agent = longest,
                           .query = longest,
                           .target = target,
                           .address = longest};
  constexpr std::int64_t kClicks = 900;  // fewer than kDetails, but more than kDetailBytes
  for (std::int64_t i = 0; i < kClicks; ++i) {
    buffer.record(0, LinkId(i), base::TenantId(1), kNow, detail);
  }
  ClickTally tally(1'000);
  std::int64_t kept = 0;
  std::int64_t weight = 0;
  const auto losses = buffer.drain(tally, [&](const KeptClick& click) {
    EXPECT_EQ(click.link, LinkId(kept));
    EXPECT_EQ(click.detail.referrer.size(), ClickBuffer::kMaxHeaderBytes);
    EXPECT_EQ(click.detail.query.size(), ClickBuffer::kMaxQueryBytes);
    EXPECT_TRUE(click.detail.target.starts_with("utm_source=xx"));
    kept += 1;
    weight += click.weight;
  });
  EXPECT_GE(kept * 1'600, static_cast<std::int64_t>(ClickBuffer::kDetailBytes) - 1'600);
  EXPECT_EQ(losses.details, kClicks - kept);
  EXPECT_EQ(weight, kClicks);
}

TEST(ClickDetailTest, Referrers) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", ""},
      {"https://News.Example/path?secret=1#x", "news.example"},
      {"http://news.example", "news.example"},
      {"HTTPS://NEWS.EXAMPLE:8443/", "news.example"},
      {"https://user:pass@news.example/", "news.example"},
      {"https://news.example?x", "news.example"},
      {"https://news.example\\evil", "news.example"},
      {"android-app://com.example/", ""},
      {"news.example", ""},
      {"https://", ""},
      {"https:///x", ""},
      {"https://bücher.example/", ""},
      {"https://a_b.example/", ""},
      {"https://[::1]/", ""},
      {"https://<script>/", ""},
      {"https://" + std::string(64, 'a') + "/", std::string(64, 'a')},
      {"https://" + std::string(65, 'a') + "/", ""}};
  for (const auto& [url, host] : rows) {
    DetailEntry entry;
    entry.set_referrer(url);
    EXPECT_EQ(entry.referrer_host(), host) << url;
  }
}

TEST(ClickDetailTest, Agents) {
  const std::vector<std::pair<std::string, AgentClass>> rows{
      {"", AgentClass::kOther},
      {"SomethingElse/1.0", AgentClass::kOther},
      {"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0", AgentClass::kBrowser},
      {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148", AgentClass::kMobile},
      {"Mozilla/5.0 (Linux; Android 14; Tablet) Chrome/120.0", AgentClass::kMobile},
      {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
       AgentClass::kBot},
      {"curl/8.5.0", AgentClass::kBot},
      {"python-requests/2.31", AgentClass::kBot},
      {"Mozilla/5.0 HeadlessChrome/120", AgentClass::kBot},
      {std::string(100'000, 'x') + "bot", AgentClass::kOther}};
  for (const auto& [text, agent] : rows)
    EXPECT_EQ(classify_agent(text), agent) << text.substr(0, 80);
}

}  // namespace
}  // namespace ashlar::links
