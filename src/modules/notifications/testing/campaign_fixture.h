// CampaignFixture: chunks of campaigns being worked on either engine, on a clock driven by hand and
// with providers that answer as a test says.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaign_feed.h"
#include "modules/notifications/campaigns/campaign_runner.h"
#include "modules/notifications/campaigns/campaign_services.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/preference_links.h"
#include "modules/notifications/provider_pool.h"
#include "modules/notifications/recipient.h"
#include "modules/notifications/template/templates.h"
#include "modules/notifications/testing/scripted_provider.h"
#include "platform/jobs/jobs.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/testing/product_store.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {

class CampaignFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  static constexpr base::TenantId kAlice{1};

  // What one process has.
  struct Instance {
    Instance(CampaignFixture& own, bool catches);
    ~Instance();
    std::unique_ptr<storage::Database> db;
    obs::Registry metrics;
    Templates templates;
    ProviderPool pool;
    CampaignServices services;
    CampaignRunner runner;
  };

  void SetUp() override;
  void TearDown() override;

  ProviderSpec& add_provider(std::int64_t id, Channel channel = Channel::kSms,
                             const std::string& type = "test");
  void add_recipient(const std::string& user, const std::function<void(Recipient&)>& change = {});

  static std::vector<Member> phones(int from, int count);
  static Member user(const std::string& id) { return {Member::Kind::kUser, id}; }
  static std::string phone(int i);
  // Running, its chunks fed.
  Campaign launch(const std::vector<Member>& members,
                  const std::function<void(Campaign&)>& change = {});

  // All chunk jobs that may be worked now, and those that become so meanwhile.
  void work() { work_with(*one_); }
  void work_with(Instance& instance);
  // Leases what is ready and begins to work it; finish() hears how it ended.
  struct Begun {
    jobs::LeasedJob job;
    std::future<jobs::Outcome> outcome;
  };
  std::vector<Begun> begin(Instance& instance);
  void finish(std::vector<Begun>& begun);
  void advance(base::Micros by);  // and what is due by then is ready
  void eventually(const std::function<bool()>& holds);
  static void rest();  // for some of the real clock's milliseconds

  Campaign campaign(CampaignId id);
  CampaignCounts counts(CampaignId id);
  store::LoadedChunk chunk(CampaignId id, std::int64_t no = 1);
  void set_state(CampaignId id, CampaignState state);
  void feed(CampaignId id);
  [[nodiscard]] double metric(const std::string& line) const;

  template <class F>
  auto run(F&& fn) {
    auto result = one_->db->write(storage::Context::tenant(kAlice), fn);
    EXPECT_TRUE(result.ok()) << result.error().reason << ": " << result.error().detail;
    return std::move(result).value();
  }
  ProviderScript& script(std::int64_t id) { return scripts_[id]; }

  std::unique_ptr<storage::TestStore> store_;
  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<storage::Database> jobs_db_;
  std::unique_ptr<jobs::Jobs> jobs_;
  zone::ZoneDirectory zones_;
  PreferenceLinks links_{std::string(32, 'k'), "https://ashlar.example"};
  std::unique_ptr<CampaignFeed> feed_;
  std::map<std::int64_t, ProviderScript> scripts_;
  std::vector<ProviderSpec> specs_;
  std::unique_ptr<Instance> one_;
};

}  // namespace ashlar::notifications
