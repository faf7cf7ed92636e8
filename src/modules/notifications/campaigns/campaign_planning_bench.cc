// How fast an audience becomes chunks: a topic, everybody and an upload of 200,000 recipients, from
// the job's begin until the campaign runs, with all that is committed on the way (a batch of 5,000
// a commit; SQLite with synchronous=FULL, PostgreSQL as ASHLAR_TEST_POSTGRES has it). The upload's
// own way in (parsed, sorted, written) is measured beside it.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaigns.h"
#include "modules/notifications/recipients_store.h"
#include "modules/notifications/template/templates.h"
#include "modules/notifications/topics_store.h"
#include "platform/jobs/jobs.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/testing/test_store.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {
namespace {

using storage::Transaction;

constexpr base::TenantId kTenant{1};
constexpr int kRecipients = 200'000;
constexpr int kBatch = 10'000;

std::string user(int i) { return "user-" + std::to_string(10'000'000 + i); }

struct Bed {
  explicit Bed(std::unique_ptr<storage::TestStore> given) : store(std::move(given)) {
    auto schema = store->open_schema();
    CHECK(schema.ok());
    CHECK(apply_migrations(**schema, storage::embedded_migrations(), store->clock).ok());
    db = std::move(store->open()).value();
    queue = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, *db, clock, metrics, log);
    templates = std::make_unique<Templates>(*db, zones, clock);
    feed = std::make_unique<CampaignFeed>(*queue, clock);
    campaigns = std::make_unique<Campaigns>(*db, *queue, *templates, *feed, clock, metrics, log);
  }

  template <class F>
  auto write(F&& fn) {
    auto result = db->write(storage::Context::tenant(kTenant), fn);
    CHECK(result.ok());
    return result;
  }

  void fill(Campaign::AudienceKind kind) {
    const Topic topic =
        *write([&](Transaction& tx) { return store::find_or_make_topic(tx, "all", clock.now()); });
    for (int from = 0; from < kRecipients; from += kBatch) {
      std::vector<std::string> users;
      for (int i = from; i < from + kBatch; ++i) users.push_back(user(i));
      const auto filled = write([&](Transaction& tx) -> base::Status {
        if (kind == Campaign::AudienceKind::kTopic) {
          ASHLAR_TRY(store::add_members(tx, topic.id, users, clock.now()));
          return base::ok_status();
        }
        for (const std::string& id : users) {
          Recipient recipient;
          recipient.user_id = id;
          recipient.email = id + "@example.com";
          ASHLAR_TRY(store::put_recipient(tx, recipient, clock.now()));
        }
        return base::ok_status();
      });
      CHECK(filled.ok());
    }
  }

  Campaign create(Campaign::AudienceKind kind) {
    Campaign wanted;
    wanted.name = "bench";
    wanted.channel = Channel::kEmail;
    wanted.message.content = R"({"text":"x"})";
    wanted.audience_kind = kind;
    wanted.audience_key = kind == Campaign::AudienceKind::kTopic ? "all" : "";
    const auto made = *write([&](Transaction& tx) { return campaigns->create(tx, wanted, {}); });
    return *write([&](Transaction& tx) { return Campaigns::existing(tx, made.id); });
  }

  void upload(CampaignId id, std::string_view body) {
    const auto read = read_upload_text(body);
    CHECK(read.ok());
    CHECK(write([&](Transaction& tx) { return campaigns->upload(tx, id, *read); }).ok());
  }

  // As the runner would: until it runs.
  void plan(CampaignId id) {
    jobs::LeasedJob job;
    job.tenant = kTenant;
    job.payload = R"({"campaign":")" + id.to_string() + R"(","act":"plan"})";
    while (campaigns->work(jobs::Attempt{job, {}}).kind == jobs::Outcome::Kind::kSnoozed) {
    }
    const Campaign now = *write([&](Transaction& tx) { return Campaigns::existing(tx, id); });
    CHECK(now.state == CampaignState::kRunning);
    CHECK(now.audience == kRecipients);
  }

  std::unique_ptr<storage::TestStore> store;
  base::SystemClock clock;
  obs::Registry metrics;
  obs::Log log{obs::Level::kOff, 2, clock, metrics};
  zone::ZoneDirectory zones;
  std::unique_ptr<storage::Database> db;
  std::unique_ptr<jobs::Jobs> queue;
  std::unique_ptr<Templates> templates;
  std::unique_ptr<CampaignFeed> feed;
  std::unique_ptr<Campaigns> campaigns;
};

std::unique_ptr<storage::TestStore> store_of(benchmark::State& state) {
  std::unique_ptr<storage::TestStore> store;
  if (state.range(0) == 0) {
    store = storage::make_sqlite_test_store();
  } else {
    store = storage::make_postgres_test_store();
  }
  if (!store) state.SkipWithError("ASHLAR_TEST_POSTGRES is not set");
  return store;
}

void planning(benchmark::State& state, Campaign::AudienceKind kind) {
  auto store = store_of(state);
  if (!store) return;
  Bed bed(std::move(store));
  const bool uploaded = kind == Campaign::AudienceKind::kUpload;
  std::string body;
  for (int i = 0; uploaded && i < kRecipients; ++i) body += user(i) + "\n";
  if (!uploaded) bed.fill(kind);
  for (auto _ : state) {
    state.PauseTiming();
    const Campaign campaign = bed.create(kind);
    if (uploaded) bed.upload(campaign.id, body);
    CHECK(bed.write([&](Transaction& tx) { return bed.campaigns->start(tx, campaign.id); }).ok());
    state.ResumeTiming();
    bed.plan(campaign.id);
  }
  state.counters["recipients/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * kRecipients, benchmark::Counter::kIsRate);
}

void uploading(benchmark::State& state) {
  auto store = store_of(state);
  if (!store) return;
  Bed bed(std::move(store));
  std::string body;
  for (int i = 0; i < kRecipients; ++i) body += user(i) + "\n";
  for (auto _ : state) {
    state.PauseTiming();
    const Campaign campaign = bed.create(Campaign::AudienceKind::kUpload);
    state.ResumeTiming();
    bed.upload(campaign.id, body);
  }
  state.counters["recipients/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * kRecipients, benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(planning, topic, Campaign::AudienceKind::kTopic)
    ->ArgName("postgres")
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(planning, everybody, Campaign::AudienceKind::kEverybody)
    ->ArgName("postgres")
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(planning, upload, Campaign::AudienceKind::kUpload)
    ->ArgName("postgres")
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(uploading)
    ->ArgName("postgres")
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ashlar::notifications
