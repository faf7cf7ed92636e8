// seed_analytics: fills an installation with the analytics of many clicks, by the product's own
// code: counters and roll-ups as they are after a year, without each click having been made.
//
//   seed_analytics --data DIR [--store postgres://…] --clicks 50000000 --links 500
//                  [--values common|distinct]
//
// Links are followed by Zipf(1.0), each hour of a year as often as a day's curve says; the last 8
// days have roll-ups by the hour, the others by the day, as retention leaves them. A roll-up's
// visits are made up once for each size and reused: what a report costs hangs on their number and
// bytes. Tags, an owner and the tenant get what their links got. With --values distinct each of the
// tenant's roll-ups has as many values as there is room for in all that visitors can write
// (referrer, utm_*), none of which any other has: the worst that a year can hold.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/installation.h"
#include "app/modules.h"
#include "base/random.h"
#include "base/result.h"
#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/keyed_rollup.h"
#include "modules/links/analytics/rollup.h"
#include "modules/links/analytics/subject.h"
#include "modules/links/clicks_store.h"
#include "modules/links/links.h"

namespace ashlar {
namespace {

using links::Hour;
using links::LinkId;
using links::analytics::Dimension;
using links::analytics::KeyedRollups;
using links::analytics::Rollup;
using links::analytics::RollupKey;
using links::analytics::RollupRoom;
using links::analytics::Subject;
using links::analytics::VisitFacts;
using links::analytics::store::Grain;

constexpr std::string_view kTenant = "demo";
constexpr Hour kDays = 365;
constexpr Hour kHourlyDays = 8;
constexpr int kTags = 20;
constexpr std::size_t kMaxVisits = 20'000;  // made up for one roll-up
constexpr std::size_t kBatch = 500;
constexpr std::size_t kDistinctBytes = 40;  // of a value that nothing else has
constexpr std::array kWritten{Dimension::kReferrer,  Dimension::kUtmSource,
                              Dimension::kUtmMedium, Dimension::kUtmCampaign,
                              Dimension::kUtmTerm,   Dimension::kUtmContent};

using Options = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "seed_analytics: %s\n", why.c_str());
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options{{"--data", ""},
                  {"--store", ""},
                  {"--clicks", "50000000"},
                  {"--links", "500"},
                  {"--values", "common"}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(std::string_view(argv[i]));
    if (option == options.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  if (options["--data"].empty()) die("--data is needed");
  if (options["--values"] != "common" && options["--values"] != "distinct") {
    die("--values is common or distinct");
  }
  return options;
}

base::Result<app::Config> config_of(const Options& options) {
  app::ConfigLoader loader;
  for (const std::string_view key : {"data", "store"}) {
    const std::string& value = options.find("--" + std::string(key))->second;
    if (!value.empty()) ASHLAR_TRY(loader.apply(key, value, "--" + std::string(key)));
  }
  ASHLAR_TRY(loader.apply("log.level", "warn", "seed_analytics"));
  return loader.finish();
}

struct SeededLink {
  LinkId id;
  double share = 0;  // of all clicks
  std::vector<std::string> subjects;
};

class Seeder {
 public:
  Seeder(app::Installation& ashlar, base::TenantId tenant, double clicks, bool distinct)
      : ashlar_(ashlar),
        tenant_(tenant),
        clicks_(clicks),
        distinct_(distinct),
        now_(links::hour_of(ashlar.clock.now())) {}

  base::Status make_links(std::int64_t count) {
    ASHLAR_ASSIGN(const std::string secret, app::link_code_secret(ashlar_));
    ASHLAR_ASSIGN(links::OwnHosts hosts, links::OwnHosts::parse({"127.0.0.1"}));
    const links::Links links("http://127.0.0.1", std::move(hosts), links::CodeSpace(secret),
                             ashlar_.clock);
    double sum = 0;
    for (std::int64_t i = 1; i <= count; ++i) sum += 1.0 / static_cast<double>(i);
    for (std::int64_t i = 1; i <= count; ++i) {
      links::NewLink wanted;
      wanted.url = "https://www.example.com/" + std::to_string(i);
      wanted.code = "seeded-" + std::to_string(i);
      wanted.settings.tags = {"tag-" + std::to_string(i % kTags), "all"};
      wanted.settings.owner = "ada";
      ASHLAR_ASSIGN(const links::Link link, ashlar_.db->write(storage::Context::tenant(tenant_),
                                                              [&](storage::Transaction& tx) {
                                                                return links.create(tx, wanted);
                                                              }));
      links_.push_back({link.id,
                        1.0 / static_cast<double>(i) / sum,
                        {Subject::tenant().key, Subject::domain(0).key,
                         Subject::owner(wanted.settings.owner).key,
                         Subject::tag(wanted.settings.tags[0]).key, Subject::tag("all").key}});
    }
    return base::ok_status();
  }

  // One hour's counters, and the roll-ups of its hour or, at a day's last hour, of its day.
  base::Status hour(Hour hour) {
    std::vector<links::ClickCount> counts;
    KeyedRollups subjects;
    const double curve = 1.0 + 0.8 * std::sin(static_cast<double>(hour % 24) / 24.0 * 6.2831853);
    for (const SeededLink& link : links_) {
      const double mean = clicks_ / static_cast<double>(kDays * 24) * link.share * curve;
      auto clicks = static_cast<std::int64_t>(mean);
      if (random_.chance(mean - std::floor(mean))) ++clicks;
      if (clicks == 0) continue;
      total_ += clicks;
      counts.push_back({tenant_, link.id, hour, clicks});
      of_day_[{tenant_, Subject::link(link.id).key, 0}].clicks += clicks;
      of_hour_[{tenant_, Subject::link(link.id).key, 0}].clicks += clicks;
      for (const std::string& subject : link.subjects) {
        subjects[{tenant_, subject, hour}].clicks += clicks;
        of_hour_[{tenant_, subject, 0}].clicks += clicks;
        of_day_[{tenant_, subject, 0}].clicks += clicks;
      }
    }
    const auto context = storage::Context::platform(storage::PlatformUse::kClickWriter);
    for (std::size_t at = 0; at < counts.size(); at += kBatch) {
      const std::span part(counts.data() + at, std::min(kBatch, counts.size() - at));
      ASHLAR_TRY(ashlar_.db->write(
          context, [&](storage::Transaction& tx) { return links::store::add_counts(tx, part); }));
    }
    ASHLAR_TRY(ashlar_.db->write(context, [&](storage::Transaction& tx) {
      return links::analytics::store::add_counts(tx, subjects);
    }));
    if (now_ - hour < kHourlyDays * 24) {
      ASHLAR_TRY(put(of_hour_, Grain::kHour, hour));
      of_day_.clear();
    } else if (hour % 24 == 23) {
      ASHLAR_TRY(put(of_day_, Grain::kDay, hour - 23));
      of_day_.clear();
    }
    of_hour_.clear();
    return base::ok_status();
  }

  [[nodiscard]] Hour now() const { return now_; }
  [[nodiscard]] std::int64_t total() const { return total_; }
  [[nodiscard]] std::int64_t rollups() const { return rollups_; }

 private:
  // What so many visits add up to: visitors, and values by Zipf as far as there is room.
  const std::string& made_up(std::int64_t clicks) {
    const auto size = static_cast<std::size_t>(std::exp2(std::ceil(
        std::log2(static_cast<double>(std::clamp<std::int64_t>(clicks, 1, kMaxVisits))))));
    std::string& data = known_[size];
    if (!data.empty()) return data;
    Rollup rollup;
    for (std::size_t i = 0; i < size; ++i) rollup.add(visit());
    for (const SeededLink& link : links_) {
      rollup.add_value(Dimension::kLink, std::to_string(link.id.value), {1 + clicks / 100, 0});
    }
    rollup.trim();
    return data = rollup.encode();
  }

  // A full one whose values are its own.
  std::string made_up_alone(std::int64_t clicks) {
    Rollup rollup = *Rollup::decode(made_up(clicks));
    Rollup full;
    for (const Dimension dimension : kWritten) {
      for (std::size_t i = 0; i < RollupRoom{}.values; ++i) {
        std::string value = std::to_string(random_.next());
        value.resize(kDistinctBytes, '-');
        full.add_value(dimension, value, {1 + static_cast<std::int64_t>(random_.below(50)), 0});
      }
    }
    full.merge(rollup);
    full.trim();
    return full.encode();
  }

  VisitFacts visit() {
    constexpr std::array<std::string_view, 3> kDevices{"desktop", "mobile", "tablet"};
    constexpr std::array<std::string_view, 6> kSystems{"ios",   "android", "windows",
                                                       "macos", "linux",   "chromeos"};
    constexpr std::array<std::string_view, 5> kBrowsers{"chrome", "safari", "firefox", "edge",
                                                        "samsung"};
    const auto skewed = [&](std::uint64_t n) {  // the first are the commonest
      return static_cast<std::uint64_t>(std::pow(static_cast<double>(n), random_.unit())) - 1;
    };
    texts_ = {"site-" + std::to_string(skewed(2'000)) + ".example",
              std::string(1, static_cast<char>('A' + skewed(26))) + "X",
              "AX-" + std::to_string(skewed(800)), "source-" + std::to_string(skewed(60)),
              "campaign-" + std::to_string(skewed(400))};
    VisitFacts facts;
    facts[Dimension::kReferrer] = texts_[0];
    facts[Dimension::kCountry] = texts_[1];
    facts[Dimension::kRegion] = texts_[2];
    facts[Dimension::kUtmSource] = texts_[3];
    facts[Dimension::kUtmCampaign] = texts_[4];
    facts[Dimension::kDevice] = kDevices.at(skewed(kDevices.size()));
    facts[Dimension::kOs] = kSystems.at(skewed(kSystems.size()));
    facts[Dimension::kBrowser] = kBrowsers.at(skewed(kBrowsers.size()));
    facts.bot = random_.chance(0.05);
    facts.visitor = random_.next();
    return facts;
  }

  base::Status put(const KeyedRollups& rollups, Grain grain, Hour hour) {
    const auto context = storage::Context::platform(storage::PlatformUse::kClickWriter);
    auto at = rollups.begin();
    while (at != rollups.end()) {
      const auto first = at;
      ASHLAR_TRY(ashlar_.db->write(context, [&](storage::Transaction& tx) -> base::Status {
        at = first;
        for (std::size_t i = 0; i < kBatch && at != rollups.end(); ++i, ++at) {
          const RollupKey key{tenant_, at->first.subject, hour};
          const bool alone = distinct_ && key.subject == Subject::tenant().key;
          const std::int64_t clicks = at->second.clicks;
          ASHLAR_TRY(links::analytics::store::put_rollup(
              tx, key, grain, alone ? made_up_alone(clicks) : made_up(clicks)));
        }
        return base::ok_status();
      }));
    }
    rollups_ += static_cast<std::int64_t>(rollups.size());
    return base::ok_status();
  }

  app::Installation& ashlar_;
  const base::TenantId tenant_;
  const double clicks_;
  const bool distinct_;
  const Hour now_;
  base::Random random_{2026};
  std::vector<SeededLink> links_;
  KeyedRollups of_hour_, of_day_;  // clicks alone
  std::map<std::size_t, std::string> known_;
  std::array<std::string, 5> texts_;
  std::int64_t total_ = 0;
  std::int64_t rollups_ = 0;
};

base::Status seed(const Options& options) {
  ASHLAR_ASSIGN(const app::Config config, config_of(options));
  ASHLAR_ASSIGN(const std::unique_ptr<app::Installation> ashlar, app::Installation::open(config));
  base::Result<security::Tenant> tenant = ashlar->tenants->find(kTenant);
  if (!tenant.ok()) tenant = ashlar->tenants->create(kTenant);
  if (!tenant.ok()) return tenant.error();
  Seeder seeder(*ashlar, tenant->id, std::atof(options.find("--clicks")->second.c_str()),
                options.find("--values")->second == "distinct");
  ASHLAR_TRY(seeder.make_links(std::atoll(options.find("--links")->second.c_str())));
  for (Hour hour = (seeder.now() / 24 - kDays) * 24; hour <= seeder.now(); ++hour) {
    ASHLAR_TRY(seeder.hour(hour));
  }
  std::printf("clicks=%lld\nrollups=%lld\n", static_cast<long long>(seeder.total()),
              static_cast<long long>(seeder.rollups()));
  return base::ok_status();
}

}  // namespace
}  // namespace ashlar

int main(int argc, char** argv) {
  const ashlar::base::Status status = ashlar::seed(ashlar::parse(argc, argv));
  if (!status.ok()) ashlar::die(status.error().detail);
  return 0;
}
